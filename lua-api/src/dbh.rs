//! `freeswitch.Dbh`: a database.

use crate::function::{
    Class,
    Kind::{Any, Function, Text},
    may, need, row,
};

/// A database.
pub(crate) const DBH: Class = Class {
    name: "Dbh",
    c_type: "LUA::Dbh *",
    constructor: Some(
        row(
            &["Dbh"],
            "LUA::Dbh::Dbh",
            &[need("dsn", Text), may("user", Text, "nil"), may("password", Text, "nil")],
            "freeswitch.Dbh",
            "A connection from the server's pool: `sqlite://path`, `pgsql://…`, `odbc://dsn:user:pass`, or \
             the bare name of a database of the server.",
        )
        .permission("database")
        .waits(),
    ),
    methods: &[
        row(&["connected"], "LUA::Dbh::connected", &[], "boolean", "Whether there is a connection."),
        row(
            &["query"],
            "LUA::Dbh::query",
            &[need("sql", Text), may("parameters_or_function", Any, "nil"), may("function", Function, "nil")],
            "boolean",
            "Runs a statement; the function gets each row as a table, and stops it with a number other \
             than 0. Values for `?` come in a table before it.",
        )
        .waits()
        .differs("FreeSWITCH has no parameters."),
        row(
            &["query_rows"],
            "LUA::Dbh::query_rows",
            &[need("sql", Text), may("parameters", Any, "nil")],
            "boolean, table[], string?",
            "Runs a statement: whether that worked, the rows as an array, and the error.",
        )
        .waits(),
        row(
            &["affected_rows"],
            "LUA::Dbh::affected_rows",
            &[],
            "integer",
            "How many rows the last statement changed.",
        ),
        row(&["last_error"], "LUA::Dbh::last_error", &[], "string?", "What went wrong last."),
        row(&["clear_error"], "LUA::Dbh::clear_error", &[], "", "Forgets what went wrong last."),
        row(
            &["release"],
            "LUA::Dbh::release",
            &[],
            "boolean",
            "Gives the connection back; true when there was one.",
        ),
        row(
            &["test_reactive"],
            "LUA::Dbh::test_reactive",
            &[need("test", Text), may("drop", Text, "nil"), may("reactive", Text, "nil")],
            "boolean",
            "Runs a statement, and when it fails two others that mend that.",
        )
        .forms(
            "Dbh_test_reactive",
            1,
            &[
                "LUA::Dbh::test_reactive(char *,char *,char *)",
                "LUA::Dbh::test_reactive(char *,char *)",
                "LUA::Dbh::test_reactive(char *)",
            ],
        )
        .waits(),
        row(
            &["load_extension"],
            "LUA::Dbh::load_extension",
            &[need("name", Text)],
            "integer",
            "Loads code into SQLite, which no script may: always 1, which is failure.",
        ),
    ],
    fields: &[],
    summary: "A database, on connections that the server keeps.",
};
