//! `nolog`.

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "nolog",
    syntax: "",
    scope: Scope::Full,
    doc: "Sends the log no longer: `+OK no longer logging`, or `-ERR not loging`.",
    blank: false,
    run: Run::Quick(nolog),
};

fn nolog(connection: &mut Connection, _: &Request, _: &str) -> Answer {
    Answer::reply(match connection.log.take() {
        Some(_) => "+OK no longer logging",
        None => "-ERR not loging",
    })
}
