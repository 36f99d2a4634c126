//! An element that was found, and the document that it is a part of.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::Request;
use crate::authority::Authority;
use crate::config::Configuration;
use crate::dialplan::Dialplan;
use crate::switch::Switch;
use crate::xml::Element;

/// An element that a lookup found: in the files, or in what a binding answered. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Found {
    document: Document,
    /// Which child at each level.
    path: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Document {
    Configuration(Arc<Configuration>),
    Answer(Arc<Answered>),
}

/// A document that a binding answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) root: Element,
    pub(super) authority: Option<Arc<Authority>>,
    /// Too much to be gone through on a thread that serves calls.
    pub(super) large: bool,
    /// Its section `dialplan`, once it was needed.
    pub(super) dialplan: OnceLock<Arc<Dialplan>>,
}

impl Found {
    pub(super) fn in_configuration(
        configuration: Arc<Configuration>,
        request: &Request,
    ) -> Option<Self> {
        let path = locate(&configuration.root, request)?;
        Some(Self { document: Document::Configuration(configuration), path })
    }

    pub(super) fn in_answer(answered: Arc<Answered>, request: &Request) -> Option<Self> {
        let path = locate(&answered.root, request)?;
        Some(Self { document: Document::Answer(answered), path })
    }

    /// Whether a binding answered it, rather than the files.
    #[must_use]
    pub const fn answered(&self) -> bool {
        matches!(self.document, Document::Answer(_))
    }

    /// On whose authority it was made; none is the operator's.
    #[must_use]
    pub fn authority(&self) -> Option<&Arc<Authority>> {
        match &self.document {
            Document::Configuration(_) => None,
            Document::Answer(answered) => answered.authority.as_ref(),
        }
    }

    /// The plan in a section that was found; compiled once for each answer. Its faults are logged.
    ///
    /// # Errors
    ///
    /// A bug ended the compiler.
    pub(crate) async fn dialplan(&self, switch: &Switch) -> Result<Arc<Dialplan>, String> {
        let answered = match &self.document {
            Document::Configuration(_) => None,
            Document::Answer(answered) => Some(answered),
        };
        if let Some(dialplan) = answered.and_then(|answered| answered.dialplan.get()) {
            return Ok(Arc::clone(dialplan));
        }
        let found = self.clone();
        let compile = move || {
            let mut faults = Vec::new();
            let dialplan = Dialplan::compile(&found, &mut faults);
            faults.iter().for_each(|fault| tracing::warn!("{fault}"));
            Arc::new(dialplan)
        };
        let dialplan = if answered.is_some_and(|answered| answered.large) {
            let compiled = switch.runtime().spawn_blocking(compile).await;
            compiled.map_err(|error| format!("compiling it failed: {error}"))?
        } else {
            compile()
        };
        Ok(match answered {
            Some(answered) => Arc::clone(answered.dialplan.get_or_init(|| dialplan)),
            None => dialplan,
        })
    }
}

impl Deref for Found {
    type Target = Element;

    fn deref(&self) -> &Element {
        let root = match &self.document {
            Document::Configuration(configuration) => &configuration.root,
            Document::Answer(answered) => &answered.root,
        };
        // The document does not change, so each step that `locate` took is still there.
        self.path.iter().fold(root, |element, at| element.children.get(*at).unwrap_or(element))
    }
}

/// The way from the root to what is asked for.
pub(super) fn locate(root: &Element, request: &Request) -> Option<Vec<usize>> {
    let named = |element: &Element| {
        element.name == "section" && is(element, "name", request.section.name())
    };
    if named(root) {
        // A section without a document around it.
        return within(root, request).map(|rest| rest.into_iter().collect());
    }
    let sections = root.children.iter().enumerate().filter(|(_, child)| named(child));
    sections
        .filter_map(|(at, section)| {
            Some(std::iter::once(at).chain(within(section, request)?).collect())
        })
        .next()
}

/// Which child of a section is asked for; none within for the section itself.
fn within(section: &Element, request: &Request) -> Option<Option<usize>> {
    let Request { tag_name, key_name, key_value, .. } = request;
    if tag_name.is_empty() || key_name.is_empty() || key_value.is_empty() {
        return Some(None);
    }
    let asked = |child: &Element| child.name == *tag_name && is(child, key_name, key_value);
    section.children.iter().position(asked).map(Some)
}

fn is(element: &Element, key: &str, value: &str) -> bool {
    element.attribute(key).is_some_and(|known| known.eq_ignore_ascii_case(value))
}
