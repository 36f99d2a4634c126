//! `uuid_bridge`.

use super::split::arguments;
use super::{Command, CommandContext};

const SYNTAX: &str = "<uuid> <other_uuid>";

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "uuid_bridge",
        SYNTAX,
        "Bridge call legs",
        "Takes two calls out of what they do and connects them. A call that was bridged before leaves \
         that bridge. When one hangs up, so does the other, unless `park_after_bridge` or \
         `transfer_after_bridge` is set on it. Prints `+OK <other_uuid>` at once.",
        uuid_bridge,
    )]
}

async fn uuid_bridge(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let (Some(one), Some(other)) = (words.first(), words.get(1)) else {
        return Command::usage(SYNTAX);
    };
    let session = |uuid: &str| context.switch.session(uuid);
    let (Some(one), Some(other)) = (session(one), session(other)) else {
        return "-ERR Invalid uuid\n".to_owned();
    };
    match one.join(&other) {
        Ok(()) => format!("+OK {}\n", other.uuid()),
        Err(failure) => format!("-ERR {failure}\n"),
    }
}
