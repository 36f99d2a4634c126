//! `help`.

use super::{Command, CommandContext};
use crate::documentation;

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "help",
        "[<command>|<application>]",
        "Show help for all the api commands",
        "Prints all commands, a line each: name, syntax, description, module. With a name, prints the \
         manual of that command or application.",
        help,
    )]
}

async fn help(context: CommandContext, name: String) -> String {
    let switch = &context.switch;
    if name.is_empty() {
        let mut text = String::from("\nValid Commands:\n\n");
        for (command, module) in switch.commands() {
            text.push_str(&format!(
                "{},{},{},{module}\n",
                command.name, command.syntax, command.short
            ));
        }
        return text;
    }
    let mut text = String::new();
    if let Some(command) = switch.find_command(&name) {
        text.push_str(&documentation::command(&command));
    }
    if let Some(application) = switch.application(&name) {
        text.push_str(&documentation::application(&application));
    }
    if text.is_empty() { format!("-ERR no command or application {name:?}\n") } else { text }
}
