//! `sched_api`, `sched_hangup`, `sched_transfer`, `sched_broadcast`, `sched_del`, `unsched_api`.

use super::split::arguments;
use super::{Command, CommandContext, NO_CHANNEL};
use crate::cause::Cause;
use crate::schedule::{Full, When, call};
use crate::session::Session;

const API: &str = "[+@]<time> <group_name> <command_string>[&]";
const HANGUP: &str = "[+]<time> <uuid> [<cause>]";
const TRANSFER: &str = "[+]<time> <uuid> <extension> [<dialplan>] [<context>]";
const BROADCAST: &str = "[[+]<time>|@time] <uuid> <path> [aleg|bleg|both]";
const DELETE: &str = "<task_id>|<group_id>";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "sched_api",
            API,
            "Schedule an api command",
            "Runs a command later: `+<seconds>` from now, `@<seconds>` again and again, or at that \
             second since 1970 (at once when it is over). Answers the number of the task; tasks of a \
             group can be taken off together. What the command answers goes to the log (debug).",
            sched_api,
        ),
        Command::new(
            "sched_hangup",
            HANGUP,
            "Schedule a running call to hangup",
            "Ends a call later, with `ALLOTTED_TIMEOUT` unless a cause is given; for the time see \
             `sched_api`. Its group is the call's uuid.",
            sched_hangup,
        ),
        Command::new(
            "sched_transfer",
            TRANSFER,
            "Schedule a transfer for a running call",
            "Sends a call to another extension later; for the time see `sched_api`. Its group is the \
             call's uuid.",
            sched_transfer,
        ),
        Command::new(
            "sched_broadcast",
            BROADCAST,
            "Schedule a broadcast event to a running call",
            "Plays a sound to a call later, or runs an application (`application::data`), as \
             `uuid_broadcast`; for the time see `sched_api`. Its group is the call's uuid.",
            sched_broadcast,
        ),
        Command::new(
            "sched_del",
            DELETE,
            "Delete a scheduled task",
            "Takes off the task of that number, or all of that group.",
            sched_del,
        ),
        Command::new(
            "unsched_api",
            "<task_id>",
            "Unschedule an api command",
            "Takes off the task of that number.",
            unsched_api,
        ),
    ]
}

/// The answer to something that was to be scheduled.
fn scheduled(result: Result<u64, Full>, good: impl FnOnce(u64) -> String) -> String {
    match result {
        Ok(id) => good(id),
        Err(full) => format!("-ERR {full}\n"),
    }
}

async fn sched_api(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 3);
    let [time, group, line] = words.as_slice() else { return Command::usage(API) };
    // `&` asks FreeSWITCH for a thread; nothing waits for a command here in any case.
    let line = line.strip_suffix('&').unwrap_or(line).trim();
    if line.is_empty() {
        return Command::usage(API);
    }
    let when = When::parse(time, context.switch.epoch());
    let task = call::command(&context.switch, when, group, line);
    scheduled(task, |id| format!("+OK Added: {id}\n"))
}

/// The time and the call that the first two words name.
fn target(
    context: &CommandContext,
    words: &[String],
    syntax: &str,
) -> Result<(When, Session), String> {
    let (Some(time), Some(uuid)) = (words.first(), words.get(1)) else {
        return Err(Command::usage(syntax));
    };
    match context.switch.session(uuid) {
        Some(session) => Ok((When::parse(time, context.switch.epoch()), session)),
        None => Err(NO_CHANNEL.to_owned()),
    }
}

async fn sched_hangup(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 3);
    match target(&context, &words, HANGUP) {
        Ok((when, session)) => {
            let cause = words.get(2).map_or(Cause::ALLOTTED_TIMEOUT, |word| Cause::parse(word));
            scheduled(call::hangup(&session, when, cause), |_| "+OK\n".to_owned())
        }
        Err(answer) => answer,
    }
}

async fn sched_transfer(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 5);
    let Some(extension) = words.get(2) else { return Command::usage(TRANSFER) };
    match target(&context, &words, TRANSFER) {
        Ok((when, session)) => {
            let rest = (words.get(3).cloned(), words.get(4).cloned());
            let task = call::transfer(&session, when, extension, rest);
            scheduled(task, |_| "+OK\n".to_owned())
        }
        Err(answer) => answer,
    }
}

async fn sched_broadcast(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 4);
    let Some(path) = words.get(2) else { return Command::usage(BROADCAST) };
    match target(&context, &words, BROADCAST) {
        Ok((when, session)) => {
            let legs = words.get(3).map(String::as_str);
            let task = call::broadcast(&session, when, path, legs);
            scheduled(task, |_| "+OK Message scheduled\n".to_owned())
        }
        Err(answer) => answer,
    }
}

async fn sched_del(context: CommandContext, text: String) -> String {
    if text.is_empty() {
        return Command::usage(DELETE);
    }
    let gone = match text.parse() {
        Ok(id) => usize::from(context.switch.unschedule(id)),
        Err(_) => context.switch.unschedule_group(&text),
    };
    format!("+OK Deleted: {gone}\n")
}

async fn unsched_api(context: CommandContext, text: String) -> String {
    if text.is_empty() {
        return String::new();
    }
    match text.parse().is_ok_and(|id| context.switch.unschedule(id)) {
        true => "+OK\n".to_owned(),
        false => "-ERR No such id\n".to_owned(),
    }
}
