//! `uuid_kill`, `uuid_broadcast`, `uuid_break`, `uuid_answer`, `uuid_pre_answer`.

use super::split::arguments;
use super::{Command, CommandContext, NO_CHANNEL};
use crate::cause::Cause;

const KILL: &str = "<uuid> [cause]";
const BROADCAST: &str = "<uuid> <path> [aleg|bleg|holdb|both]";
const BREAK: &str = "<uuid> [all]";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "uuid_kill",
            KILL,
            "Kill channel",
            "Ends a call, with `NORMAL_CLEARING` unless a cause is given.",
            uuid_kill,
        ),
        Command::new(
            "uuid_broadcast",
            BROADCAST,
            "Execute dialplan application",
            "Plays a sound to a call, or runs an application (`application::data`), beside what the \
             call does. What plays meanwhile waits and goes on after it; in a bridge it is heard instead \
             of the other leg. `bleg` means the call that it is bridged with, `both` (or `holdb`) both.",
            uuid_broadcast,
        ),
        Command::new(
            "uuid_break",
            BREAK,
            "Break out of media being sent to a channel",
            "Ends what is played, recorded or waited for; `all` also forgets broadcasts that wait.",
            uuid_break,
        ),
        Command::new(
            "uuid_answer",
            "<uuid>",
            "answer",
            "Answers a call.",
            async |context: CommandContext, uuid: String| match context.switch.session(&uuid) {
                Some(session) if session.answer().await.is_ok() => "+OK\n".to_owned(),
                _ => "-ERROR\n".to_owned(),
            },
        ),
    ]
}

async fn uuid_kill(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let Some(uuid) = words.first().filter(|uuid| !uuid.is_empty()) else {
        return Command::usage(KILL);
    };
    let Some(session) = context.switch.session(uuid) else { return NO_CHANNEL.to_owned() };
    session.hangup(words.get(1).map_or(Cause::NORMAL_CLEARING, |cause| Cause::parse(cause)));
    "+OK\n".to_owned()
}

async fn uuid_broadcast(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 3);
    let (Some(uuid), Some(path)) = (words.first(), words.get(1).filter(|path| !path.is_empty()))
    else {
        return Command::usage(BROADCAST);
    };
    let Some(session) = context.switch.session(uuid) else {
        return "-ERR invalid uuid\n".to_owned();
    };
    let (application, data) = match path.split_once("::") {
        Some((application, data)) => (application.to_owned(), data.to_owned()),
        None => ("playback".to_owned(), path.clone()),
    };
    let mut legs = Vec::new();
    let which = words.get(2).map(String::as_str).unwrap_or_default();
    if matches!(which, "bleg" | "both" | "holdb") {
        legs.extend(session.partner());
    }
    if which != "bleg" || legs.is_empty() {
        legs.push(session);
    }
    for leg in legs {
        if let Err(failure) = leg.broadcast(application.clone(), data.clone()) {
            return format!("-ERR {failure}\n");
        }
    }
    "+OK Message sent\n".to_owned()
}

async fn uuid_break(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let Some(uuid) = words.first().filter(|uuid| !uuid.is_empty()) else {
        return Command::usage(BREAK);
    };
    let Some(session) = context.switch.session(uuid) else { return NO_CHANNEL.to_owned() };
    session.break_operation(words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("all")));
    "+OK\n".to_owned()
}
