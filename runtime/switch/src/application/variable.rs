//! `set`, `unset`, `export`, `multiset` and their relatives.

use crate::application::{Application, Flags};
use crate::authority;
use crate::command::split::arguments_by;
use crate::operation::Failure;
use crate::session::Session;
use crate::variable::Refused;

/// What a script writes to unset a variable with `set`.
const UNDEFINED: &str = "_undef_";

/// Variables that one `multiset` sets at most.
const MAX_ASSIGNMENTS: usize = 1_000;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "set",
            "<varname>=<value>",
            "Set a channel variable",
            "Sets a variable of this call. Without a value (or with `_undef_`) it is unset. \
             `name[2]=x` sets an element of a list.",
            Flags::ANY,
            async |session: Session, data: String| assign(&session, &data),
        ),
        Application::new(
            "unset",
            "<varname>",
            "Unset a channel variable",
            "Removes a variable of this call.",
            Flags::ANY,
            async |session: Session, data: String| set(&session, data.trim(), None),
        ),
        Application::new(
            "export",
            "<varname>=<value>",
            "Export a channel variable across a bridge",
            "As `set`, and the variable is listed in `export_vars`, so that legs made for this call \
             get it too; `nolocal:name=value` is for them only.",
            Flags::ANY,
            async |session: Session, data: String| export(&session, &data, "export_vars"),
        ),
        Application::new(
            "bridge_export",
            "<varname>=<value>",
            "Export a channel variable across a bridge",
            "As `export`, with the list `bridge_export_vars`.",
            Flags::ANY,
            async |session: Session, data: String| export(&session, &data, "bridge_export_vars"),
        ),
        Application::new(
            "multiset",
            "[^^<delim>]<varname>=<value> <var2>=<val2>",
            "Set many channel variables",
            "Sets several variables, separated by blanks or by the character after `^^`.",
            Flags::ANY,
            async |session: Session, data: String| each(&data, |pair| assign(&session, pair)),
        ),
        Application::new(
            "multiunset",
            "[^^<delim>]<varname> <var2> <var3>",
            "Unset many channel variables",
            "Removes several variables, separated by blanks or by the character after `^^`.",
            Flags::ANY,
            async |session: Session, data: String| each(&data, |name| set(&session, name, None)),
        ),
        Application::new(
            "push",
            "<varname>=<value>",
            "Set a channel variable",
            "Appends an element to a list variable.",
            Flags::ANY,
            async |session: Session, data: String| grow(&session, &data, true),
        ),
        Application::new(
            "unshift",
            "<varname>=<value>",
            "Set a channel variable",
            "Puts an element in front of a list variable.",
            Flags::ANY,
            async |session: Session, data: String| grow(&session, &data, false),
        ),
        Application::new(
            "set_global",
            "<varname>=<value>",
            "Set a global variable",
            "Sets a variable of the whole server.",
            Flags::ANY,
            set_global,
        ),
        Application::new(
            "set_profile_var",
            "<varname>=<value>",
            "Set a caller profile variable",
            "Sets a field of the caller profile, as `caller_id_number`.",
            Flags::ANY,
            set_profile_var,
        ),
        Application::new(
            "eval",
            "",
            "Do Nothing",
            "Does nothing with its data, which was expanded: `${api(arguments)}` in it has run.",
            Flags::ANY,
            async |_: Session, _: String| Ok(()),
        ),
    ]
}

fn set(session: &Session, name: &str, value: Option<&str>) -> Result<(), Failure> {
    session.set_variable(name, value).map_err(invalid)
}

fn invalid(refused: Refused) -> Failure {
    Failure::Invalid(refused.to_string())
}

/// `name=value`; no value unsets.
fn pair(data: &str) -> (&str, Option<&str>) {
    match data.split_once('=') {
        Some((name, value)) if value.is_empty() || value == UNDEFINED => (name, None),
        Some((name, value)) => (name, Some(value)),
        None => (data, None),
    }
}

fn assign(session: &Session, data: &str) -> Result<(), Failure> {
    let (name, value) = pair(data);
    set(session, name, value)
}

fn export(session: &Session, data: &str, list: &str) -> Result<(), Failure> {
    let (name, value) = pair(data);
    // With `nolocal:` it is a variable of that very name, which nobody here asks for.
    set(session, name, value)?;
    let names = session.own_variable(list).unwrap_or_default();
    // FreeSWITCH lists a name as often as it was exported; a loop would grow the list for ever.
    if value.is_some() && !names.split(',').any(|known| known == name) {
        let names = if names.is_empty() { name.to_owned() } else { format!("{names},{name}") };
        set(session, list, Some(&names))?;
    }
    Ok(())
}

/// Does the same for each of many; the first failure is told, the others are still done.
fn each(data: &str, mut act: impl FnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut result = Ok(());
    for item in arguments_by(data, ' ', MAX_ASSIGNMENTS) {
        let done = act(&item);
        result = result.and(done);
    }
    result
}

fn grow(session: &Session, data: &str, at_end: bool) -> Result<(), Failure> {
    let (name, value) = pair(data);
    let value = value.unwrap_or_default();
    let left = authority::variable(name, value)?;
    let mut shared = session.0.shared.lock();
    shared.left = left.or(shared.left.take());
    let grown = if at_end {
        shared.variables.push(name, value)
    } else {
        shared.variables.unshift(name, value)
    };
    grown.map_err(invalid)
}

async fn set_global(session: Session, data: String) -> Result<(), Failure> {
    let (name, value) = pair(&data);
    session.switch().variables().set(name, value).map_err(invalid)
}

async fn set_profile_var(session: Session, data: String) -> Result<(), Failure> {
    let (name, value) = pair(&data);
    authority::expandable(&data)?;
    if name.eq_ignore_ascii_case("dialplan") {
        authority::dialplan(value.unwrap_or_default())?;
    }
    if session.set_field(name, value.unwrap_or_default()) {
        Ok(())
    } else {
        Err(Failure::Invalid(format!("the caller profile has no field {name:?}")))
    }
}
