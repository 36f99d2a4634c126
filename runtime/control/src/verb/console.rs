//! A line as it is typed at a console: `api` with the header `console_execute: true`.
//!
//! Several commands stand in it with `;;` between them, and aliases for commands.

use crate::connection::Connection;

/// Commands of one line, and aliases that it takes to find them.
const MAX_COMMANDS: usize = 128;

/// What is done for a line, in order.
#[derive(Debug, Eq, PartialEq)]
enum Step {
    /// An alias, and what it stands for.
    Alias(String, String),
    /// A command as it was typed.
    Command(String),
}

/// What the commands say; none when one of them is not permitted, and then nothing was done.
pub(super) async fn execute(connection: &Connection, line: &str) -> Option<String> {
    let switch = connection.switch();
    let Some(steps) = steps(line, |name, arguments| switch.alias(name, arguments)) else {
        return Some(format!(
            "-ERR more than {MAX_COMMANDS} commands and aliases in a line; does one stand for itself?\n"
        ));
    };
    let permitted = |step: &Step| match step {
        Step::Alias(..) => true,
        Step::Command(command) => connection.may(|rights| rights.api(super::api::split(command).0)),
    };
    if !steps.iter().all(permitted) {
        return None;
    }
    let mut output = String::new();
    for step in steps {
        match step {
            Step::Alias(alias, command) => {
                output.push_str(&format!("\nExpand Alias [{alias}]->[{command}]\n\n"));
            }
            Step::Command(command) => {
                let (name, arguments) = super::api::split(&command);
                match switch.command(name, arguments, connection.session.as_ref()).await {
                    Ok(said) => output.push_str(&said),
                    Err(_) => output.push_str(&format!("-ERR {command} Command not found!\n")),
                }
            }
        }
    }
    Some(output)
}

/// The steps of a line; none when there are too many.
fn steps(line: &str, alias: impl Fn(&str, &str) -> Option<String>) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut waiting = commands(line);
    // The next one is at the end.
    waiting.reverse();
    while let Some(command) = waiting.pop() {
        if steps.len() + waiting.len() >= MAX_COMMANDS {
            return None;
        }
        let (name, arguments) = super::api::split(&command);
        match alias(name, arguments) {
            Some(expanded) => {
                waiting.extend(commands(&expanded).into_iter().rev());
                steps.push(Step::Alias(name.to_owned(), expanded));
            }
            None => steps.push(Step::Command(command)),
        }
    }
    Some(steps)
}

/// A line at its `;;`; what is said to `alias` may have some itself.
fn commands(line: &str) -> Vec<String> {
    let line = line.trim_start();
    if line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("alias")) {
        return vec![line.to_owned()];
    }
    line.split(";;").map(|command| command.trim_start().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Vec<Step>> {
        steps(line, |name, arguments| match name {
            "st" => Some(format!("status {arguments}")),
            "two" => Some("st;;echo b".into()),
            "me" => Some("me;;me".into()),
            _ => None,
        })
    }

    fn command(text: &str) -> Step {
        Step::Command(text.into())
    }

    #[test]
    fn a_line_is_commands_and_aliases() {
        assert_eq!(read("echo a"), Some(vec![command("echo a")]));
        assert_eq!(
            read("echo a;; echo b ;;"),
            Some(vec![command("echo a"), command("echo b "), command("")])
        );
        assert_eq!(
            read("two;;echo c"),
            Some(vec![
                Step::Alias("two".into(), "st;;echo b".into()),
                Step::Alias("st".into(), "status ".into()),
                command("status "),
                command("echo b"),
                command("echo c"),
            ])
        );
        assert_eq!(read("alias add x a;;b"), Some(vec![command("alias add x a;;b")]));
    }

    #[test]
    fn an_alias_for_itself_ends() {
        assert_eq!(read("me"), None);
        assert_eq!(read(&";;".repeat(MAX_COMMANDS)), None);
        assert!(read(&";;".repeat(MAX_COMMANDS - 1)).is_some());
    }
}
