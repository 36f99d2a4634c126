//! `global_getvar`: a global variable, or all.

use super::{Command, CommandContext};

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "global_getvar",
        "<var>",
        "Reads a global variable",
        "Answers its value, nothing when there is none. Without a name, all as `name=value` lines.",
        global_getvar,
    )]
}

async fn global_getvar(context: CommandContext, name: String) -> String {
    let globals = context.switch.variables();
    if name.is_empty() {
        let all = globals.all();
        return all.iter().map(|(name, value)| format!("{name}={}\n", value.text())).collect();
    }
    globals.text(&name).unwrap_or_default()
}
