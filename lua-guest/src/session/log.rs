//! Log lines of a call.

use crate::{class::Bindings, freeswitch, session::Method};

pub(super) const METHODS: Bindings<Method> = &[
    ("consoleLog", |call| freeswitch::console_log(call.lua, call.arguments)),
    ("consoleLog2", |call| freeswitch::console_log_2(call.lua, call.arguments)),
];
