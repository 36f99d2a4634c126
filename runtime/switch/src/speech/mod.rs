//! Engines: what speaks texts, and what recognises speech.
//!
//! An engine that speaks is a [`Synthesiser`]: it makes a sound file of a text. One that recognises
//! speech is a [`Recogniser`]: it is given sound and tells what was said. One of each comes with the
//! server, a command that the operator configures; others are registered with [`Speech::add`] and
//! [`Speech::add_recogniser`]. Texts that were spoken before are in the cache, so that a prompt costs
//! its engine once.

mod cache;
mod command;
mod detection;
mod pocketsphinx;
mod recogniser;
mod steer;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use parking_lot::{Mutex, RwLock};
use ringfence_outside::Outside;
use ringfence_rim::Clock;
use tokio::sync::mpsc;

pub(crate) use detection::{Detected, Detection};
pub use recogniser::{Grammar, MAX_GRAMMAR, Parameters, Recogniser, Recognition};

use crate::authority;
use crate::operation::{Failure, MAX_SPOKEN};
use crate::session::Session;
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
    recognisers: RwLock<Vec<(String, Arc<dyn Recogniser>)>>,
    making: Arc<cache::Making>,
    /// Those that go on beside what the call does.
    detections: Mutex<Vec<steer::Beside>>,
}

impl Speech {
    pub(crate) fn new(outside: &Outside) -> Self {
        Self {
            outside: outside.clone(),
            synthesisers: RwLock::default(),
            recognisers: RwLock::default(),
            making: Arc::default(),
            detections: Mutex::default(),
        }
    }

    /// Adds an engine that speaks; one of that name is replaced.
    pub fn add(&self, name: &str, engine: Arc<dyn Synthesiser>) {
        let mut all = self.synthesisers.write();
        all.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        all.push((name.to_owned(), engine));
    }

    /// Adds an engine that recognises speech; one of that name is replaced.
    pub fn add_recogniser(&self, name: &str, engine: Arc<dyn Recogniser>) {
        let mut all = self.recognisers.write();
        all.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        all.push((name.to_owned(), engine));
    }

    /// Begins to listen to a call for what a grammar says.
    ///
    /// # Errors
    ///
    /// `NotFound` without such an engine or grammar, `Hangup` and `Failed` without media, `Failed` with
    /// what the engine says.
    pub(crate) async fn detect(
        &self,
        session: &Session,
        engine: &str,
        grammar: &str,
        parameters: &Parameters,
        observer: Option<mpsc::Sender<Detected>>,
    ) -> Result<Detection, Failure> {
        let switch = session.switch();
        let configuration = switch.configuration();
        let added = {
            let all = self.recognisers.read();
            let added = all.iter().find(|(known, _)| known.eq_ignore_ascii_case(engine));
            added.map(|(_, engine)| Arc::clone(engine))
        };
        let settings = configuration.asr.clone();
        let own = settings.as_ref().filter(|settings| settings.is(engine));
        let found: Arc<dyn Recogniser> = match (added, own) {
            (Some(added), _) => added,
            (None, Some(_)) if matches!(switch.clock(), Clock::Simulated { .. }) => {
                return Err(Failure::Failed(format!(
                    "{engine} hears no calls that are simulated: its time passes, theirs does not"
                )));
            }
            (None, Some(settings)) => {
                let id = switch.new_uuid().to_string();
                Arc::new(pocketsphinx::Pocketsphinx::new(
                    settings.clone(),
                    self.outside.clone(),
                    id,
                ))
            }
            (None, None) => {
                return Err(Failure::NotFound(format!(
                    "no engine {engine:?} that recognises speech; autoload_configs/pocketsphinx.conf.xml \
                     names a command and the engines that it stands for"
                )));
            }
        };
        let grammar = Grammar::find(switch, grammar).await?;
        let stream = session.stream().await?;
        let recognition = found.start(&grammar).await;
        let recognition = recognition
            .map_err(|why| Failure::Failed(format!("{engine} cannot recognise speech: {why}")))?;
        let ways = detection::Ways::new(settings.as_ref(), parameters);
        let ear = stream.hear();
        Ok(Detection::start(session, ear, recognition, &grammar, ways, observer))
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
