//! The console's own commands, which begin with `/`: one table.

/// What a command does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    /// Ends the console.
    Quit,
    /// Prints the table.
    Help,
    /// Is sent to the event socket as it is, without the `/`.
    Send,
    /// Shows only lines of the log in which the text stands.
    LogFilter,
    /// Shows only lines of the log of one call.
    Uuid,
}

/// A command of the console.
#[derive(Debug)]
pub(crate) struct Slash {
    pub(crate) name: &'static str,
    pub(crate) syntax: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) action: Action,
}

const fn slash(
    name: &'static str,
    syntax: &'static str,
    doc: &'static str,
    action: Action,
) -> Slash {
    Slash { name, syntax, doc, action }
}

/// All of them. `fs_cli` has the same names.
pub(crate) const TABLE: &[Slash] = &[
    slash("event", "[plain|json|xml] <names>|all", "Show these events, too", Action::Send),
    slash("nixevent", "<names>", "No longer show these events", Action::Send),
    slash("noevents", "", "Show no events", Action::Send),
    slash("filter", "[delete] <header> <value>", "Show only events with that header", Action::Send),
    slash(
        "resume",
        "events from <number>",
        "Show the events since that Event-Sequence",
        Action::Send,
    ),
    slash("log", "[<level>]", "Show the log, up to that level", Action::Send),
    slash("nolog", "", "Show no log", Action::Send),
    slash(
        "logfilter",
        "[<text>]",
        "Show only lines of the log in which the text stands",
        Action::LogFilter,
    ),
    slash("uuid", "[<uuid>]", "Show only lines of the log of that call", Action::Uuid),
    slash("help", "", "Print this list", Action::Help),
    slash("quit", "", "End the console; also /exit, /bye, Ctrl-D", Action::Quit),
    slash("exit", "", "The same", Action::Quit),
    slash("bye", "", "The same", Action::Quit),
];

/// The command of a line behind its `/`, and its arguments. The beginning of a name is enough when no
/// other begins so.
pub(crate) fn find(line: &str) -> Option<(&'static Slash, &str)> {
    let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
    let name = name.to_ascii_lowercase();
    let whole = TABLE.iter().find(|slash| slash.name == name);
    let mut begun = TABLE.iter().filter(|slash| !name.is_empty() && slash.name.starts_with(&name));
    let slash = whole.or_else(|| match (begun.next(), begun.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    })?;
    Some((slash, arguments.trim()))
}

/// The table for people.
pub(crate) fn help() -> String {
    let lines = TABLE.iter().map(|slash| {
        let command = format!("/{} {}", slash.name, slash.syntax);
        format!("{command:<42} {}\n", slash.doc)
    });
    let own: String = lines.collect();
    format!("{own}Everything else is a command of the server; `help` lists those. TAB completes.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_enough_when_it_is_the_only_one() {
        let name = |line| find(line).map(|(slash, rest)| (slash.name, rest));
        assert_eq!(name("event plain  all "), Some(("event", "plain  all")));
        assert_eq!(name("LOG 7"), Some(("log", "7")));
        assert_eq!(name("q"), Some(("quit", "")));
        for unknown in ["no", "e", "nosuch", ""] {
            assert_eq!(name(unknown), None, "{unknown}");
        }
        for slash in TABLE {
            assert!(help().contains(slash.name));
        }
    }
}
