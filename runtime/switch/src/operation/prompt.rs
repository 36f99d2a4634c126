//! Playing a prompt and collecting digits: `playAndGetDigits`, `read`.
//!
//! The first key stops the prompt. After it, `timeout` runs until the first key and `digit_timeout`
//! after each one. Keys that were pressed before count as well. As in FreeSWITCH the variables tell
//! more: `read_result` is `success`, `timeout` (the input ended by waiting, and may still do) or
//! `failure`; `read_terminator_used` is the key that ended the input.

use futures_util::future::BoxFuture;

use super::digits::{Collector, End, check_max, milliseconds};
use super::{Failure, Outcome, Prompt, speech};
use crate::regex;
use crate::session::Session;

/// What one try gave.
struct Try {
    digits: String,
    enough: bool,
}

pub(super) fn start(
    session: &Session,
    prompt: Prompt,
) -> Result<BoxFuture<'static, Outcome>, Failure> {
    let max = check_max(prompt.max.max(prompt.min).max(1))?;
    let session = session.clone();
    Ok(Box::pin(async move { run(&session, &prompt, max).await }))
}

async fn run(session: &Session, prompt: &Prompt, max: usize) -> Outcome {
    let mut last = String::new();
    for _ in 0..prompt.tries.max(1) {
        let tried = match once(session, prompt, max).await {
            Ok(tried) => tried,
            Err(Failure::Hangup(_)) => break,
            Err(failure) => return Outcome::Failed(failure.to_string()),
        };
        if tried.digits.is_empty() && prompt.min == 0 {
            return Outcome::Digits(String::new());
        }
        if tried.enough {
            if matches(session, &prompt.pattern, &tried.digits) {
                return Outcome::Digits(tried.digits);
            }
            if !prompt.variable.is_empty() {
                set(session, &prompt.variable, None);
                set(session, &format!("{}_invalid", prompt.variable), Some(&tried.digits));
            }
        }
        last = tried.digits;
        if !prompt.invalid_file.is_empty() {
            play_through(session, &prompt.invalid_file).await;
        }
    }
    if session.over().is_none() && !prompt.failure_extension.is_empty() {
        let mut words = prompt.failure_extension.split_whitespace();
        if let Some(extension) = words.next()
            && let Err(failure) = session.transfer(extension, words.next(), words.next())
        {
            tracing::debug!(call = %session.uuid(), %failure, "transfer after failed input");
        }
    }
    Outcome::Digits(if prompt.partial { last } else { String::new() })
}

/// Plays the prompt once and collects.
async fn once(session: &Session, prompt: &Prompt, max: usize) -> Result<Try, Failure> {
    if !prompt.variable.is_empty() {
        set(session, &prompt.variable, None);
    }
    let mut collector =
        Collector { session, digits: String::new(), max, terminators: &prompt.terminators };
    let first = milliseconds(prompt.timeout);
    let next = milliseconds(prompt.digit_timeout).or(first);
    let mut end = collector.take();
    if end.is_none() && collector.digits.is_empty() && !prompt.file.is_empty() {
        play_until_key(session, &prompt.file, &collector).await;
        if let Some(over) = session.over() {
            return Err(over);
        }
    }
    if end.is_none() {
        end = Some(collector.collect(first, next, None).await);
    }
    let enough = collector.digits.chars().count() >= prompt.min as usize
        && !(collector.digits.is_empty() && prompt.min > 0);
    let result = match end {
        _ if !enough => "failure",
        Some(End::Timeout) if collector.digits.is_empty() && prompt.min > 0 => "failure",
        Some(End::Timeout) => "timeout",
        _ => "success",
    };
    if let Some(End::Terminator(key)) = end {
        session.note("read_terminator_used", key.encode_utf8(&mut [0; 4]));
    }
    session.note("read_result", result);
    if !prompt.variable.is_empty() && !collector.digits.is_empty() {
        set(session, &prompt.variable, Some(&collector.digits));
    }
    Ok(Try { digits: collector.digits, enough })
}

/// Plays until it is over, or a key is pressed. A prompt that cannot be played is left out, as in
/// FreeSWITCH, with a line in the log.
async fn play_until_key(session: &Session, file: &str, collector: &Collector<'_>) {
    let played = async { play_through(session, file).await };
    tokio::select! {
        biased;
        () = collector.pressed() => {}
        () = played => {}
    }
}

async fn play_through(session: &Session, file: &str) {
    match speech::through(session, file).await {
        Ok(()) | Err(Failure::Hangup(_)) => {}
        Err(failure) => tracing::warn!(call = %session.uuid(), "prompt left out: {failure}"),
    }
}

fn matches(session: &Session, pattern: &str, digits: &str) -> bool {
    if pattern.is_empty() {
        return true;
    }
    match regex::cached(pattern).and_then(|pattern| pattern.is_match(digits)) {
        Ok(matched) => matched,
        Err(error) => {
            tracing::error!(call = %session.uuid(), "pattern {pattern:?}: {error}");
            false
        }
    }
}

fn set(session: &Session, name: &str, value: Option<&str>) {
    if let Err(refused) = session.set_variable(name, value) {
        tracing::warn!(call = %session.uuid(), name, %refused, "variable not set");
    }
}
