//! `uuid_record`, `uuid_buglist`, `uuid_session_heartbeat`.

use std::fmt::Write as _;

use super::split::arguments;
use super::{Command, CommandContext, NO_CHANNEL};
use crate::operation::Failure;

const RECORD: &str = "<uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]";
const HEARTBEAT: &str = "uuid_session_heartbeat <uuid> [sched] [0|<seconds>]";

/// Seconds unless given.
const EVERY: u32 = 60;

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "uuid_record",
            RECORD,
            "Record session audio",
            "Records a call into a WAV file, as the application `record_session`: until `limit` seconds \
             have passed, until `stop` (with `all` for each file), or until the call ends. `mask` \
             records silence instead. Variables are set on the call first: `{name=value,…}`.",
            uuid_record,
        ),
        Command::new(
            "uuid_buglist",
            "<uuid>",
            "List media bugs on a session",
            "Lists what records a call, as XML.",
            uuid_buglist,
        ),
        Command::new(
            "uuid_session_heartbeat",
            "<uuid> [sched] [0|<seconds>]",
            "uuid_session_heartbeat",
            "Tells `SESSION_HEARTBEAT` of a call every so many seconds, 60 unless given; 0 does not any \
             more. `sched` makes no difference.",
            uuid_session_heartbeat,
        ),
    ]
}

async fn uuid_record(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 5);
    let (Some(uuid), Some(what), Some(path)) = (words.first(), words.get(1), words.get(2)) else {
        return Command::usage(RECORD);
    };
    let Some(session) = context.switch.session(uuid) else {
        return "-ERR Cannot locate session!\n".to_owned();
    };
    let good = "+OK Success\n".to_owned();
    let masked = |done: bool, what: &str| match done {
        true => "+OK Success\n".to_owned(),
        false => format!("-ERR Cannot {what} recording session!\n"),
    };
    match what.to_ascii_lowercase().as_str() {
        "start" => {
            let limit = words.get(3).and_then(|word| word.parse().ok()).unwrap_or(0);
            let list = words.get(4).map_or("", |word| word.trim_matches(['{', '}']));
            for (name, value) in list.split(',').filter_map(|pair| pair.split_once('=')) {
                if let Err(refused) = session.set_variable(name, Some(value)) {
                    return format!("-ERR {name}: {refused}\n");
                }
            }
            match session.record_session(path, limit).await {
                Ok(()) => good,
                Err(Failure::Failed(why)) => format!("-ERR Cannot record session! {why}\n"),
                Err(failure) => format!("-ERR {failure}\n"),
            }
        }
        "stop" => match session.stop_recording(path).await {
            true => good,
            false => "-ERR Cannot stop record session!\n".to_owned(),
        },
        "mask" => masked(session.mask_recording(path, true).await, "mask"),
        "unmask" => masked(session.mask_recording(path, false).await, "unmask"),
        _ => Command::usage(RECORD),
    }
}

async fn uuid_buglist(context: CommandContext, uuid: String) -> String {
    let Some(session) = context.switch.session(&uuid) else { return NO_CHANNEL.to_owned() };
    let mut text = String::from("<media-bugs>\n");
    for path in session.recordings() {
        let path = path.replace('&', "&amp;").replace('<', "&lt;");
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            " <media-bug>\n  <function>session_record</function>\n  <target>{path}</target>\n  \
             <thread-locked>0</thread-locked>\n </media-bug>\n"
        );
    }
    text + "</media-bugs>\n"
}

async fn uuid_session_heartbeat(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 3);
    let Some(uuid) = words.first().filter(|uuid| !uuid.is_empty()) else {
        return Command::usage(HEARTBEAT);
    };
    let Some(session) = context.switch.session(uuid) else {
        return format!("-ERR Cannot locate session. USAGE: {HEARTBEAT}\n");
    };
    let number = words.iter().skip(1).find(|word| !word.eq_ignore_ascii_case("sched"));
    session.beat(number.map_or(EVERY, |word| word.parse().unwrap_or(0)));
    "+OK\n".to_owned()
}
