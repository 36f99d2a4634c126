//! `uuid_send_dtmf`, `uuid_recv_dtmf`, `uuid_flush_dtmf`.

use super::split::arguments;
use super::{Command, CommandContext};
use crate::operation::Dtmf;

const DTMF: &str = "<uuid> <dtmf_data>";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "uuid_send_dtmf",
            DTMF,
            "Send dtmf digits",
            "Presses keys towards the far end: `12#`, or `12#@100` for 100 ms each; `w` and `W` wait \
             500 ms and 1 s.",
            uuid_send_dtmf,
        ),
        Command::new(
            "uuid_recv_dtmf",
            DTMF,
            "Receive dtmf digits",
            "Acts as if the far end had pressed these keys: `12#`, or `12#@800` with a duration in \
             samples of 1/8000 s.",
            uuid_recv_dtmf,
        ),
        Command::new(
            "uuid_flush_dtmf",
            "<uuid>",
            "Flush dtmf digits",
            "Forgets the keys that were pressed and not read.",
            async |context: CommandContext, uuid: String| match context.switch.session(&uuid) {
                Some(session) => {
                    session.flush_digits();
                    "+OK\n".to_owned()
                }
                None => "-ERR No such session\n".to_owned(),
            },
        ),
    ]
}

async fn uuid_send_dtmf(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let (Some(uuid), Some(keys)) = (words.first(), words.get(1)) else {
        return Command::usage(DTMF);
    };
    let Some(session) = context.switch.session(uuid) else {
        return "-ERR Cannot locate session!\n".to_owned();
    };
    match session.send_dtmf(keys) {
        Ok(()) => format!("+OK {uuid} sent DTMF {keys}.\n"),
        Err(failure) => format!("-ERR {failure}\n"),
    }
}

async fn uuid_recv_dtmf(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let (Some(uuid), Some(keys)) = (words.first(), words.get(1)) else {
        return Command::usage(DTMF);
    };
    let Some(session) = context.switch.session(uuid) else {
        return "-ERR Cannot locate session!\n".to_owned();
    };
    let (keys_only, duration) = keys.split_once('@').unwrap_or((keys, ""));
    let duration = duration.parse().unwrap_or(Dtmf::DEFAULT_DURATION);
    for key in keys_only.chars().filter_map(Dtmf::new) {
        session.receive_dtmf(Dtmf { duration, ..key });
    }
    format!("+OK {uuid} received DTMF {keys}.\n")
}
