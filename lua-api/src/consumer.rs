//! `freeswitch.EventConsumer`: events of the server, queued for the script.

use crate::function::{
    Class,
    Kind::{ConstText, Int},
    field, may, need, row,
};

/// A queue of events.
pub(crate) const EVENT_CONSUMER: Class = Class {
    name: "EventConsumer",
    c_type: "EventConsumer *",
    constructor: Some(
        row(
            &["EventConsumer"],
            "EventConsumer::EventConsumer",
            &[
                may("event_name", ConstText, "nil"),
                may("subclass", ConstText, "\"\""),
                may("length", Int, "5000"),
            ],
            "freeswitch.EventConsumer",
            "A queue of at most so many events, bound to those of that name.",
        )
        .permission("consume"),
    ),
    methods: &[
        row(
            &["bind"],
            "EventConsumer::bind",
            &[need("event_name", ConstText), may("subclass", ConstText, "\"\"")],
            "integer",
            "Adds the events of a name, or `all`: 1, or 0 for an unknown name.",
        )
        .permission("consume"),
        row(
            &["pop"],
            "EventConsumer::pop",
            &[may("block", Int, "0"), may("timeout", Int, "0")],
            "freeswitch.Event?",
            "The oldest event; nil when there is none, with `block` 1 not before the time (ms; 0: ever).",
        )
        .waits(),
        row(
            &["cleanup"],
            "EventConsumer::cleanup",
            &[],
            "",
            "Unbinds and forgets what is queued.",
        ),
    ],
    fields: &[
        field("events", "userdata?", "The object itself while it is bound."),
        field("e_event_id", "string?", "The name of the event bound last."),
        field("e_subclass_name", "string?", "The subclass bound last."),
        field("e_callback", "string?", "Always nil, as in FreeSWITCH."),
        field("e_cb_arg", "string?", "Always nil, as in FreeSWITCH."),
        field("enodes", "userdata?", "Always nil: what FreeSWITCH binds in C."),
        field("node_index", "integer", "How many names are bound."),
    ],
    summary: "Events of the server, queued for the script.",
};
