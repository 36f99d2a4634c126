//! Events of a call, and what describes it.

use crate::{
    bindings::ringfence::call::calls,
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

/// No endpoint here takes events; FreeSWITCH drops what its endpoint does not know, too.
fn send(call: &Call<'_>) -> Reply {
    if call.arguments.object(0).is_none() {
        return Err(event::missing(call.arguments));
    }
    level::debug(call.lua, "session:sendEvent: the endpoint takes no events, it was not sent");
    Ok(Answer::Nothing)
}
