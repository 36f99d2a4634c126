//! The manual of applications and commands, made from their table entries.
//!
//! `help <name>`, docs/applications.md and docs/commands.md print the same text; `ringfence help
//! applications` lists from the same tables.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::application::Application;
use crate::command::Command;

/// One application as Markdown.
#[must_use]
pub fn application(application: &Application) -> String {
    let flags = application.flags;
    let mut notes = Vec::new();
    if flags.nomedia {
        notes.push("needs no media");
    } else {
        notes.push("opens early media when the call has none");
    }
    if flags.routing_exec {
        notes.push("may be inline");
    }
    if flags.zombie_exec {
        notes.push("runs after hangup too");
    }
    entry(application.name, application.syntax, application.short, application.long, &notes)
}

/// One command as Markdown.
#[must_use]
pub fn command(command: &Command) -> String {
    entry(command.name, command.syntax, command.short, command.long, &[])
}

/// All applications as Markdown, by module.
#[must_use]
pub fn applications(all: &[(Arc<Application>, &'static str)]) -> String {
    by_module("Applications", all, application)
}

/// All commands as Markdown, by module.
#[must_use]
pub fn commands(all: &[(Arc<Command>, &'static str)]) -> String {
    by_module("Commands", all, command)
}

fn by_module<T>(
    title: &str,
    all: &[(Arc<T>, &'static str)],
    render: impl Fn(&T) -> String,
) -> String {
    let mut modules: Vec<&str> = all.iter().map(|(_, module)| *module).collect();
    modules.sort_unstable();
    modules.dedup();
    let mut text = format!("# {title}\n\nMade from the tables in the source; do not edit.\n");
    for module in modules {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {module}\n");
        for (item, _) in all.iter().filter(|(_, of)| *of == module) {
            let _ = write!(text, "\n{}", render(item));
        }
    }
    text
}

fn entry(name: &str, syntax: &str, short: &str, long: &str, notes: &[&str]) -> String {
    let syntax = syntax.trim();
    let usage = if syntax.is_empty() { name.to_owned() } else { format!("{name} {syntax}") };
    let mut text = format!("### {name}\n\n`{usage}`\n\n{short}. {long}\n");
    if !notes.is_empty() {
        let mut notes = notes.join(", ");
        if let Some(first) = notes.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let _ = write!(text, "\n*{notes}.*\n");
    }
    text
}
