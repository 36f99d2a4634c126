//! `connect`: what the call is.

use ringfence_switch::event::{Event, EventName, Format};

use super::{Answer, Run, Scope, Verb};
use crate::connection::{Connection, Role};
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "connect",
    syntax: "",
    scope: Scope::Outbound,
    doc: "The first command of an outbound connection; may be repeated. The reply is the call's data as \
          headers (`Channel-*`, `Caller-*`, `variable_*`), with `Socket-Mode: async|static` and \
          `Control: full|single-channel`.",
    blank: false,
    run: Run::Quick(connect),
};

fn connect(connection: &mut Connection, _: &Request, _: &str) -> Answer {
    let (Some(session), Role::Outbound { asynchronous, full }) =
        (&connection.session, connection.role)
    else {
        return Answer::unknown();
    };
    let mut event = Event::bare(EventName::ChannelData);
    connection.switch().events().complete(&mut event);
    session.describe_caller(&mut event, "Channel");
    session.describe(&mut event);
    event
        .set("Content-Type", "command/reply")
        .set("Reply-Text", "+OK\n")
        .set("Socket-Mode", if asynchronous { "async" } else { "static" })
        .set("Control", if full { "full" } else { "single-channel" });
    Answer::Data(event.serialize(Format::Plain))
}
