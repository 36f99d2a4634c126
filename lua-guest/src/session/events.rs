//! Events of a call, and what describes it.

use crate::{
    class::{self, Bindings},
    native::{Answer, Reply},
    session::{Call, Method},
};

pub(super) const METHODS: Bindings<Method> = &[
    ("flushEvents", absent),
    ("sendEvent", absent),
    ("setEventData", absent),
    ("getXMLCDR", absent),
    // No endpoint here takes text, so that nothing is sent; FreeSWITCH answers 0 for those, too.
    ("print", |_| Ok(Answer::Int(0))),
];

fn absent(call: &Call<'_>) -> Reply {
    Err(class::not_there(call.arguments.row))
}
