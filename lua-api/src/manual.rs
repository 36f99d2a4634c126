//! The table for readers: docs/lua-api.md.

use std::fmt::Write as _;

use crate::{CLASSES, CONSTANTS, Class, FUNCTIONS, Function, Gone};

/// The manual.
#[must_use]
pub fn manual() -> String {
    let mut out = String::from(
        "# The Lua surface\n\n<!-- Made from the table in lua-api/; `UPDATE_DOCS=1 cargo test -p \
         ringfence-lua-api` writes it. -->\n\nEvery class, method, function and constant of the table \
         `freeswitch`. How scripts are run, what else they have, and which libraries they may require: \
         [lua.md](lua.md). For editors: `ringfence stubs DIR`.\n\n\
         * Types are checked as FreeSWITCH's wrapper does, with its messages. Where `string` stands a number \
         is taken, too, and where `nil` is taken it reads as nothing.\n\
         * **waits**: the script may wait in it, and costs no thread meanwhile. A hangup ends the wait, but \
         for what has nothing to do with the call.\n\
         * **permission**: what the script's profile must grant ([sandbox.md](sandbox.md#permissions)); \
         without it the call is an error.\n\
         * **after `destroy`**: what a method of a session answers when its object has no call.\n\n",
    );
    coverage(&mut out);
    for class in CLASSES {
        describe(&mut out, class);
    }
    out.push_str("\n## Functions\n\n");
    head(&mut out, false);
    for row in FUNCTIONS {
        entry(&mut out, row, "freeswitch.", false);
    }
    out.push_str("\n## Constants\n\n");
    let constants: Vec<String> =
        CONSTANTS.iter().map(|(name, value)| format!("`freeswitch.{name}` = {value}")).collect();
    line(&mut out, format_args!("{}.", constants.join(", ")));
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

/// How many names there are of those that FreeSWITCH has, and how many besides.
fn coverage(out: &mut String) {
    let names = |rows: &[Function], ours: bool| -> usize {
        rows.iter().filter(|row| row.ours == ours).map(|row| row.names.len()).sum()
    };
    out.push_str(
        "## Coverage\n\nNames of FreeSWITCH 1.11's wrapper that are there, and additions. `lua.jsonl` in \
         tests/corpus holds what FreeSWITCH answered to each with normal and with wrong arguments; what \
         differs is in [compatibility.md](compatibility.md#lua).\n\n| | of FreeSWITCH | differ on purpose | \
         additions |\n|---|---|---|---|\n",
    );
    let mut row = |what: &str, rows: &[Function]| {
        let differ = rows.iter().filter(|row| !row.ours && !row.differs.is_empty()).count();
        let (theirs, ours) = (names(rows, false), names(rows, true));
        line(out, format_args!("| {what} | {theirs} | {differ} | {ours} |"));
    };
    for class in CLASSES {
        row(&format!("methods of `{}`", class.name), class.methods);
    }
    row("functions", FUNCTIONS);
    line(out, format_args!("| constants | {} | 0 | 0 |", CONSTANTS.len()));
    line(out, format_args!("| classes | {} | 0 | 0 |", CLASSES.len()));
}

fn describe(out: &mut String, class: &Class) {
    line(out, format_args!("\n## freeswitch.{}\n\n{}\n", class.name, class.summary));
    let session = class.methods.iter().any(|row| row.gone != Gone::Nothing);
    if class.constructor.is_some() || !class.methods.is_empty() {
        head(out, session);
    }
    if let Some(row) = &class.constructor {
        entry(out, row, "freeswitch.", session);
    }
    for row in class.methods {
        entry(out, row, ":", session);
    }
    if !class.fields.is_empty() {
        out.push_str("\n| field | type | |\n|---|---|---|\n");
        for field in class.fields {
            line(
                out,
                format_args!("| `{}` | {} | {} |", field.name, cell(field.lua_type), field.summary),
            );
        }
    }
}

fn head(out: &mut String, gone: bool) {
    let (title, rule) = if gone { (" after `destroy` |", "---|") } else { ("", "") };
    line(
        out,
        format_args!(
            "| name | returns |{title} | differs from FreeSWITCH |\n|---|---|{rule}---|---|"
        ),
    );
}

fn entry(out: &mut String, row: &Function, prefix: &str, gone: bool) {
    let optional = |default: Option<&str>| match default {
        Some("nil") => "?".to_owned(),
        Some(default) => format!(" = {default}"),
        None => String::new(),
    };
    let parameters: Vec<String> = row
        .parameters
        .iter()
        .map(|parameter| format!("{}{}", parameter.name, optional(parameter.default)))
        .collect();
    let names: Vec<String> = row
        .names
        .iter()
        .map(|name| format!("`{prefix}{name}({})`", parameters.join(", ")))
        .collect();
    let returns = if row.returns.is_empty() { "–".to_owned() } else { cell(row.returns) };
    let after = match (gone, row.gone) {
        (false, _) => String::new(),
        (true, Gone::Nothing) => " – |".to_owned(),
        (true, Gone::Nil) => " nil |".to_owned(),
        (true, Gone::Int(number)) => format!(" {number} |"),
        (true, Gone::False) => " false |".to_owned(),
        (true, Gone::Text(text)) => format!(" `\"{text}\"` |"),
        (true, Gone::Works) => " the same |".to_owned(),
    };
    let mut summary = cell(row.summary);
    if row.ours {
        summary.push_str(" *Addition.*");
    }
    if row.waits {
        summary.push_str(" **waits**");
    }
    if !row.permission.is_empty() {
        summary.push_str(&format!(" **permission** `{}`", row.permission));
    }
    line(
        out,
        format_args!(
            "| {} | {returns} |{after} {summary} | {} |",
            names.join("<br>"),
            cell(row.differs)
        ),
    );
}

/// A text within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
