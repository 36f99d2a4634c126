//! `myevents`: the events of one call, and no others.

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::frame;
use crate::parser::Request;
use crate::want::Want;

pub(super) const VERB: Verb = Verb {
    name: "myevents",
    syntax: "[plain|json|xml] (outbound), <uuid> (inbound)",
    scope: Scope::Any,
    doc: "Asks for the channel events of one call and for no others: `+OK Events Enabled`. Inbound, the \
          connection ends with the call from then on. Twice: `-ERR aready enabled.`; a word that is no \
          uuid: `-ERR invalid uuid`.",
    blank: false,
    run: Run::Quick(myevents),
};

fn myevents(connection: &mut Connection, _: &Request, text: &str) -> Answer {
    let mut words = text.split_whitespace();
    // Inbound, FreeSWITCH takes no notice of a format; `event` has set it.
    let mut format = None;
    let channel = if connection.outbound() {
        format = words.next().and_then(frame::format);
        match &connection.session {
            Some(session) => session.uuid().clone(),
            None => return Answer::unknown(),
        }
    } else {
        let Some(word) = words.next() else { return Answer::unknown() };
        if uuid::Uuid::parse_str(word).is_err() {
            return Answer::reply("-ERR invalid uuid");
        }
        word.into()
    };
    if connection.my_events {
        return Answer::reply("-ERR aready enabled.");
    }
    connection.format = format.unwrap_or(connection.format);
    connection.my_events = true;
    if connection.session.is_none() {
        connection.session = connection.switch().session(&channel);
    }
    connection.reader.set(Want::my_events(channel));
    Answer::reply("+OK Events Enabled")
}
