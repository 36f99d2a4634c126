//! Playing a prompt and recognising what is said: `playAndDetectSpeech`, `play_and_detect_speech`.

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::{Detect, Failure, Outcome, speech};
use crate::authority;
use crate::session::Session;
use crate::speech::{Detected, Parameters};

/// The variable that the result is put into.
pub const RESULT: &str = "detect_speech_result";

/// What is detected and not looked at yet; the prompt is, at once.
const MAX_DETECTED: usize = 8;

pub(super) fn start(session: &Session, detect: Detect) -> BoxFuture<'static, Outcome> {
    let session = session.clone();
    Box::pin(async move {
        match run(&session, &detect).await {
            Ok(()) => Outcome::Done,
            Err(Failure::Hangup(_)) => Outcome::Stopped,
            Err(failure) => Outcome::Failed(failure.to_string()),
        }
    })
}

async fn run(session: &Session, detect: &Detect) -> Result<(), Failure> {
    authority::application("play_and_detect_speech")?;
    // A name of ours cannot be refused.
    let _ = session.set_variable(RESULT, None);
    let (mut parameters, grammar) = Parameters::split(&detect.grammar);
    // Nobody has to answer before the question was heard.
    parameters.set("start-input-timers", "false");
    let (observer, mut detected) = mpsc::channel(MAX_DETECTED);
    let engines = session.switch().speech();
    let detection =
        engines.detect(session, &detect.engine, grammar, &parameters, Some(observer)).await?;
    let played = async {
        if detect.file.is_empty() {
            return Ok(());
        }
        speech::through(session, &detect.file).await
    };
    let mut played: BoxFuture<'_, Result<(), Failure>> = Box::pin(played);
    let mut playing = true;
    loop {
        let next = tokio::select! {
            biased;
            next = detected.recv() => next,
            done = &mut played, if playing => {
                playing = false;
                if let Err(failure) = done {
                    if let Failure::Hangup(_) = failure {
                        return Err(failure);
                    }
                    tracing::warn!(call = %session.uuid(), "prompt left out: {failure}");
                }
                detection.start_timers();
                continue;
            }
        };
        match next {
            Some(Detected::Speaking) => {
                // Who speaks does not want to hear the rest.
                playing = false;
                played = Box::pin(async { Ok(()) });
            }
            Some(Detected::Result(result)) => {
                session.note(RESULT, &result);
                return Ok(());
            }
            Some(Detected::Failed(why)) => return Err(Failure::Failed(why)),
            None => return Err(session.over().unwrap_or(Failure::Failed("it was stopped".into()))),
        }
    }
}
