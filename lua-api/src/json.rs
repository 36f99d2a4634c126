//! `freeswitch.JSON`.

use crate::function::{
    Class,
    Kind::{Any, Flag, Table, Text},
    need, row,
};

/// The forms of both `execute`.
const EXECUTE: &[&str] = &["LUA::JSON::execute(char const *)", "LUA::JSON::execute(SWIGLUA_TABLE)"];
const EXECUTE_2: &[&str] =
    &["LUA::JSON::execute2(char const *)", "LUA::JSON::execute2(SWIGLUA_TABLE)"];

/// JSON.
pub(crate) const JSON: Class = Class {
    name: "JSON",
    c_type: "LUA::JSON *",
    constructor: Some(row(
        &["JSON"],
        "LUA::JSON::JSON",
        &[],
        "freeswitch.JSON",
        "A reader and writer of JSON.",
    )),
    methods: &[
        row(
            &["decode"],
            "LUA::JSON::decode",
            &[need("text", Text)],
            "any",
            "The value of a JSON text; nil when it is none.",
        )
        .differs(
            "A text that is a number, string or boolean reads as that, and arrays in arrays are kept; \
             FreeSWITCH makes empty tables of the first and drops the second.",
        ),
        row(
            &["encode"],
            "LUA::JSON::encode",
            &[need("value", Table)],
            "string",
            "A table as JSON: as an array when its first key is 1.",
        ),
        row(
            &["execute"],
            "LUA::JSON::execute",
            &[need("request", Any)],
            "table?",
            "Runs a command of the JSON API, from a text or a table, and answers its table, nil when it fails: \
             `{command = \"fsapi\", data = {cmd = \"status\", arg = \"\"}}` runs an API command, others are \
             those of the command `json`.",
        )
        .forms("JSON_execute", 1, EXECUTE)
        .permission("api")
        .waits(),
        row(
            &["execute2"],
            "LUA::JSON::execute2",
            &[need("request", Any)],
            "string",
            "The same, answered as text.",
        )
        .forms("JSON_execute2", 1, EXECUTE_2)
        .permission("api")
        .waits(),
        row(
            &["encode_empty_table_as_object"],
            "LUA::JSON::encode_empty_table_as_object",
            &[need("as_object", Flag)],
            "",
            "Whether an empty table is written as `{}`, which it is at first, or as `[]`.",
        ),
        row(
            &["return_unformatted_json"],
            "LUA::JSON::return_unformatted_json",
            &[need("unformatted", Flag)],
            "",
            "Whether JSON is written without line breaks and indents.",
        ),
    ],
    fields: &[],
    summary: "JSON, and the commands of the JSON API.",
};
