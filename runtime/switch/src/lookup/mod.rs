//! The XML lookup: who is asked for a user, a context, a configuration, before the files are.
//!
//! [`Switch::lookup`] asks the [`Binding`]s of a section in order; the first that finds something wins,
//! and the static XML serves what none of them has. A binding that fails, or answers what cannot be
//! used, costs one line in the log and nothing else.

mod answer;
mod cache;
mod directory;
mod found;
mod section;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use answer::MAX_ANSWER;
pub(crate) use cache::Cache;
pub use directory::User;
pub use found::Found;
pub use section::{Section, UnknownSection};

use crate::authority::Authority;
use crate::event::Event;
use crate::switch::Switch;

/// What is looked for: `XML_REQUEST` and `params` of a handler script.
#[derive(Clone, Debug)]
pub struct Request {
    /// `dialplan`, `directory` …
    pub section: Section,
    /// The element within the section: `domain`; empty asks for the section.
    pub tag_name: String,
    /// Its attribute: `name`.
    pub key_name: String,
    /// The value of that attribute.
    pub key_value: String,
    /// What else is known of who asks: a user's name, or all about a call.
    pub params: Event,
}

/// What a binding knows.
#[derive(Clone, Debug)]
pub struct Answer {
    /// An XML document, as FreeSWITCH's handlers answer it: `<document>` with `<section>` in it.
    pub xml: String,
    /// On whose authority it was made; none is the operator's.
    pub authority: Option<Arc<Authority>>,
}

/// Why a binding gave no answer that can be used.
#[derive(Clone, Debug)]
pub struct Unanswered {
    /// In one line.
    pub why: String,
    /// Where the script last was, if that is known and `why` does not name it.
    pub at: Option<String>,
}

impl Unanswered {
    /// That, wherever it was.
    #[must_use]
    pub fn new(why: String) -> Self {
        Self { why, at: None }
    }
}

/// Something that knows parts of the configuration: a handler script.
pub trait Binding: Send + Sync {
    /// What the log calls it, and what the places of its elements name: the script's file.
    fn name(&self) -> &str;

    /// Answers a request; none when it knows nothing of that. The error is for the log.
    ///
    /// The future may be dropped before its end.
    fn fetch<'b>(
        &'b self,
        request: &'b Request,
    ) -> BoxFuture<'b, Result<Option<Answer>, Unanswered>>;

    /// For how long an answer holds for the same request; zero asks anew each time.
    fn keep(&self) -> Duration {
        Duration::ZERO
    }
}

/// Those of one module, in the order that they are asked in.
pub(crate) struct Bound {
    module: &'static str,
    sections: Vec<Section>,
    binding: Arc<dyn Binding>,
}

impl Switch {
    /// Lets these bindings of a module answer from now on, instead of those that it had.
    pub fn bind(
        &self,
        module: &'static str,
        bindings: impl IntoIterator<Item = (Vec<Section>, Arc<dyn Binding>)>,
    ) {
        let mut all = self.bindings().write();
        all.retain(|bound| bound.module != module);
        self.lookup_cache().clear();
        let new = bindings.into_iter();
        all.extend(new.map(|(sections, binding)| Bound { module, sections, binding }));
    }

    /// Whether anybody but the static XML answers requests of that section.
    #[must_use]
    pub fn bound(&self, section: Section) -> bool {
        self.bindings().read().iter().any(|bound| bound.sections.contains(&section))
    }

    /// Finds an element of the configuration: asks the bindings of the section in order, then the files.
    ///
    /// `tag_name`, `key_name` and `key_value` say which: `domain`, `name`, `example.com`. When one of them
    /// is empty the whole section is looked for. Waits for scripts, never for files; may be dropped at any
    /// time.
    pub async fn lookup(
        &self,
        section: Section,
        tag_name: &str,
        key_name: &str,
        key_value: &str,
        params: Event,
    ) -> Option<Found> {
        let request = Request {
            section,
            tag_name: tag_name.to_owned(),
            key_name: key_name.to_owned(),
            key_value: key_value.to_owned(),
            params,
        };
        match self.ask(&request).await {
            Some(found) => Some(found),
            None => Found::in_configuration(self.configuration(), &request),
        }
    }

    /// What the first binding finds that knows the answer.
    pub(crate) async fn ask(&self, request: &Request) -> Option<Found> {
        let bindings: Vec<_> = {
            let all = self.bindings().read();
            let of = all.iter().filter(|bound| bound.sections.contains(&request.section));
            of.map(|bound| Arc::clone(&bound.binding)).collect()
        };
        for binding in bindings {
            match self.fetch(&*binding, request).await {
                Ok(Some(found)) => return Some(found),
                Ok(None) => {}
                Err(Unanswered { why, at }) => tracing::error!(
                    call = request.params.header("Unique-ID").as_deref(),
                    section = request.section.name(),
                    tag_name = request.tag_name,
                    key_value = request.key_value,
                    script = binding.name(),
                    at,
                    "the XML handler's answer is not used, other handlers and the static XML serve: {why}"
                ),
            }
        }
        None
    }

    async fn fetch(
        &self,
        binding: &dyn Binding,
        request: &Request,
    ) -> Result<Option<Found>, Unanswered> {
        let keep = binding.keep();
        let key = (!keep.is_zero()).then(|| cache::key(binding.name(), request));
        let kept = key.as_ref().and_then(|key| self.lookup_cache().find(key));
        let answered = match kept {
            Some(kept) => kept,
            None => {
                let answer = binding.fetch(request).await?;
                let bytes = answer.as_ref().map_or(0, |answer| answer.xml.len());
                let answered = match answer {
                    Some(answer) => answer::parse(self, binding.name(), answer)
                        .await
                        .map_err(Unanswered::new)?,
                    None => None,
                };
                if let Some(key) = key {
                    self.lookup_cache().keep(key, keep, answered.as_ref(), bytes);
                }
                answered
            }
        };
        let Some(answered) = answered else { return Ok(None) };
        Ok(Found::in_answer(answered, request))
    }
}
