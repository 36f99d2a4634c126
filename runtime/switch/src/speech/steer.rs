//! `detect_speech`: a detection beside what a call does, and the words that steer it.

use std::sync::Arc;

use super::detection::Step;
use super::{Detection, Parameters, Speech};
use crate::authority;
use crate::operation::Failure;
use crate::session::Session;

/// Grammars that a call may load by name; one more takes the place of the oldest.
const MAX_GRAMMARS: usize = 32;

/// The detection of a call.
pub(super) struct Beside {
    uuid: Arc<str>,
    engine: String,
    /// By name: what they were loaded from. The last one is listened for.
    grammars: Vec<(String, String)>,
    parameters: Parameters,
    /// None while it is stopped, or listens for nothing.
    detection: Option<Detection>,
}

impl Session {
    /// Steers the detection of speech, as the application `detect_speech` does with its words.
    ///
    /// What is detected is told by the event `DETECTED_SPEECH`, to those who listen to the server and, as
    /// a message, to the call.
    ///
    /// # Errors
    ///
    /// `Invalid` for words that are none of its; as starting one; `Refused` when the script that asks may
    /// not run the application.
    pub async fn detect_speech(&self, words: &[&str]) -> Result<(), Failure> {
        authority::application("detect_speech")?;
        let speech = self.switch().speech();
        let lower = words.first().map(|word| word.to_ascii_lowercase());
        match (lower.as_deref().unwrap_or_default(), words.get(1..).unwrap_or_default()) {
            ("", _) => Err(Failure::Invalid("detect_speech: no words".into())),
            ("init", [engine, ..]) => {
                speech.beside(self, |beside| beside.engine = (*engine).to_owned());
                Ok(())
            }
            ("grammar", [name]) => speech.listen(self, name, name).await,
            ("grammar", [name, path, ..]) => speech.listen(self, name, path).await,
            ("grammaron", [name, ..]) => {
                let loaded = speech.beside(self, |beside| {
                    let found = beside.grammars.iter().find(|(known, _)| known == name);
                    found.map(|(_, path)| path.clone())
                });
                speech.listen(self, name, &loaded.unwrap_or_else(|| (*name).to_owned())).await
            }
            ("nogrammar" | "grammaroff", [name, ..]) => {
                speech.beside(self, |beside| {
                    let last = beside.grammars.last().is_some_and(|(known, _)| known == name);
                    if last {
                        beside.detection = None;
                    }
                });
                Ok(())
            }
            ("grammarsalloff", []) => {
                speech.beside(self, |beside| beside.detection = None);
                Ok(())
            }
            ("pause", []) => speech.step(self, Step::Pause),
            ("resume", []) => speech.step(self, Step::Resume),
            ("start_input_timers" | "start-input-timers", []) => {
                speech.step(self, Step::StartTimers)
            }
            ("stop", []) => {
                speech.forget(self);
                Ok(())
            }
            ("param", [name, value, ..]) => {
                speech.beside(self, |beside| beside.parameters.set(name, value));
                Ok(())
            }
            (_, [name, rest @ ..]) if !name.is_empty() => {
                let engine = words.first().copied().unwrap_or_default();
                let path = rest.first().copied().filter(|path| !path.is_empty()).unwrap_or(name);
                speech.beside(self, |beside| beside.engine = engine.to_owned());
                speech.listen(self, name, path).await
            }
            (word, _) => Err(Failure::Invalid(format!(
                "detect_speech {word}: <engine> <grammar name> [<grammar>], or grammar, nogrammar, \
                 grammaron, grammaroff, grammarsalloff, init, pause, resume, stop, param, start_input_timers"
            ))),
        }
    }
}

impl Speech {
    /// Does something with a call's detection; makes an idle one when there is none.
    fn beside<T>(&self, session: &Session, act: impl FnOnce(&mut Beside) -> T) -> T {
        let mut all = self.detections.lock();
        // Calls that are over left theirs behind.
        all.retain(|beside| session.switch().session(&beside.uuid).is_some());
        let at = match all.iter().position(|beside| beside.uuid == *session.uuid()) {
            Some(at) => at,
            None => {
                all.push(Beside {
                    uuid: Arc::clone(session.uuid()),
                    engine: String::new(),
                    grammars: Vec::new(),
                    parameters: Parameters::default(),
                    detection: None,
                });
                all.len() - 1
            }
        };
        // It was found, or pushed, a moment ago.
        act(&mut all[at])
    }

    fn forget(&self, session: &Session) {
        self.detections.lock().retain(|beside| beside.uuid != *session.uuid());
    }

    /// Listens for a grammar from now on, in place of the one before.
    async fn listen(&self, session: &Session, name: &str, path: &str) -> Result<(), Failure> {
        let (engine, parameters) = self.beside(session, |beside| {
            beside.detection = None;
            (beside.engine.clone(), beside.parameters.clone())
        });
        let (own, grammar) = Parameters::split(path);
        let parameters = parameters.with(own);
        let started = self.detect(session, &engine, grammar, &parameters, None).await?;
        self.beside(session, |beside| {
            beside.grammars.retain(|(known, _)| known != name);
            if beside.grammars.len() >= MAX_GRAMMARS {
                beside.grammars.remove(0);
            }
            beside.grammars.push((name.to_owned(), path.to_owned()));
            beside.detection = Some(started);
        });
        Ok(())
    }

    /// Nothing that runs is no fault, as in FreeSWITCH.
    fn step(&self, session: &Session, step: Step) -> Result<(), Failure> {
        let taken = self.beside(session, |beside| {
            let running = beside.detection.as_ref().filter(|running| !running.ended());
            running.is_none_or(|running| running.step(step))
        });
        if taken {
            return Ok(());
        }
        Err(Failure::Failed("detect_speech: too many changes wait to be taken".into()))
    }
}
