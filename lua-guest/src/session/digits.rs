//! Collecting digits. These never run the input callback.

use crate::{
    bindings::ringfence::call::session::{Digits, Prompt},
    callback::{self, Ended},
    class::{self, Bindings},
    native::{Answer, Reply},
    session::{Call, Method},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("collectDigits", |call| Err(class::not_there(call.arguments.row))),
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
    collected(callback::drive(call, "getDigits", false, |handle, _| handle.start_digits(&digits))?)
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
    collected(callback::drive(call, "read", false, |handle, _| handle.start_prompt(&prompt))?)
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
    collected(callback::drive(call, "playAndGetDigits", false, |handle, _| {
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
