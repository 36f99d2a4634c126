//! `getvar <name>`.

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "getvar",
    syntax: "<name>",
    scope: Scope::Session,
    doc: "The reply is the value of the call's variable. One that is not set is answered \
          `-ERR command not found`, as in FreeSWITCH.",
    blank: true,
    run: Run::Quick(getvar),
};

fn getvar(connection: &mut Connection, _: &Request, text: &str) -> Answer {
    let value = connection.session.as_ref().and_then(|session| session.variable(text.trim()));
    match value.filter(|value| !value.is_empty()) {
        // A line break in a value would end the header, and two the reply.
        Some(value) => Answer::reply(value.replace(['\r', '\n'], " ")),
        None => Answer::unknown(),
    }
}
