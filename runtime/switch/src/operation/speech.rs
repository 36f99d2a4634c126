//! What is said: `say`, phrase macros, text to speech, one sound after the other.
//!
//! A [`Speaker`] does one thing after the other and lets who controls the operation reach what plays
//! at that moment. Prompts and menus use it as well, so that `phrase:` and `say:` are sounds wherever
//! a sound may be named.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use ringfence_media::{PlaybackControl, Remote};
use tokio::time::sleep;

use super::play::{self, Access};
use super::{Control, Failure, Outcome, Play};
use crate::authority;
use crate::phrase::{Asker, Language, Macro, Step};
use crate::say::{self, Kind, MAX_TEXT, Method, Request};
use crate::session::Session;

/// What to say.
#[derive(Clone, Debug)]
pub enum Speech {
    /// A number, a date, letters … with recorded sounds.
    Say(Say),
    /// A phrase macro.
    Phrase {
        /// Its name.
        name: String,
        /// What its inputs are matched with.
        data: String,
        /// The language; none is the call's.
        language: Option<String>,
    },
    /// A text, spoken by an engine.
    Text {
        /// The engine; empty is the variable `tts_engine`.
        engine: String,
        /// The voice; empty is the variable `tts_voice`, else the engine's own.
        voice: String,
        /// The text.
        text: String,
    },
    /// A path as `playback` takes it; `phrase:macro:data` and `say:text` are paths, too.
    Path(String),
}

/// `say`.
#[derive(Clone, Debug, Default)]
pub struct Say {
    /// The say module, as `en`; the one that the language names goes before it.
    pub module: String,
    /// The language; none is the call's.
    pub language: Option<String>,
    /// `number`, `current_date_time` …
    pub kind: String,
    /// `pronounced`, `iterated`, `counted`.
    pub method: String,
    /// The text; longer ones than [`MAX_TEXT`] are refused.
    pub text: String,
}

/// The longest text that an engine speaks, in bytes; more is refused as `Invalid`.
pub const MAX_SPOKEN: usize = 8 << 10;

/// Phrase macros within phrase macros; one more is refused.
const MAX_DEPTH: usize = 16;

/// Speech that runs as an operation.
pub(super) struct Speaking {
    run: BoxFuture<'static, Outcome>,
    now: Now,
}

/// What plays at this moment.
type Now = Arc<Mutex<Option<Remote>>>;

/// Begins to speak.
pub(super) fn start(session: &Session, speech: Speech) -> Speaking {
    let now = Now::default();
    let speaker = Speaker { session: session.clone(), now: Arc::clone(&now) };
    let run = Box::pin(async move {
        match speaker.perform(&speech).await {
            Ok(()) => Outcome::Done,
            // Who waits for the operation is told of a hangup anyway.
            Err(Failure::Hangup(_)) => Outcome::Stopped,
            Err(failure) => Outcome::Failed(failure.to_string()),
        }
    });
    Speaking { run, now }
}

/// Whether a path is speech rather than a sound.
pub(super) fn is_speech(path: &str) -> bool {
    path.starts_with("phrase:") || path.starts_with("say:")
}

impl Speaking {
    pub(super) async fn finished(&mut self) -> Outcome {
        (&mut self.run).await
    }

    pub(super) fn control(&mut self, control: Control) {
        if matches!(control, Control::Stop | Control::Truncate) {
            // With what it waits for, the playback ends.
            self.run = Box::pin(std::future::ready(Outcome::Stopped));
        } else if let (Some(remote), Some(control)) = (&*self.now.lock(), playback(control)) {
            remote.control(control);
        }
    }
}

/// The same change to a playback; none for what ends it.
fn playback(control: Control) -> Option<PlaybackControl> {
    Some(match control {
        Control::Pause => PlaybackControl::Pause,
        Control::Restart => PlaybackControl::Restart,
        Control::SeekBy(ms) => PlaybackControl::SeekBy(ms),
        Control::SeekTo(ms) => PlaybackControl::SeekTo(ms),
        Control::Speed(speed) => PlaybackControl::Speed(speed),
        Control::Volume(volume) => PlaybackControl::Volume(volume),
        Control::Stop | Control::Truncate => return None,
    })
}

/// Plays a path to its end: a sound, `phrase:…`, `say:…`.
///
/// # Errors
///
/// As starting a playback, and what phrases and engines say.
pub(crate) async fn through(session: &Session, path: &str) -> Result<(), Failure> {
    Speaker { session: session.clone(), now: Now::default() }.path(path, None).await
}

/// Says what it is told, one thing after the other.
struct Speaker {
    session: Session,
    now: Now,
}

impl Speaker {
    async fn perform(&self, speech: &Speech) -> Result<(), Failure> {
        match speech {
            Speech::Say(say) => self.say(say).await,
            Speech::Phrase { name, data, language } => {
                self.phrase(name, data, language.as_deref(), 0).await
            }
            Speech::Text { engine, voice, text } => self.speak(engine, voice, text).await,
            Speech::Path(path) => self.path(path, None).await,
        }
    }

    async fn path(&self, path: &str, prefix: Option<&str>) -> Result<(), Failure> {
        if let Some(phrase) = path.strip_prefix("phrase:") {
            let (name, data) = phrase.split_once([':', ',']).unwrap_or((phrase, ""));
            return self.phrase(name, data, None, 0).await;
        }
        if let Some(said) = path.strip_prefix("say:") {
            let (engine, voice, text) = addressed(said).unwrap_or(("", "", said));
            return self.speak(engine, voice, text).await;
        }
        self.play(path, Access::Asked(prefix)).await
    }

    /// Plays one sound to its end.
    async fn play(&self, path: &str, access: Access<'_>) -> Result<(), Failure> {
        let play = Play { path: path.to_owned(), ..Play::default() };
        let mut playing = play::start(&self.session, play, access).await?;
        playing.share(&self.now);
        let mut playing = Ending { session: &self.session, playing };
        match playing.playing.finished(&self.session).await {
            Outcome::Failed(why) => Err(Failure::Failed(why)),
            Outcome::Done => Ok(()),
            _ => Err(self.session.over().unwrap_or(Failure::Failed(format!("{path} was stopped")))),
        }
    }

    async fn say(&self, say: &Say) -> Result<(), Failure> {
        let Say { module, language, kind, method, text } = say;
        let asker = self.asker();
        let asked = language.as_deref().filter(|name| !name.is_empty());
        let Some(language) = Language::find(asker, asked).await else {
            return Err(Failure::NotFound(format!(
                "say: the section languages has no language {}",
                asked.unwrap_or("for this call (variables language, default_language)")
            )));
        };
        tracing::trace!(module, language = language.module, "say");
        let file = said(&self.session, &language, kind, method, text)?;
        if file.is_empty() {
            let why = format!("say: {text:?} is no {kind} that can be said {method}");
            return Err(Failure::Invalid(why));
        }
        self.play(&file, Access::Asked(language.sound_prefix.as_deref())).await
    }

    async fn speak(&self, engine: &str, voice: &str, text: &str) -> Result<(), Failure> {
        let or = |given: &str, variable: &str| match given {
            "" => self.session.variable(variable).unwrap_or_default(),
            given => given.to_owned(),
        };
        let (engine, voice) = (or(engine, "tts_engine"), or(voice, "tts_voice"));
        let switch = self.session.switch();
        let file = switch.speech().spoken(switch, &engine, &voice, text).await?;
        self.play(&file.to_string_lossy(), Access::Server).await
    }

    fn asker(&self) -> Asker<'_> {
        Asker { switch: self.session.switch(), session: Some(&self.session) }
    }

    /// Boxed, because macros may use macros.
    fn phrase<'s>(
        &'s self,
        name: &'s str,
        data: &'s str,
        language: Option<&'s str>,
        depth: usize,
    ) -> BoxFuture<'s, Result<(), Failure>> {
        Box::pin(async move {
            if depth >= MAX_DEPTH {
                let why =
                    format!("phrase {name}: {MAX_DEPTH} macros run inside of each other already");
                return Err(Failure::Refused(why));
            }
            let found = Macro::find(self.asker(), name, language).await;
            let found = found.map_err(Failure::NotFound)?;
            // The data come from a caller or a script: they fill the actions in, they are not expanded.
            let data = authority::inert(data);
            // A script that asks for a macro has no more rights by it.
            let authority = match authority::current() {
                Some(_) => None,
                None => found.authority.clone(),
            };
            authority::with(authority, async {
                for input in &found.inputs {
                    let (matched, steps) = input.steps(&data).map_err(Failure::Invalid)?;
                    for step in steps {
                        let done = self.step(&found, step, language, depth).await;
                        sleep(found.pause).await;
                        if !done? {
                            return Ok(());
                        }
                    }
                    if matched && input.last {
                        break;
                    }
                }
                Ok(())
            })
            .await
        })
    }

    /// Does one thing of a macro; false when it ends the macro.
    async fn step(
        &self,
        found: &Macro,
        step: Step,
        language: Option<&str>,
        depth: usize,
    ) -> Result<bool, Failure> {
        let session = &self.session;
        let own = &found.language;
        match step {
            Step::Play(path) => {
                let path = session.expand(&path).await;
                self.path(&path, own.sound_prefix.as_deref()).await?;
            }
            Step::Say { text, kind, method } => {
                let text = session.expand(&text).await;
                let file = said(session, own, &kind, &method, &text)?;
                if !file.is_empty() {
                    self.play(&file, Access::Asked(own.sound_prefix.as_deref())).await?;
                }
            }
            Step::Speak { text, engine, voice } => {
                let text = session.expand(&text).await;
                let or = |given: String, own: &Option<String>| match given.is_empty() {
                    true => own.clone().unwrap_or_default(),
                    false => given,
                };
                let (engine, voice) = (or(engine, &own.tts_engine), or(voice, &own.tts_voice));
                self.speak(&engine, &voice, &text).await?;
            }
            Step::Phrase { name, data } => {
                let data = session.expand(&data).await;
                self.phrase(&name, &data, language, depth + 1).await?;
            }
            Step::Execute(call) => {
                let call = session.expand(&call).await;
                let (name, data) = application(&call);
                // What it plays belongs to the macro: it does not end it.
                let run = async { session.execute(name, data).await };
                let mut done = Ok(());
                super::beside(session, async { done = run.await }).await;
                done?;
            }
            Step::Break => return Ok(false),
            Step::Wrong(why) => return Err(Failure::Invalid(why)),
        }
        Ok(true)
    }
}

/// A playback, told to be over however it ends.
struct Ending<'s> {
    session: &'s Session,
    playing: play::Playing,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.playing.note_end(self.session);
    }
}

impl Session {
    /// What to say, once a call, of a say module that there is not: the call's language says it instead, as
    /// in FreeSWITCH.
    pub fn unknown_say_module(&self, module: &str) -> Option<String> {
        if module.is_empty() || say::language(module).is_some() {
            return None;
        }
        if std::mem::replace(&mut self.0.shared.lock().say_told, true) {
            return None;
        }
        let known: Vec<_> = say::LANGUAGES.iter().map(|language| language.module()).collect();
        Some(format!(
            "say: there is no say module {module}, only {}: the call's language says it (the variables \
             language and default_language, and its say-module in the section languages)",
            known.join(", ")
        ))
    }
}

/// The sounds of a text as something to play; empty when the text cannot be said so.
///
/// # Errors
///
/// `Invalid` for an unknown kind, one that the language has no words for, and a text that is too long;
/// `NotFound` for a say module that there is none of.
pub(crate) fn said(
    session: &Session,
    language: &Language,
    kind: &str,
    method: &str,
    text: &str,
) -> Result<String, Failure> {
    let zone = session.variable("timezone").and_then(|name| name.parse().ok());
    let moment = session.switch().moment(zone);
    said_at(&moment, language, kind, method, text, None)
}

/// The same for a moment, with the ending that the sounds should have.
pub(crate) fn said_at(
    moment: &say::Moment,
    language: &Language,
    kind: &str,
    method: &str,
    text: &str,
    extension: Option<&str>,
) -> Result<String, Failure> {
    if text.len() > MAX_TEXT {
        return Err(Failure::Invalid(format!("say: at most {MAX_TEXT} bytes can be said at once")));
    }
    let Some(words) = say::language(&language.module) else {
        return Err(Failure::NotFound(format!("say: there is no say module {}", language.module)));
    };
    let Some(known) = Kind::parse(kind) else {
        let all: Vec<&str> = say::KINDS.iter().map(|(name, _)| *name).collect();
        return Err(Failure::Invalid(format!("say: no type {kind}; there are {}", all.join(", "))));
    };
    let request = Request { kind: known, method: Method::parse(method), text: text.to_owned() };
    let sounds = words.say(&request, moment).map_err(|say::Unsayable| {
        Failure::Invalid(format!("say: the module {} has no words for {kind}", words.module()))
    })?;
    Ok(say::file_string(&sounds, extension))
}

/// `engine:voice:text`; none when it is a text alone, which may have colons, too.
fn addressed(said: &str) -> Option<(&str, &str, &str)> {
    let (engine, rest) = said.split_once(':')?;
    let (voice, text) = rest.split_once(':')?;
    let plain = |word: &str| !word.contains(char::is_whitespace);
    (plain(engine) && plain(voice)).then_some((engine, voice, text))
}

/// `name(data)`.
fn application(call: &str) -> (&str, &str) {
    match call.split_once('(') {
        Some((name, data)) => (name.trim(), data.strip_suffix(')').unwrap_or(data)),
        None => (call.trim(), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_and_a_voice_may_stand_before_the_text() {
        assert_eq!(addressed("flite:kal:It is 5:30"), Some(("flite", "kal", "It is 5:30")));
        assert_eq!(addressed("::hello"), Some(("", "", "hello")));
        assert_eq!(addressed("Hello: it is 5:30"), None);
        assert_eq!(addressed("hello"), None);
    }

    #[test]
    fn an_application_is_called_with_its_data() {
        assert_eq!(application("set(a=(b))"), ("set", "a=(b)"));
        assert_eq!(application("answer"), ("answer", ""));
    }
}
