//! The functions and constants of the table `freeswitch`.

use crate::function::{
    Function,
    Kind::{ConstText, Int, Pointer, SessionGiven, Text, Unsigned},
    Parameter, may, need, row,
};

/// Flags of a session in FreeSWITCH's C; scripts only compare them.
pub const CONSTANTS: &[(&str, i64)] = &[("S_HUP", 1), ("S_FREE", 2), ("S_RDLOCK", 4)];

/// What `consoleLog2` takes, of a call and without one.
pub(crate) const PLACED: &[Parameter] = &[
    need("level", Text),
    need("file", Text),
    need("func", Text),
    need("line", Int),
    need("message", Text),
];

/// All functions, as `freeswitch.<name>`.
pub const FUNCTIONS: &[Function] = &[
    row(
        &["consoleLog", "console_log"],
        "consoleLog",
        &[need("level", Text), need("message", Text)],
        "",
        "Writes a line to the log; a level that is not known is `debug`.",
    ),
    row(
        &["consoleLog2", "console_log2"],
        "consoleLog2",
        PLACED,
        "",
        "Writes a line to the log, with a place that the script names.",
    ),
    row(
        &["consoleCleanLog", "console_clean_log"],
        "consoleCleanLog",
        &[need("message", Text)],
        "",
        "Writes a line of level `debug` to the log.",
    ),
    row(
        &["getGlobalVariable"],
        "getGlobalVariable",
        &[need("name", Text)],
        "string?",
        "A variable of the whole server.",
    ),
    row(
        &["setGlobalVariable"],
        "setGlobalVariable",
        &[need("name", Text), need("value", Text)],
        "",
        "Sets a variable of the whole server; nil and the empty string remove it.",
    )
    .permission("global-variable"),
    row(
        &["msleep"],
        "switch_msleep",
        &[need("ms", Unsigned)],
        "",
        "Lets milliseconds pass; a hangup does not end it, and no callback runs.",
    )
    .waits(),
    row(
        &["running"],
        "running",
        &[],
        "boolean",
        "True: a script that runs runs on a server that runs.",
    ),
    row(
        &["bridge"],
        "bridge",
        &[need("a", SessionGiven), need("b", SessionGiven)],
        "",
        "Connects two calls until one of them ends, and runs the input callback of each with its keys; what it \
         returns ends the bridge, unless it is nothing, `true` or `undefined`.",
    )
    .permission("application")
    .waits()
    .differs("A key has reached the other call when the callback is told of it."),
    row(
        &["email"],
        "email",
        &[
            need("to", Text),
            need("from", Text),
            may("headers", Text, "nil"),
            may("body", Text, "nil"),
            may("file", Text, "nil"),
            may("convert_cmd", Text, "nil"),
            may("convert_ext", Text, "nil"),
        ],
        "boolean",
        "Sends a mail through the configured mailer.",
    )
    .permission("email")
    .waits(),
    row(
        &["hanguphook"],
        "hanguphook",
        &[need("session", Pointer)],
        "nil",
        "Part of FreeSWITCH's C; takes a C pointer, which scripts do not have.",
    ),
    row(
        &["dtmf_callback"],
        "dtmf_callback",
        &[
            need("session", Pointer),
            need("input", Pointer),
            need("type", ConstText),
            need("buffer", Pointer),
            need("length", Unsigned),
        ],
        "nil",
        "Part of FreeSWITCH's C; takes C pointers, which scripts do not have.",
    ),
];
