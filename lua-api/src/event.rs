//! `freeswitch.Event`.

use crate::function::{
    Class,
    Kind::{ConstText, Event, Priority},
    field, may, need, row,
};

/// An event.
pub(crate) const EVENT: Class = Class {
    name: "Event",
    c_type: "Event *",
    constructor: Some(row(
        &["Event"],
        "Event::Event",
        &[need("name", ConstText), may("subclass", ConstText, "nil")],
        "freeswitch.Event",
        "An event of that name, `CUSTOM` with a subclass, or from JSON: `Event(\"json\", text)`.",
    )),
    methods: &[
        row(
            &["addHeader"],
            "Event::addHeader",
            &[need("name", ConstText), need("value", ConstText)],
            "boolean",
            "Adds a header; `name[2]` sets an element of a list, an empty value removes.",
        ),
        row(
            &["delHeader"],
            "Event::delHeader",
            &[need("name", ConstText)],
            "boolean",
            "Removes all headers of that name: true when there were any.",
        ),
        row(
            &["getHeader"],
            "Event::getHeader",
            &[need("name", ConstText)],
            "string?",
            "The value of a header, without regard to case.",
        ),
        row(
            &["addBody"],
            "Event::addBody",
            &[need("text", ConstText)],
            "boolean",
            "Sets the body.",
        ),
        row(&["getBody"], "Event::getBody", &[], "string?", "The body."),
        row(&["getType"], "Event::getType", &[], "string", "The event's name."),
        row(
            &["setPriority"],
            "Event::setPriority",
            &[may("priority", Priority, "\"NORMAL\"")],
            "boolean",
            "Sets the header `priority`: `NORMAL`, `LOW` or `HIGH`, or 0, 1, 2.",
        )
        .differs("FreeSWITCH's wrapper takes no value that a script could give."),
        row(
            &["merge"],
            "Event::merge",
            &[need("event", Event)],
            "boolean",
            "Adds the headers of another event.",
        ),
        row(
            &["serialize"],
            "Event::serialize",
            &[may("format", ConstText, "nil")],
            "string",
            "The event as text: `plain` (URL-encoded), `json` or `xml`.",
        ),
        row(
            &["fire"],
            "Event::fire",
            &[],
            "boolean",
            "Fires a copy; false for an event that the script did not make.",
        )
        .permission("fire"),
        row(
            &["chat_execute"],
            "Event::chat_execute",
            &[need("application", ConstText), may("data", ConstText, "nil")],
            "integer",
            "Runs a chat application with this event as its message (`set`, `unset`, `info`, `fire`, \
             `stop`): 0, or 1 when that failed.",
        ),
        row(
            &["chat_send"],
            "Event::chat_send",
            &[may("protocol", ConstText, "nil")],
            "integer",
            "Sends the event as a message to a chat interface (`GLOBAL`, the chatplan; `event`, which fires it \
             as `RECV_MESSAGE`); without one to that of its header `dest_proto`: 0, or 1 when nobody took it.",
        )
        .waits()
        .differs("FreeSWITCH answers 0 for protocols that it does not know, too."),
    ],
    fields: &[
        field("event", "userdata?", "The object itself while it has an event."),
        field("mine", "integer", "1 when the script made the event, else 0."),
        field("serialized_string", "string?", "What `serialize` answered last."),
    ],
    summary: "An event: made by the script, or given to it.",
};
