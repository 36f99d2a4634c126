//! Events of a call, and what describes it.

use crate::{
    bindings::ringfence::call::{calls, types::Failure},
    class::Bindings,
    event::{self, Event},
    level,
    native::{Answer, Reply},
    place,
    session::{Call, Method},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("flushEvents", |call| {
        place::tell(call.lua);
        calls::flush_events(call.handle()?);
        Ok(Answer::Int(0))
    }),
    ("sendEvent", send),
    ("setEventData", |call| {
        let Some(object) = call.arguments.object(0) else {
            return Err(event::missing(call.arguments));
        };
        object.borrow::<Event>()?.describe(calls::describe(call.handle()?));
        Ok(Answer::Nothing)
    }),
    ("getXMLCDR", |call| Ok(Answer::Text(calls::cdr(call.handle()?)))),
    // No endpoint here takes text, so that nothing is sent; FreeSWITCH answers 0 for those, too.
    ("print", |_| Ok(Answer::Int(0))),
];

/// An event that is refused is in the log; FreeSWITCH drops it without a word.
fn send(call: &Call<'_>) -> Reply {
    let Some(object) = call.arguments.object(0) else {
        return Err(event::missing(call.arguments));
    };
    place::tell(call.lua);
    let Some(given) = object.borrow::<Event>()?.given() else { return Ok(Answer::Nothing) };
    match calls::send_event(call.handle()?, &given) {
        Ok(()) | Err(Failure::Hangup(_)) => {}
        Err(failure) => level::failed(call.lua, "session:sendEvent", &failure)?,
    }
    Ok(Answer::Nothing)
}
