//! The figures: what a call costs and what is promised, on this machine, now.
//!
//! `make bench` builds the release binary and runs this. Each load is a module: [`lua`] (programs
//! beside Debian's interpreters), [`ivr`] (calls a second), [`sleeping`] (memory of calls),
//! [`playing`] (media), [`kill`] (in every state), [`guests`] (ten thousand of them), [`fairness`]
//! (media beside scripts that spin), [`database`] (media beside scripts that wait for one),
//! [`reload`] (from an edit to its effect), [`start`] (of a script), [`surface`] (FreeSWITCH's
//! functions), [`handler`] (XML lookups), [`control`] (the event socket). They start the server as
//! the tests do, and read its CPU time and memory from /proc. No figure is asserted: the output is a
//! Markdown report with the machine, the load and FreeSWITCH's figure beside ours where it has one;
//! docs/figures.md keeps one.
//!
//! Arguments name loads; without any, all run.

mod control;
mod database;
mod fairness;
mod guests;
mod handler;
mod ivr;
mod kill;
mod lateness;
mod lua;
mod machine;
mod playing;
mod process;
mod reload;
mod sleeping;
mod start;
mod surface;

use ringfence_tests::{Configuration, Server};

const LOADS: &[(&str, fn())] = &[
    ("lua", lua::run),
    ("ivr", ivr::run),
    ("sleeping", sleeping::run),
    ("playing", playing::run),
    ("kill", kill::run),
    ("guests", guests::run),
    ("fairness", fairness::run),
    ("database", database::run),
    ("reload", reload::run),
    ("start", start::run),
    ("surface", surface::run),
    ("handler", handler::run),
    ("control", control::run),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let unknown = wanted.iter().find(|name| LOADS.iter().all(|(known, _)| known != name));
    if let Some(unknown) = unknown {
        let known: Vec<&str> = LOADS.iter().map(|(name, _)| *name).collect();
        panic!("there is no load {unknown}; there are {}", known.join(", "));
    }
    machine::describe();
    for (name, run) in LOADS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            run();
        }
    }
}

/// A server that logs what is wrong only, as a busy one does, and what the loads wait for: lines
/// that scripts and the dialplan write on purpose.
fn server(change: impl FnOnce(&Configuration)) -> Server {
    let configuration = Configuration::shipped();
    change(&configuration);
    Server::serve(configuration, |command| {
        command.args(["--log", "warn,log=info"]);
    })
}
