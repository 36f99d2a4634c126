//! `noevents`.

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;
use crate::want::Want;

pub(super) const VERB: Verb = Verb {
    name: "noevents",
    syntax: "",
    scope: Scope::Full,
    doc: "Asks for no events any more: `+OK no longer listening for events`, or `-ERR not listening for \
          events`. Filters stay.",
    blank: false,
    run: Run::Quick(noevents),
};

fn noevents(connection: &mut Connection, _: &Request, _: &str) -> Answer {
    if connection.reader.want().is_empty() {
        return Answer::reply("-ERR not listening for events");
    }
    connection.reader.set(Want::default());
    connection.my_events = false;
    Answer::reply("+OK no longer listening for events")
}
