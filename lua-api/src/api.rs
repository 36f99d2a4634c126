//! `freeswitch.API`: commands, as on the console.

use crate::function::{
    Class,
    Kind::{ConstText, Session},
    may, need, row,
};

/// Commands.
pub(crate) const API: Class = Class {
    name: "API",
    c_type: "API *",
    constructor: Some(row(
        &["API"],
        "API::API",
        &[may("session", Session, "nil")],
        "freeswitch.API",
        "Commands, as on the console; with a session they work for that call.",
    )),
    methods: &[
        row(
            &["execute"],
            "API::execute",
            &[need("command", ConstText), may("arguments", ConstText, "nil")],
            "string",
            "Runs a command and answers its output; `INVALID COMMAND!` and a newline for an unknown one.",
        )
        .permission("api")
        .waits(),
        row(
            &["executeString"],
            "API::executeString",
            &[need("line", ConstText)],
            "string",
            "Runs a command with its arguments in one string.",
        )
        .permission("api")
        .waits(),
        row(&["getTime"], "API::getTime", &[], "string", "Milliseconds since 1970."),
    ],
    fields: &[],
    summary: "Commands, as on the console.",
};
