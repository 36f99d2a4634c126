//! `divert_events on|off`.

use ringfence_switch::variable::is_true;

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "divert_events",
    syntax: "on|off",
    scope: Scope::Session,
    doc: "Events that are sent to the call itself (`sendevent` with `unique-id`) come to this connection \
          instead of to the script that the call runs: `+OK events diverted`, `+OK events not diverted`.",
    blank: false,
    run: Run::Quick(divert_events),
};

fn divert_events(connection: &mut Connection, _: &Request, text: &str) -> Answer {
    let Some(session) = connection.session.as_ref().filter(|_| is_true(text.trim())) else {
        connection.diversion = None;
        return Answer::reply("+OK events not diverted");
    };
    if connection.diversion.is_none() {
        connection.diversion = Some(connection.shared.diversions.begin(session.uuid()));
    }
    Answer::reply("+OK events diverted")
}
