//! `uuid_getvar`, `uuid_setvar`, `uuid_setvar_multi`, `uuid_exists`, `uuid_dump`.

use super::split::arguments;
use super::{Command, CommandContext, NO_CHANNEL};
use crate::channel::data;
use crate::event::{EventName, Format};

const GETVAR: &str = "<uuid> <var>";
const SETVAR: &str = "<uuid> <var> [value]";
const SETVAR_MULTI: &str = "<uuid> <var>=<value>;<var>=<value>...";
const DUMP: &str = "<uuid> [format]";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "uuid_getvar",
            GETVAR,
            "Get a variable from a channel",
            "Prints the channel variable, caller-profile field or global variable of that name, or \
             `_undef_`. No newline follows.",
            uuid_getvar,
        ),
        Command::new(
            "uuid_setvar",
            SETVAR,
            "Set a variable on a channel",
            "Sets a channel variable; without a value removes it.",
            uuid_setvar,
        ),
        Command::new(
            "uuid_setvar_multi",
            SETVAR_MULTI,
            "Set multiple variables",
            "Sets several channel variables; one without a value is removed.",
            uuid_setvar_multi,
        ),
        Command::new(
            "uuid_exists",
            "<uuid>",
            "Check if a uuid exists",
            "Prints `true` or `false`, without a newline.",
            async |context: CommandContext, uuid: String| {
                context.switch.session(&uuid).is_some().to_string()
            },
        ),
        Command::new(
            "uuid_dump",
            DUMP,
            "Dump session vars",
            "Prints state, caller profile and variables: as headers with escaped values, or with the \
             format `plain` (`Name: [value]`), `json` or `xml`.",
            uuid_dump,
        ),
    ]
}

async fn uuid_getvar(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let (Some(uuid), Some(name)) = (words.first(), words.get(1)) else {
        return Command::usage(GETVAR);
    };
    match context.switch.session(uuid) {
        Some(session) => session.variable(name).unwrap_or_else(|| "_undef_".to_owned()),
        None => NO_CHANNEL.to_owned(),
    }
}

async fn uuid_setvar(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 3);
    let (Some(uuid), Some(name)) = (words.first(), words.get(1).filter(|name| !name.is_empty()))
    else {
        return Command::usage(SETVAR);
    };
    let Some(session) = context.switch.session(uuid) else { return NO_CHANNEL.to_owned() };
    let value = words.get(2).map(String::as_str).filter(|value| !value.is_empty());
    match session.set_variable(name, value.filter(|value| *value != "_undef_")) {
        Ok(()) => "+OK\n".to_owned(),
        Err(refused) => format!("-ERR {refused}\n"),
    }
}

async fn uuid_setvar_multi(context: CommandContext, text: String) -> String {
    let Some((uuid, pairs)) = text.split_once(' ') else {
        return if text.is_empty() { Command::usage(SETVAR_MULTI) } else { String::new() };
    };
    let Some(session) = context.switch.session(uuid) else {
        return format!("{NO_CHANNEL}{}", Command::usage(SETVAR_MULTI));
    };
    for pair in pairs.split(';') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name.trim().is_empty() {
            return format!("-ERR No variable specified\n{}", Command::usage(SETVAR_MULTI));
        }
        let value = Some(value).filter(|value| !value.is_empty());
        if let Err(refused) = session.set_variable(name.trim(), value) {
            return format!("-ERR {refused}\n");
        }
    }
    "+OK\n".to_owned()
}

async fn uuid_dump(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let Some(uuid) = words.first().filter(|uuid| !uuid.is_empty()) else {
        return Command::usage(DUMP);
    };
    let Some(session) = context.switch.session(uuid) else { return NO_CHANNEL.to_owned() };
    let mut event = context.switch.events().event(EventName::ChannelData);
    data::describe(&session.0, &session.0.shared.lock(), &mut event);
    match words.get(1).map(String::as_str) {
        None | Some("") => event.serialize(Format::Plain),
        Some("json") => event.serialize(Format::Json),
        Some("xml") => event.serialize(Format::Xml),
        Some(_) => {
            let lines =
                event.headers().iter().map(|(name, value)| format!("{name}: [{}]\n", value.text()));
            lines.collect()
        }
    }
}
