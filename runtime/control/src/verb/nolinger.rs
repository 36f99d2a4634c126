//! `nolinger`.

use super::{Answer, Run, Scope, Verb};
use crate::connection::{Connection, Linger};
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "nolinger",
    syntax: "",
    scope: Scope::Full,
    doc: "The connection ends with its call: `+OK will not linger`, or `-ERR not controlling a session`.",
    blank: false,
    run: Run::Quick(nolinger),
};

fn nolinger(connection: &mut Connection, _: &Request, _: &str) -> Answer {
    if connection.session.is_none() {
        return Answer::reply("-ERR not controlling a session");
    }
    connection.linger = Linger::No;
    Answer::reply("+OK will not linger")
}
