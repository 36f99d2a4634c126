//! `alias`: short words for what is typed at a console.

use std::collections::BTreeMap;

use parking_lot::RwLock;

use super::{Command, CommandContext};
use crate::authority;

const SYNTAX: &str = "[add|stickyadd] <alias> <command> | del [<alias>|*]";

/// Aliases of a server.
const MAX_ALIASES: usize = 1_000;
/// What an alias and its command may take together, in bytes.
const MAX_LENGTH: usize = 4_096;

/// The aliases of a server, by their names.
#[derive(Debug, Default)]
pub(crate) struct Aliases(RwLock<BTreeMap<String, String>>);

impl Aliases {
    /// What that command stands for.
    pub(crate) fn expand(&self, name: &str, arguments: &str) -> Option<String> {
        let command = self.0.read().get(name).cloned()?;
        Some(if arguments.is_empty() { command } else { format!("{command} {arguments}") })
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        self.0.read().iter().map(|(name, command)| (name.clone(), command.clone())).collect()
    }

    fn add(&self, name: &str, command: &str) -> Result<(), String> {
        if name.len() + command.len() > MAX_LENGTH {
            return Err(format!("an alias with its command may take {MAX_LENGTH} bytes"));
        }
        let mut aliases = self.0.write();
        if aliases.len() >= MAX_ALIASES && !aliases.contains_key(name) {
            return Err(format!("there are {MAX_ALIASES} aliases already"));
        }
        aliases.insert(name.to_owned(), command.to_owned());
        Ok(())
    }

    fn remove(&self, name: &str) {
        if name == "*" {
            self.0.write().clear();
        } else {
            self.0.write().remove(name);
        }
    }
}

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "alias",
        SYNTAX,
        "Alias",
        "`alias add <alias> <command>` lets consoles (`ringfence console`, `fs_cli`) say the alias for the \
         command; what follows the alias is appended. `alias del <alias>`, or `*` for all, takes it \
         away, `show aliases` lists them. There may be 1,000, of 4,096 bytes each. They are gone with \
         a restart: `stickyadd` is answered `-ERR`. A script needs the permission `api=*` to add one, because \
         others run it with their rights.",
        alias,
    )]
}

async fn alias(context: CommandContext, text: String) -> String {
    let (what, rest) = text.split_once(' ').unwrap_or((&text, ""));
    let (name, command) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
    let aliases = context.switch.aliases();
    match (what, name, command.trim()) {
        ("add", name, command) if !name.is_empty() && !command.is_empty() => {
            let added = authority::command_for_others(name)
                .map_err(|refused| refused.to_string())
                .and_then(|()| aliases.add(name, command));
            match added {
                Ok(()) => "+OK\n".to_owned(),
                Err(why) => format!("-ERR {why}\n"),
            }
        }
        ("stickyadd", name, command) if !name.is_empty() && !command.is_empty() => {
            "-ERR aliases are not kept over a restart: say add\n".to_owned()
        }
        ("del", name, "") if !name.is_empty() => {
            aliases.remove(name);
            "+OK\n".to_owned()
        }
        _ => Command::usage(SYNTAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_stands_for_a_command_with_or_without_arguments() {
        let aliases = Aliases::default();
        aliases.add("st", "status").unwrap();
        aliases.add("sc", "show").unwrap();
        aliases.remove("nosuch");
        assert_eq!(aliases.expand("st", "").as_deref(), Some("status"));
        assert_eq!(aliases.expand("sc", "calls").as_deref(), Some("show calls"));
        assert_eq!(aliases.expand("ST", ""), None);
        aliases.remove("*");
        assert!(aliases.all().is_empty());
    }

    #[test]
    fn aliases_are_bounded() {
        let aliases = Aliases::default();
        for number in 0..MAX_ALIASES {
            aliases.add(&number.to_string(), "status").unwrap();
        }
        assert!(aliases.add("one more", "status").unwrap_err().contains("1000"));
        // One that is there may change.
        aliases.add("7", "version").unwrap();
        assert_eq!(aliases.expand("7", "").as_deref(), Some("version"));
        assert!(aliases.add("7", &"x".repeat(MAX_LENGTH)).unwrap_err().contains("4096"));
    }
}
