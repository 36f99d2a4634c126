//! `say`, `phrase`, `speak`.

use crate::application::playback::Terminators;
use crate::application::{Application, Flags, respond};
use crate::command::split::arguments;
use crate::operation::{Control, Failure, Operation, OperationEvent, Outcome, Say, Speak, Speech};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "say",
            "<module_name>[:<lang>] <say_type> <say_method> [<say_gender>] <text>",
            "say",
            "Says a number, a date, letters … with recorded sounds: `en number pronounced 42`. Types: \
             `number`, `items`, `persons`, `messages`, `currency`, `time_measurement`, `current_date`, \
             `current_time`, `current_date_time`, `short_date_time`, `telephone_number`, \
             `telephone_extension`, `ip_address`, `name_spelled`, `name_phonetic`; methods: `pronounced`, \
             `iterated`, `counted`. Times are seconds since 1970 in the zone of the variable `timezone`; 0 is \
             now.\n\nThe language is `lang`, else the variable `language`, else `default_language`, else \
             English; its sounds are below the `sound-prefix` of the section `languages`. A key of \
             `playback_terminators` ends it, as for `playback`.",
            Flags::NONE,
            say,
        ),
        Application::new(
            "phrase",
            "<macro_name>,<data>",
            "Say a Phrase",
            "Runs a macro of the section `languages`: what it does depends on what its inputs match in \
             `data`. A `${…}` in `data` is not expanded once more. A key of `playback_terminators` ends it.",
            Flags::NONE,
            phrase,
        ),
        Application::new(
            "speak",
            "<engine>|<voice>|<text>",
            "Speak text",
            "Speaks a text with an engine: `tts_commandline|en-us|Good morning`. `<voice>|<text>` and \
             `<text>` take what is left out from the variables `tts_engine` and `tts_voice`. \
             autoload_configs/tts_commandline.conf.xml says which command speaks. A key of \
             `playback_terminators` ends it.",
            Flags::NONE,
            speak,
        ),
    ]
}

async fn say(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 5);
    let (module, kind, method, text) = match &words[..] {
        [module, kind, method, text] => (module, kind, method, text.clone()),
        [module, kind, method, gender, text] if is_gender(gender) => {
            (module, kind, method, text.clone())
        }
        [module, kind, method, one, more] => (module, kind, method, format!("{one} {more}")),
        _ => {
            return Err(Failure::Invalid(
                "say: <module_name>[:<lang>] <say_type> <say_method> [<say_gender>] <text>".into(),
            ));
        }
    };
    let (module, language) = match module.split_once(':') {
        Some((module, language)) => (module.to_owned(), Some(language.to_owned())),
        None => (module.clone(), None),
    };
    if let Some(warning) = session.unknown_say_module(&module) {
        tracing::warn!(call = %session.uuid(), data, "{warning}");
    }
    let say = Say { module, language, kind: kind.clone(), method: method.clone(), text };
    perform(&session, Speech::Say(say)).await
}

/// Whether a word is the optional one in front of the text.
pub(crate) fn is_gender(word: &str) -> bool {
    ["masculine", "feminine", "neuter", "utrum"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

async fn phrase(session: Session, data: String) -> Result<(), Failure> {
    let (name, data) = data.split_once(',').unwrap_or((&data, ""));
    if name.is_empty() {
        return Err(Failure::Invalid("phrase: <macro_name>,<data>".into()));
    }
    let speech =
        Speech::Phrase { name: name.trim().to_owned(), data: data.to_owned(), language: None };
    perform(&session, speech).await
}

async fn speak(session: Session, data: String) -> Result<(), Failure> {
    let words: Vec<&str> = data.splitn(3, '|').collect();
    let (engine, voice, text) = match words[..] {
        [engine, voice, text] => (engine, voice, text),
        [voice, text] => ("", voice, text),
        _ => ("", "", data.as_str()),
    };
    let [engine, voice, text] = [engine, voice, text].map(|word| word.trim().to_owned());
    perform(&session, Speech::Text { engine, voice, text }).await
}

/// Says it; a terminator key ends it.
async fn perform(session: &Session, speech: Speech) -> Result<(), Failure> {
    let terminators = Terminators::of(session);
    let _ = session.set_variable("playback_terminator_used", None);
    let mut running = session.start(Operation::Speak(Speak { speech, input: true })).await?;
    loop {
        match running.next_event().await {
            OperationEvent::Dtmf(key) if terminators.contain(key.digit) => {
                session.note("playback_terminator_used", key.digit.encode_utf8(&mut [0; 4]));
                return running.control(Control::Stop);
            }
            OperationEvent::Dtmf(_) | OperationEvent::Message(_) => {}
            OperationEvent::Finished(Outcome::Failed(why)) => {
                tracing::warn!(call = %session.uuid(), "{why}");
                respond(session, "PLAYBACK ERROR");
                return Err(Failure::Failed(why));
            }
            OperationEvent::Finished(_) => return Ok(()),
            OperationEvent::Hangup(cause) => return Err(Failure::Hangup(cause)),
        }
    }
}
