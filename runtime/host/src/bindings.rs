//! What wasmtime makes of `wit/call.wit`.
//!
//! Functions that can wait are asynchronous: the guest waits on its fiber and costs no thread. All can
//! end the guest (a trap), which is for what no script should handle.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "interpreter",
    imports: {
        "ringfence:call/session.[method]session.answer": async | trappable,
        "ringfence:call/session.[method]session.pre-answer": async | trappable,
        "ringfence:call/session.[method]session.execute": async | trappable,
        "ringfence:call/session.[method]session.start-playback": async | trappable,
        "ringfence:call/session.[method]session.start-recording": async | trappable,
        "ringfence:call/session.[method]session.start-sleep": async | trappable,
        "ringfence:call/session.[method]session.start-digits": async | trappable,
        "ringfence:call/session.[method]session.start-prompt": async | trappable,
        "ringfence:call/session.[method]session.next-event": async | trappable,
        "ringfence:call/api.execute": async | trappable,
        "ringfence:call/api.sleep": async | trappable,
        "ringfence:call/database.[static]connection.open": async | trappable,
        "ringfence:call/database.[method]connection.start": async | trappable,
        "ringfence:call/database.[method]connection.more": async | trappable,
        "ringfence:call/database.[method]connection.stop": async | trappable,
        "ringfence:call/calls.originate": async | trappable,
        "ringfence:call/calls.bridge": async | trappable,
        "ringfence:call/calls.wait-for-answer": async | trappable,
        "ringfence:call/calls.execute": async | trappable,
        "ringfence:call/calls.insert-file": async | trappable,
        "ringfence:call/calls.[method]joined.next": async | trappable,
        "ringfence:call/events.[method]consumer.pop": async | trappable,
        "ringfence:call/events.send-message": async | trappable,
        "ringfence:call/http.fetch": async | trappable,
        "ringfence:call/mail.send": async | trappable,
        "ringfence:call/shell.run": async | trappable,
        "ringfence:call/shell.[static]process.start": async | trappable,
        "ringfence:call/shell.[method]process.read": async | trappable,
        "ringfence:call/shell.[method]process.write": async | trappable,
        "ringfence:call/shell.[method]process.close": async | trappable,
        "ringfence:call/speech.start": async | trappable,
        "ringfence:call/speech.start-detection": async | trappable,
        "ringfence:call/speech.detect": async | trappable,
        "ringfence:call/ivr.run": async | trappable,
        "ringfence:call/modules.find": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "ringfence:call/calls.joined": crate::joined::Joined,
        "ringfence:call/database.connection": crate::database::Lent,
        "ringfence:call/events.consumer": crate::consumer::Consumer,
        "ringfence:call/session.session": crate::session::Call,
        "ringfence:call/shell.process": crate::shell::Process,
    },
});

/// The world of components that are scripts: an interpreter's without its modules.
pub mod component {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "call-script",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "ringfence:call/types": crate::bindings::ringfence::call::types,
            "ringfence:call/session": crate::bindings::ringfence::call::session,
            "ringfence:call/calls": crate::bindings::ringfence::call::calls,
            "ringfence:call/events": crate::bindings::ringfence::call::events,
            "ringfence:call/api": crate::bindings::ringfence::call::api,
            "ringfence:call/variables": crate::bindings::ringfence::call::variables,
            "ringfence:call/database": crate::bindings::ringfence::call::database,
            "ringfence:call/http": crate::bindings::ringfence::call::http,
            "ringfence:call/mail": crate::bindings::ringfence::call::mail,
            "ringfence:call/shell": crate::bindings::ringfence::call::shell,
            "ringfence:call/log": crate::bindings::ringfence::call::log,
            "ringfence:call/job": crate::bindings::ringfence::call::job,
            "ringfence:call/entry": crate::bindings::ringfence::call::entry,
            "ringfence:call/speech": crate::bindings::ringfence::call::speech,
            "ringfence:call/ivr": crate::bindings::ringfence::call::ivr,
            "ringfence:call/script": crate::bindings::ringfence::call::script,
        },
    });
}
