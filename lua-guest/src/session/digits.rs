//! Collecting digits. These never run the input callback.

use std::time::Instant;

use crate::{
    bindings::ringfence::call::session::{Digits, Prompt},
    callback::{self, About, Ended},
    class::Bindings,
    native::{Answer, Reply},
    session::{Call, Method},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("collectDigits", collect),
    ("flushDigits", flush),
    ("getDigits", get),
    ("playAndGetDigits", play_and_get),
    ("read", read),
];

/// Digits that one call collects at most, as in the contract.
const MAX_DIGITS: u32 = 128;

fn flush(call: &Call<'_>) -> Reply {
    call.handle()?.flush_digits();
    Ok(Answer::Int(0))
}

/// `collectDigits([digit timeout,] total timeout)`: keys go to the input callback, until the time is over
/// or, with two numbers, until no key came for the first; at once without a callback.
fn collect(call: &Call<'_>) -> Reply {
    let arguments = call.arguments;
    if call.session.input.borrow().is_none() {
        return Ok(Answer::Int(0));
    }
    let (digit, total) = match arguments.given() {
        1 => (0, arguments.unsigned(0)),
        _ => (arguments.unsigned(0), arguments.unsigned(1)),
    };
    let began = Instant::now();
    loop {
        let past = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let left = if total == 0 { u32::MAX } else { total.saturating_sub(past) };
        if left == 0 {
            break;
        }
        let wait = if digit == 0 { left } else { left.min(digit) };
        let about = if digit == 0 { About::Waiting } else { About::Keys };
        let ended = callback::drive(call, "collectDigits", about, |handle, input| {
            handle.start_sleep(u64::from(wait), input)
        })?;
        if !matches!(ended, Ended::Key) {
            break;
        }
    }
    Ok(Answer::Int(0))
}

/// `getDigits(max, terminators, timeout [, digit timeout [, total timeout]])`.
fn get(call: &Call<'_>) -> Reply {
    let arguments = call.arguments;
    let digits = Digits {
        max: arguments.unsigned(0).clamp(1, MAX_DIGITS),
        terminators: arguments.text_or_empty(1).to_owned(),
        timeout: arguments.unsigned(2),
        digit_timeout: arguments.unsigned(3),
        total_timeout: arguments.unsigned(4),
    };
    collected(callback::drive(call, "getDigits", About::Waiting, |handle, _| {
        handle.start_digits(&digits)
    })?)
}

/// `read(min, max, prompt, timeout, terminators [, digit timeout])`; the numbers are at least 1.
fn read(call: &Call<'_>) -> Reply {
    let arguments = call.arguments;
    let prompt = Prompt {
        min: arguments.unsigned(0).clamp(1, MAX_DIGITS),
        max: arguments.unsigned(1).clamp(1, MAX_DIGITS),
        tries: 1,
        timeout: arguments.unsigned(3).max(1),
        terminators: arguments.text_or_empty(4).to_owned(),
        file: arguments.text_or_empty(2).to_owned(),
        invalid_file: String::new(),
        pattern: String::new(),
        variable: String::new(),
        digit_timeout: arguments.unsigned(5),
        failure_extension: String::new(),
        partial: true,
    };
    collected(callback::drive(call, "read", About::Waiting, |handle, _| {
        handle.start_prompt(&prompt)
    })?)
}

/// `playAndGetDigits(min, max, tries, timeout, terminators, file, invalid file, pattern [, variable
/// [, digit timeout [, failure extension]]])`.
fn play_and_get(call: &Call<'_>) -> Reply {
    let arguments = call.arguments;
    let text = |index| arguments.text_or_empty(index).to_owned();
    let min = arguments.unsigned(0).min(MAX_DIGITS);
    let prompt = Prompt {
        min,
        max: arguments.unsigned(1).clamp(min.max(1), MAX_DIGITS),
        tries: arguments.unsigned(2).max(1),
        timeout: arguments.unsigned(3),
        terminators: text(4),
        file: text(5),
        invalid_file: text(6),
        pattern: text(7),
        variable: text(8),
        digit_timeout: arguments.unsigned(9),
        failure_extension: text(10),
        partial: false,
    };
    collected(callback::drive(call, "playAndGetDigits", About::Waiting, |handle, _| {
        handle.start_prompt(&prompt)
    })?)
}

/// What was pressed; an empty string for everything else.
fn collected(ended: Ended) -> Reply {
    Ok(Answer::Text(match ended {
        Ended::Digits(digits) => digits,
        _ => String::new(),
    }))
}
