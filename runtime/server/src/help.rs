//! `ringfence help` and `--version`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use clap::CommandFactory as _;
use ringfence_sim::Tables;
use ringfence_switch::documentation;

use crate::arguments::{self, Arguments};
use crate::exit::Exit;
use crate::print;

/// What `--version` prints behind the program's name.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let lua: Vec<_> = ringfence_host::LUA_VERSIONS.iter().map(ToString::to_string).collect();
    format!(
        "{}\nwasmtime {}\nLua {} (default {})",
        env!("CARGO_PKG_VERSION"),
        env!("WASMTIME_VERSION"),
        lua.join(", "),
        ringfence_host::LuaVersion::default(),
    )
});

/// The press language, for `help press`.
const PRESS: &str = "\
What the caller presses, and when (--press), from the moment the call is answered:

  keys     0-9 * # A-D          12#     three keys, 100 ms each, 100 ms apart
  pause    <number>ms or s      500ms   2s   1.5s
  hangup                        hangs up

Words are separated by blanks. Without a pause in front, the first key comes 500 ms after the
answer. Example:

  --press \"2s 1 500ms 42# 3s hangup\"
";

pub(crate) fn run(arguments: &arguments::Help) -> Exit {
    match arguments.topic.as_deref().map(text).unwrap_or_else(|| Some(overview())) {
        Some(text) => {
            print::line(text.trim_end());
            Exit::Ok
        }
        None => {
            let topic = arguments.topic.as_deref().unwrap_or_default();
            print::error(format_args!(
                "there is no help on '{topic}'. Topics: the commands of this program (ringfence \
                 help), applications, commands, press, exit-codes, and the name of an application \
                 or API command."
            ));
            Exit::Usage
        }
    }
}

fn overview() -> String {
    let help = Arguments::command().render_help();
    format!(
        "{help}\n\nMore: ringfence help COMMAND\n      ringfence help applications | commands | \
         press | exit-codes\n      ringfence help NAME   (an application or API command)"
    )
}

/// The help on a topic, if there is one.
fn text(topic: &str) -> Option<String> {
    match topic {
        "applications" => Some(applications()),
        "commands" => Some(commands()),
        "exit-codes" => Some(exit_codes()),
        "press" => Some(PRESS.to_owned()),
        _ => command_line(topic).or_else(|| entry(topic)),
    }
}

/// The long help of one of this program's commands.
fn command_line(name: &str) -> Option<String> {
    let mut all = Arguments::command();
    // Gives the commands their full names for the usage line.
    all.build();
    all.find_subcommand_mut(name).map(|command| command.render_long_help().to_string())
}

fn exit_codes() -> String {
    Exit::TABLE.iter().map(|(exit, text)| format!("{}  {text}\n", *exit as u8)).collect()
}

/// One line for each application.
fn applications() -> String {
    let entries = tables().applications.into_iter();
    list(entries.map(|(entry, _)| (entry.name, entry.syntax, entry.short)))
}

/// One line for each API command.
fn commands() -> String {
    let entries = tables().commands.into_iter();
    list(entries.map(|(entry, _)| (entry.name, entry.syntax, entry.short)))
}

/// The manual of an application, of an API command, or of both when they share the name.
fn entry(name: &str) -> Option<String> {
    let tables = tables();
    let application = tables.applications.iter().find(|(entry, _)| entry.name == name);
    let command = tables.commands.iter().find(|(entry, _)| entry.name == name);
    let manuals = [
        application.map(|(entry, _)| ("Dialplan application", documentation::application(entry))),
        command.map(|(entry, _)| ("API command", documentation::command(entry))),
    ];
    let text: Vec<_> =
        manuals.into_iter().flatten().map(|(kind, text)| format!("{kind}\n\n{text}")).collect();
    (!text.is_empty()).then(|| text.join("\n"))
}

/// The names of all applications.
pub(crate) fn application_names() -> BTreeSet<&'static str> {
    tables().applications.iter().map(|(entry, _)| entry.name).collect()
}

/// Without its tables the program cannot explain them; what keeps it from making them is told.
fn tables() -> Tables {
    ringfence_sim::tables(&ringfence_switch::config::cache()).unwrap_or_else(|error| {
        print::error(error);
        Tables::default()
    })
}

/// Names with their syntax, and what they do, below.
fn list(entries: impl Iterator<Item = (&'static str, &'static str, &'static str)>) -> String {
    entries
        .map(|(name, syntax, short)| {
            let syntax = syntax.trim();
            let blank = if syntax.is_empty() { "" } else { " " };
            format!("{name}{blank}{syntax}\n    {short}\n")
        })
        .collect()
}
