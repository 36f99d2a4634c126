//! `read`, `play_and_get_digits`.

use crate::application::{Application, Flags};
use crate::command::split::arguments;
use crate::operation::{Failure, MAX_DIGITS, Operation, Prompt};
use crate::session::Session;

/// For the first digit, in milliseconds, when `read` is not told: 1 s, as FreeSWITCH's least.
const MIN_TIMEOUT: u32 = 1_000;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "read",
            "<min> <max> <file> <var_name> <timeout> <terminators> <digit_timeout>",
            "Read Digits",
            "Plays `file` and collects `min` to `max` digits into the variable `var_name`. `timeout` \
             (ms, at least 1000) runs after the prompt, `digit_timeout` (ms; `timeout` unless given) \
             between digits; a key of `terminators` ends the input.\n\nSets `read_result` \
             (`success`, `timeout`, `failure`) and `read_terminator_used`. Keys that were pressed \
             before count.",
            Flags::NONE,
            read,
        ),
        Application::new(
            "play_and_get_digits",
            "\t<min> <max> <tries> <timeout> <terminators> <file> <invalid_file> <var_name> <regexp> \
             [<digit_timeout>] ['<failure_ext> [failure_dp [failure_context]]']",
            "Play and get Digits",
            "As `read`, up to `tries` times until the digits match `regexp` (Perl-compatible); \
             `invalid_file` is played in between. Digits that do not match are in \
             `<var_name>_invalid`. When no try matched, the call is transferred to `failure_ext`, if \
             given.",
            Flags::NONE,
            play_and_get_digits,
        ),
    ]
}

/// A number of digits, held within what can be collected.
fn count(word: Option<&String>, least: u32) -> u32 {
    word.and_then(|word| word.trim().parse::<u32>().ok()).unwrap_or(0).clamp(least, MAX_DIGITS)
}

fn milliseconds(word: Option<&String>) -> u32 {
    word.and_then(|word| word.trim().parse().ok()).unwrap_or(0)
}

fn text(word: Option<&String>) -> String {
    word.cloned().unwrap_or_default()
}

async fn read(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 7);
    if words.len() < 4 {
        return Err(Failure::Invalid("read: at least <min> <max> <file> <var_name>".into()));
    }
    let min = count(words.first(), 0);
    let prompt = Prompt {
        min,
        max: count(words.get(1), min.max(1)),
        tries: 1,
        timeout: milliseconds(words.get(4)).max(MIN_TIMEOUT),
        terminators: text(words.get(5)),
        file: text(words.get(2)),
        variable: text(words.get(3)),
        digit_timeout: milliseconds(words.get(6)),
        partial: true,
        ..Prompt::default()
    };
    session.perform(Operation::Prompt(prompt)).await.map(drop)
}

async fn play_and_get_digits(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(data.trim(), 11);
    if words.len() < 9 {
        return Err(Failure::Invalid(
            "play_and_get_digits: at least nine arguments, <min> to <regexp>".into(),
        ));
    }
    let min = count(words.first(), 0);
    let prompt = Prompt {
        min,
        max: count(words.get(1), min.max(1)),
        tries: milliseconds(words.get(2)).max(1),
        timeout: milliseconds(words.get(3)),
        terminators: text(words.get(4)),
        file: text(words.get(5)),
        invalid_file: text(words.get(6)),
        variable: text(words.get(7)),
        pattern: text(words.get(8)),
        digit_timeout: milliseconds(words.get(9)),
        failure_extension: text(words.get(10)),
        partial: false,
    };
    session.perform(Operation::Prompt(prompt)).await.map(drop)
}
