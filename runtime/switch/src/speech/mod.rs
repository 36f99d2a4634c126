//! Engines: what speaks texts, and what recognises speech.
//!
//! An engine that speaks is a [`Synthesiser`]: it makes a sound file of a text. One comes with the
//! server, a [command](command::Commandline) that the operator configures; others are registered with
//! [`Speech::add`]. Texts that were spoken before are in the cache, so that a prompt costs its engine
//! once.

mod cache;
mod command;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use parking_lot::RwLock;
use ringfence_outside::Outside;

use crate::authority;
use crate::operation::{Failure, MAX_SPOKEN};
use crate::switch::Switch;

/// What is to be spoken.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Utterance {
    /// As the engine calls its voices; empty is its own choice.
    pub voice: String,
    /// The text, at most [`MAX_SPOKEN`] bytes, without control characters.
    pub text: String,
}

/// What makes sound files of texts.
pub trait Synthesiser: Send + Sync {
    /// Makes, or finds, the sound of a text: a WAV file that stays for a minute at least.
    ///
    /// The future may be dropped before its end. The error is for the log and the script, in one line.
    fn speak<'s>(&'s self, utterance: &'s Utterance) -> BoxFuture<'s, Result<PathBuf, String>>;
}

/// The engines of a server.
pub struct Speech {
    outside: Outside,
    synthesisers: RwLock<Vec<(String, Arc<dyn Synthesiser>)>>,
    making: Arc<cache::Making>,
}

impl Speech {
    pub(crate) fn new(outside: &Outside) -> Self {
        Self { outside: outside.clone(), synthesisers: RwLock::default(), making: Arc::default() }
    }

    /// Adds an engine that speaks; one of that name is replaced.
    pub fn add(&self, name: &str, engine: Arc<dyn Synthesiser>) {
        let mut all = self.synthesisers.write();
        all.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        all.push((name.to_owned(), engine));
    }

    /// The sound file of a text, spoken by that engine.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such engine, `Invalid` for a text or voice that no engine takes,
    /// `Refused` when the script that asks may not run the application `speak`, `Failed` with what the
    /// engine says.
    pub(crate) async fn spoken(
        &self,
        switch: &Switch,
        engine: &str,
        voice: &str,
        text: &str,
    ) -> Result<PathBuf, Failure> {
        authority::application("speak")?;
        if engine.is_empty() {
            return Err(Failure::Invalid(
                "no engine to speak with: name one, or set the variable tts_engine".into(),
            ));
        }
        let text = text.replace(|c: char| c.is_control(), " ");
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::Invalid("no text to speak".into()));
        }
        if text.len() > MAX_SPOKEN {
            let why = format!("a text of {} bytes: at most {MAX_SPOKEN} are spoken", text.len());
            return Err(Failure::Invalid(why));
        }
        let utterance = Utterance { voice: voice.trim().to_owned(), text: text.to_owned() };
        let Some(found) = self.engine(switch, engine) else {
            return Err(Failure::NotFound(format!(
                "no engine {engine} that speaks; autoload_configs/tts_commandline.conf.xml names a command \
                 and the engines that it stands for"
            )));
        };
        let spoken = found.speak(&utterance).await;
        spoken.map_err(|why| Failure::Failed(format!("{engine} cannot speak: {why}")))
    }

    fn engine(&self, switch: &Switch, name: &str) -> Option<Arc<dyn Synthesiser>> {
        let all = self.synthesisers.read();
        let added = all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((_, engine)) = added {
            return Some(Arc::clone(engine));
        }
        let configuration = switch.configuration();
        let settings = configuration.tts.as_ref().filter(|settings| settings.is(name))?;
        let making = Arc::clone(&self.making);
        Some(Arc::new(command::Commandline::new(settings.clone(), self.outside.clone(), making)))
    }
}
