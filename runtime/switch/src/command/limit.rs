//! `limit_usage`, `limit_hash_usage`, `limit_status`, `limit_reset`, `limit_interval_reset`,
//! `uuid_limit`, `uuid_limit_release`.

use super::split::arguments;
use super::{Command, CommandContext};
use crate::application::limit;

const USAGE: &str = "<backend> <realm> <id>";
const HASH_USAGE: &str = "<realm> <id>";
const UUID: &str =
    "<uuid> <backend> <realm> <resource> [<max>[/interval]] [number [dialplan [context]]]";
const RELEASE: &str = "<uuid> <backend> [realm] [resource]";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "limit_usage",
            USAGE,
            "Get the usage count of a limited resource",
            "Prints how many calls use a resource (the application `limit`), without a newline.",
            async |context: CommandContext, text: String| {
                let words = arguments(&text, 3);
                used(&context, words.get(1..).unwrap_or_default(), USAGE)
            },
        ),
        Command::new(
            "limit_hash_usage",
            HASH_USAGE,
            "Deprecated: gets the usage count of a limited resource",
            "As `limit_usage hash`.",
            async |context: CommandContext, text: String| {
                used(&context, &arguments(&text, 2), HASH_USAGE)
            },
        ),
        Command::new(
            "limit_status",
            "<backend>",
            "Get the status of a limit backend",
            "There is nothing to say of it: resources are kept in memory.",
            async |_: CommandContext, _: String| {
                "-ERR not supported yet (locking problems).".to_owned()
            },
        ),
        Command::new(
            "limit_reset",
            "<backend>",
            "Reset the counters of a limit backend",
            "Counters belong to calls and go with them; they are not reset.",
            async |_: CommandContext, _: String| "-ERR".to_owned(),
        ),
        Command::new(
            "limit_interval_reset",
            "<backend> <realm> <resource>",
            "Reset the interval counter for a limited resource",
            "Begins to count the rate of a resource anew.",
            async |context: CommandContext, text: String| {
                let words = arguments(&text, 3);
                match (words.get(1), words.get(2)) {
                    (Some(realm), Some(name)) => {
                        context.switch.usage().reset_rate(realm, name);
                        "+OK".to_owned()
                    }
                    _ => Command::usage("<backend> <realm> <resource>"),
                }
            },
        ),
        Command::new(
            "uuid_limit",
            UUID,
            "Increase limit resource",
            "Counts a call in a resource, as the application `limit` does.",
            uuid_limit,
        ),
        Command::new(
            "uuid_limit_release",
            RELEASE,
            "Release limit resource",
            "Lets go of a resource that a call is counted in, of those of a realm, or of all.",
            uuid_limit_release,
        ),
    ]
}

fn used(context: &CommandContext, words: &[String], syntax: &str) -> String {
    match (words.first(), words.get(1)) {
        (Some(realm), Some(name)) => context.switch.usage().of(realm, name).0.to_string(),
        _ => Command::usage(syntax),
    }
}

async fn uuid_limit(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 8);
    let (Some(uuid), Some(rest)) = (words.first(), words.get(2..).filter(|rest| rest.len() > 1))
    else {
        return format!("USAGE: uuid_limit {UUID}\n");
    };
    let Some(session) = context.switch.session(uuid) else {
        return format!("-ERR Cannot find session with uuid {uuid}\n");
    };
    match limit::limit(&session, rest) {
        Ok(()) => "+OK".to_owned(),
        Err(failure) => format!("-ERR {failure}\n"),
    }
}

async fn uuid_limit_release(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 4);
    let (Some(uuid), Some(_)) = (words.first(), words.get(1)) else {
        return format!("USAGE: uuid_limit_release {RELEASE}\n");
    };
    if context.switch.session(uuid).is_none() {
        return format!("-ERR Cannot find session with uuid {uuid}\n");
    }
    let word = |at: usize| words.get(at).map(String::as_str);
    context.switch.usage().release(uuid, word(2), word(3));
    "+OK".to_owned()
}
