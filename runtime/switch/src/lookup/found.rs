//! An element that was found, and the document that it is a part of.

use std::ops::Deref;
use std::sync::Arc;

use super::Request;
use crate::authority::Authority;
use crate::config::Configuration;
use crate::xml::Element;

/// An element that a lookup found: in the files, or in what a binding answered. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Found {
    document: Document,
    /// Which child at each level.
    path: Vec<usize>,
    authority: Option<Arc<Authority>>,
}

#[derive(Clone, Debug)]
enum Document {
    Configuration(Arc<Configuration>),
    Answer(Arc<Element>),
}

impl Found {
    pub(super) fn in_configuration(
        configuration: Arc<Configuration>,
        request: &Request,
    ) -> Option<Self> {
        let path = locate(&configuration.root, request)?;
        Some(Self { document: Document::Configuration(configuration), path, authority: None })
    }

    pub(super) fn in_answer(
        root: Arc<Element>,
        authority: Option<Arc<Authority>>,
        request: &Request,
    ) -> Option<Self> {
        let path = locate(&root, request)?;
        Some(Self { document: Document::Answer(root), path, authority })
    }

    /// Whether a binding answered it, rather than the files.
    #[must_use]
    pub const fn answered(&self) -> bool {
        matches!(self.document, Document::Answer(_))
    }

    /// On whose authority it was made; none is the operator's.
    #[must_use]
    pub const fn authority(&self) -> Option<&Arc<Authority>> {
        self.authority.as_ref()
    }
}

impl Deref for Found {
    type Target = Element;

    fn deref(&self) -> &Element {
        let root = match &self.document {
            Document::Configuration(configuration) => &configuration.root,
            Document::Answer(root) => &**root,
        };
        // The document does not change, so each step that `locate` took is still there.
        self.path.iter().fold(root, |element, at| element.children.get(*at).unwrap_or(element))
    }
}

/// The way from the root to what is asked for.
fn locate(root: &Element, request: &Request) -> Option<Vec<usize>> {
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
