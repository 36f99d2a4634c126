//! The figures: what a call costs, on this machine, now.
//!
//! `make bench` builds the release binary and runs this. Each load is a module: [`ivr`] (calls a
//! second), [`sleeping`] (memory), [`playing`] (media). They start the server as the tests do and
//! read its CPU time and memory from /proc. Nothing is asserted: the output is a Markdown report
//! with the machine, the load and FreeSWITCH's figure beside ours; docs/figures.md keeps one.
//!
//! Arguments name loads (`ivr`, `sleeping`, `playing`); without any, all run.

mod ivr;
mod machine;
mod playing;
mod process;
mod sleeping;

use ringfence_tests::{Configuration, Server};

fn main() {
    let loads: [(&str, fn()); 3] =
        [("ivr", ivr::run), ("sleeping", sleeping::run), ("playing", playing::run)];
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    machine::describe();
    for (name, run) in loads {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            run();
        }
    }
}

/// A server that logs what is wrong only, as a busy one does.
fn server(change: impl FnOnce(&Configuration)) -> Server {
    let configuration = Configuration::shipped();
    change(&configuration);
    Server::serve(configuration, |command| {
        command.args(["--log", "warn"]);
    })
}
