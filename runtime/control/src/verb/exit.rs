//! `exit`, also written `...`.

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "exit",
    syntax: "",
    scope: Scope::Always,
    doc: "`+OK bye`, a `text/disconnect-notice`, and the end of the connection, once its jobs have ended. \
          A call that it controls goes on with the next action of its dialplan.",
    blank: false,
    run: Run::Quick(exit),
};

pub(super) const DOTS: Verb = Verb { name: "...", doc: "The same as `exit`.", ..VERB };

fn exit(connection: &mut Connection, _: &Request, _: &str) -> Answer {
    // Nothing is kept for a client that says goodbye.
    connection.reader.set(Default::default());
    Answer::End("+OK bye".into())
}
