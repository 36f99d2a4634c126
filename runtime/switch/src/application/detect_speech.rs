//! `detect_speech`, `play_and_detect_speech`.

use crate::application::{Application, Flags, respond};
use crate::command::split::arguments;
use crate::operation::{Detect, Failure, Operation, OperationEvent, Outcome};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "detect_speech",
            "<mod_name> <gram_name> <gram_path> [<addr>] OR grammar <gram_name> [<path>] OR nogrammar \
             <gram_name> OR grammaron/grammaroff <gram_name> OR grammarsalloff OR pause OR resume OR \
             start_input_timers OR stop OR param <name> <value>",
            "Detect speech",
            "Listens to the far end for what a grammar says, beside what the call does: `pocketsphinx yesno \
             yesno`. A grammar is JSGF: a file of `$${grammar_dir}` (`yesno` is yesno.gram), a path, or \
             `inline:#JSGF V1.0; …`. What is heard is told by the event `DETECTED_SPEECH`, to clients and to \
             the call: `Speech-Type` is `begin-speaking`, `detected-speech` (the body is the result, as XML) \
             or `closed`. Nothing heard is a result, too: `<noinput/>`, `<nomatch/>`.\n\n`param` sets \
             `no-input-timeout` and `speech-timeout` (ms) for what is started next. \
             autoload_configs/pocketsphinx.conf.xml says which command listens.",
            Flags::NONE,
            detect,
        ),
        Application::new(
            "play_and_detect_speech",
            "<file> detect:<engine> {param1=val1,param2=val2}<grammar>",
            "Play while doing speech recognition",
            "Plays a prompt, which ends when somebody speaks, and waits for what is said: \
             `ivr/ivr-enter_ext.wav detect:pocketsphinx {no-input-timeout=3000}yesno`. The result is in \
             `detect_speech_result`, as XML; it is not set when nothing could be recognised at all. Sets \
             `current_application_response` to `OK`, `USAGE ERROR` or `ERROR`.",
            Flags::NONE,
            play_and_detect,
        ),
    ]
}

async fn detect(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 4);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = session.detect_speech(&words).await;
    if let Err(failure) = &done {
        tracing::warn!(call = %session.uuid(), "detect_speech: {failure}");
    }
    done
}

async fn play_and_detect(session: Session, data: String) -> Result<(), Failure> {
    let Some(detect) = read(&data) else {
        respond(&session, "USAGE ERROR");
        return Err(Failure::Invalid(
            "play_and_detect_speech: <file> detect:<engine> {param1=val1}<grammar>".into(),
        ));
    };
    let mut running = session.start(Operation::Detect(detect)).await?;
    loop {
        match running.next_event().await {
            OperationEvent::Dtmf(_) | OperationEvent::Message(_) => {}
            OperationEvent::Finished(Outcome::Failed(why)) => {
                tracing::warn!(call = %session.uuid(), "play_and_detect_speech: {why}");
                respond(&session, "ERROR");
                return Err(Failure::Failed(why));
            }
            OperationEvent::Finished(_) => {
                respond(&session, "OK");
                return Ok(());
            }
            OperationEvent::Hangup(cause) => return Err(Failure::Hangup(cause)),
        }
    }
}

/// `<file> detect:<engine> <grammar>`; the file may have blanks.
fn read(data: &str) -> Option<Detect> {
    let (file, rest) = match data.strip_prefix("detect:") {
        Some(rest) => ("", rest),
        None => data.split_once(" detect:")?,
    };
    let (engine, grammar) = rest.trim_start().split_once(' ')?;
    Some(Detect {
        file: file.trim().to_owned(),
        engine: engine.to_owned(),
        grammar: grammar.trim().to_owned(),
        // Keys stay for who reads them next.
        input: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_an_engine_and_a_grammar() {
        let detect = read("say:one or two? detect:pocketsphinx {a=b}inline:#JSGF V1.0; x").unwrap();
        assert_eq!(detect.file, "say:one or two?");
        assert_eq!(detect.engine, "pocketsphinx");
        assert_eq!(detect.grammar, "{a=b}inline:#JSGF V1.0; x");
        assert_eq!(read("detect:x y").unwrap().file, "");
        assert!(read("a.wav").is_none() && read("a.wav detect:x").is_none());
    }
}
