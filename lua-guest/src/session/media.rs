//! What takes time and runs input callbacks: playing, recording, sleeping.

use crate::{
    bindings::ringfence::call::{calls, session::Recording},
    callback::{self, About, Ended},
    class::Bindings,
    level,
    native::{Answer, Reply},
    session::{Call, Method},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("insertFile", insert_file),
    ("recordFile", record_file),
    ("sleep", sleep),
    ("streamFile", stream_file),
];

/// 1 when the file was played to its end, or until the call was over; 0 when it could not be played
/// or was ended by the input callback or from outside.
fn stream_file(call: &Call<'_>) -> Reply {
    let path = call.arguments.text_or_empty(0);
    if path.is_empty() {
        return Ok(Answer::Int(0));
    }
    let offset = u64::from(call.arguments.unsigned(1));
    let ended = callback::drive(call, "streamFile", About::File, |handle, input| {
        handle.start_playback(path, offset, input)
    })?;
    Ok(Answer::success(matches!(ended, Ended::Done | Ended::Hangup)))
}

/// 1, or 0 and a line in the log.
fn insert_file(call: &Call<'_>) -> Reply {
    let [file, insert] = [0, 1].map(|index| call.arguments.text_or_empty(index));
    let sample = u64::from(call.arguments.unsigned(2));
    let done = call.act(|handle| calls::insert_file(handle, file, insert, sample))?;
    if let Err(failure) = &done {
        level::failed(call.lua, "session:insertFile", failure)?;
    }
    Ok(Answer::success(done.is_ok()))
}

/// As `streamFile`.
fn record_file(call: &Call<'_>) -> Reply {
    let arguments = call.arguments;
    let path = arguments.text_or_empty(0);
    if path.is_empty() {
        return Ok(Answer::Int(0));
    }
    let recording = Recording {
        path: path.to_owned(),
        limit: arguments.unsigned(1),
        silence_threshold: arguments.unsigned(2),
        silence_seconds: arguments.unsigned(3),
    };
    let ended = callback::drive(call, "recordFile", About::File, |handle, input| {
        handle.start_recording(&recording, input)
    })?;
    Ok(Answer::success(matches!(ended, Ended::Done | Ended::Hangup)))
}

/// 1 when the time passed; 0 when a hangup, the callback or a break ended it. On a call that is over
/// already it answers 1 at once. The second argument (`sync`) makes no difference here.
fn sleep(call: &Call<'_>) -> Reply {
    let ms = u64::from(call.arguments.unsigned(0));
    let ended = callback::drive(call, "sleep", About::Waiting, |handle, input| {
        handle.start_sleep(ms, input)
    })?;
    Ok(Answer::success(matches!(ended, Ended::Done | Ended::NotStarted)))
}
