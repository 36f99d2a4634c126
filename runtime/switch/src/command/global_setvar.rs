//! `global_setvar`: sets a global variable.

use super::{Command, CommandContext, split};

const SYNTAX: &str = "<var>=<value> [=<value2>]";

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "global_setvar",
        SYNTAX,
        "Sets a global variable",
        "An empty value removes it. With `=<value2>` it is set only when it is `value2` now. `${` in \
         the value becomes `%{`, so that it is not expanded later.",
        global_setvar,
    )]
}

async fn global_setvar(context: CommandContext, text: String) -> String {
    let Some(assignment) = assignment(&text) else { return Command::usage(SYNTAX) };
    let globals = context.switch.variables();
    let now = globals.text(&assignment.name);
    if assignment.expected.is_none_or(|expected| now.as_deref() == Some(expected.as_str()))
        && let Err(refused) = globals
            .set(&assignment.name, Some(&*assignment.value).filter(|value| !value.is_empty()))
    {
        return format!("-ERR {refused}\n");
    }
    "+OK".to_owned()
}

/// What `global_setvar` is told to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Empty removes it.
    pub value: String,
    /// Only when this is its value.
    pub expected: Option<String>,
}

/// Reads `name=value [=expected]`; none without a name.
#[must_use]
pub fn assignment(text: &str) -> Option<Assignment> {
    let mut parts = split::arguments_by(text, '=', 3).into_iter();
    let name = parts.next().filter(|name| !name.is_empty())?;
    let value = parts.next().unwrap_or_default().replace("${", "%{");
    Some(Assignment { name, value, expected: parts.next() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments() {
        let read = |text| {
            let found = assignment(text)?;
            Some((found.name, found.value, found.expected))
        };
        let some = |name: &str, value: &str, expected: Option<&str>| {
            Some((name.to_owned(), value.to_owned(), expected.map(str::to_owned)))
        };
        assert_eq!(read("a=b"), some("a", "b", None));
        assert_eq!(read("a=b =c"), some("a", "b", Some("c")));
        assert_eq!(read("a=${x}"), some("a", "%{x}", None));
        assert_eq!(read("a"), some("a", "", None));
        assert_eq!(read("=x"), None);
        assert_eq!(read(""), None);
    }
}
