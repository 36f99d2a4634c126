//! `sql_escape`: a text within the quotes of SQL.

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "sql_escape",
    syntax: "<string>",
    short: "Escapes a text for SQL",
    long: "Doubles every single quote.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    arguments.replace('\'', "''")
}
