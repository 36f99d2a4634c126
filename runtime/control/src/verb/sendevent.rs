//! `sendevent <name>`, with the event's headers and body.

use ringfence_switch::event::{Event, EventName, Priority};

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "sendevent",
    syntax: "<name>",
    scope: Scope::Full,
    doc: "Fires an event with the headers and the body of the command: `+OK <Event-UUID>`. An unknown name \
          is `CUSTOM`; the header `Event-Name` overrides it. With `unique-id` the event also goes to that \
          call, to what runs on it.",
    blank: false,
    run: Run::Quick(sendevent),
};

fn sendevent(connection: &mut Connection, request: &Request, text: &str) -> Answer {
    let named = request.header("Event-Name").and_then(EventName::find);
    let name = named.or_else(|| EventName::find(text.trim())).unwrap_or(EventName::Custom);
    let mut event = Event::bare(name);
    if let Some(subclass) = request.header("Event-Subclass") {
        event.set("Event-Subclass", subclass);
    }
    event.set("Command", request.line.trim_end());
    for (header, value) in &request.headers {
        // Its own place is the first.
        if !header.eq_ignore_ascii_case("Event-Subclass")
            && !header.eq_ignore_ascii_case("Event-Name")
        {
            event.set(header, value.as_str());
        }
    }
    match request.header("priority") {
        Some(text) if text.eq_ignore_ascii_case("HIGH") => event.set_priority(Priority::High),
        Some(text) if text.eq_ignore_ascii_case("LOW") => event.set_priority(Priority::Low),
        _ => &mut event,
    };
    let uuid = crate::uuid();
    event.set("Event-UUID", uuid.as_str());
    if let Some(body) = &request.body {
        event.set_body(body.as_str());
    }
    let events = connection.switch().events();
    events.complete(&mut event);
    if let Some(session) =
        request.header("unique-id").and_then(|uuid| connection.switch().session(uuid))
        && !connection.shared.diversions.take(session.uuid(), &event)
        && let Err(failure) = session.send_message(event.clone())
    {
        tracing::debug!(call = %session.uuid(), %failure, "an event was not taken");
    }
    events.publish(event);
    Answer::reply(format!("+OK {uuid}"))
}
