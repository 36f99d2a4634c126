//! `show`: lists of what there is, as text, JSON or XML.

mod calls;
mod table;

use super::{Command, CommandContext};
use crate::switch::Switch;
use table::{Format, Table};

const SYNTAX: &str = "codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like \
                      <match string>]|calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|\
                      complete|chat|management|modules|nat_map|say|interfaces|interface_types|tasks|\
                      limits|status";

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "show",
        SYNTAX,
        "Show various reports",
        "Prints a list: `channels`, `calls`, `application [name]`, `api [name]`, `modules`, `codec`, \
         `chat`, `endpoint`, `dialplan`, `say`, `speech`, `tasks`, `aliases`. `calls` has one row for two legs that \
         are bridged, `bridged_calls` no other rows, `detailed_calls` and `detailed_bridged_calls` more \
         columns. `channels like <text>` chooses rows in which the text stands, `count` prints only how many there are. `as json`, \
         `as xml` and `as delim <character>` at the end choose the format. Lists that FreeSWITCH has \
         and Ringfence does not are answered with the usage.",
        show,
    )]
}

async fn show(context: CommandContext, text: String) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (words, format) = match words.iter().position(|word| word.eq_ignore_ascii_case("as")) {
        None => (words.as_slice(), Format::Text(',')),
        Some(at) => {
            let (before, after) = words.split_at(at);
            match Format::parse(after.get(1..).unwrap_or_default()) {
                Ok(format) => (before, format),
                Err(unknown) => return format!("-ERR Cannot find format {unknown}\n"),
            }
        }
    };
    let what = words.first().copied().unwrap_or_default().to_ascii_lowercase();
    // One asks for one's `applications` as well as for an `application`.
    let what = match what.strip_suffix('s') {
        Some(one @ ("application" | "api" | "codec" | "endpoint" | "dialplan")) => one,
        _ => what.as_str(),
    };
    let Some(mut table) = list(&context, what, words.get(1).copied()) else {
        return Command::usage(SYNTAX);
    };
    match (words.get(1), words.get(2)) {
        (Some(word), Some(part)) if word.eq_ignore_ascii_case("like") => table.keep(part),
        (Some(word), _) if word.eq_ignore_ascii_case("count") => return table.count(format),
        _ => {}
    }
    table.print(format)
}

/// The list of that name; `name` chooses an entry of the tables.
fn list(context: &CommandContext, what: &str, name: Option<&str>) -> Option<Table> {
    let switch = &context.switch;
    Some(match what {
        "channels" | "distinct_channels" => calls::channels(switch),
        "calls" => calls::calls(switch, false, false),
        "detailed_calls" => calls::calls(switch, true, false),
        "bridged_calls" => calls::calls(switch, false, true),
        "detailed_bridged_calls" => calls::calls(switch, true, true),
        "aliases" => {
            let mut table = Table::new(&["sticky", "alias", "command", "hostname"]);
            for (alias, command) in switch.aliases().all() {
                let hostname = switch.events().core().hostname.clone();
                table.row(["0".to_owned(), alias, command, hostname]);
            }
            table
        }
        // There are none here.
        "registrations" | "interface_types" | "nat_map" => Table::new(&["name"]),
        "tasks" => {
            let mut table = Table::new(&[
                "task_id",
                "task_desc",
                "task_group",
                "task_runtime",
                "task_sql_manager",
                "hostname",
            ]);
            for (id, label, epoch) in switch.tasks() {
                let hostname = switch.events().core().hostname.clone();
                let (id, epoch) = (id.to_string(), epoch.to_string());
                table.row([id, label.what.into(), label.group, epoch, "0".into(), hostname]);
            }
            table
        }
        "application" => {
            let mut table = Table::new(&["name", "description", "syntax", "ikey"]);
            for (entry, module) in switch.applications() {
                table.entry(name, entry.name, [entry.short, entry.syntax, module]);
            }
            table
        }
        "api" => {
            let mut table = Table::new(&["name", "description", "syntax", "ikey"]);
            for (entry, module) in switch.commands() {
                table.entry(name, entry.name, [entry.short, entry.syntax, module]);
            }
            table
        }
        "modules" => modules(switch, name),
        "chat" | "codec" | "endpoint" | "dialplan" | "say" | "speech" => {
            let mut table = Table::new(&["type", "name", "ikey"]);
            for interface in switch.interfaces().into_iter().filter(|[kind, ..]| *kind == what) {
                table.row(interface.map(str::to_owned));
            }
            table
        }
        _ => return None,
    })
}

/// Every loaded module with what it brings, by type and name; `asked` chooses a module.
fn modules(switch: &Switch, asked: Option<&str>) -> Table {
    let mut rows = switch.interfaces();
    rows.extend(switch.commands().iter().map(|(command, module)| ["api", command.name, *module]));
    let applications = switch.applications();
    rows.extend(applications.iter().map(|(entry, module)| ["application", entry.name, *module]));
    rows.sort_unstable();
    // All of them are in the one file that runs.
    let file = std::env::current_exe().unwrap_or_default().to_string_lossy().into_owned();
    let mut table = Table::new(&["type", "name", "ikey", "filename"]);
    for row in rows.into_iter().filter(|[.., module]| asked.is_none_or(|asked| asked == *module)) {
        table.row(row.into_iter().chain([file.as_str()]).map(str::to_owned));
    }
    table
}
