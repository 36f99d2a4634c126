//! `uuid_displace`.

use super::split::arguments;
use super::{Command, CommandContext};

const SYNTAX: &str = "<uuid> [start|stop] <path> [<limit>] [mux]";

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "uuid_displace",
        SYNTAX,
        "Displace session audio",
        "Plays a sound to a call's far end instead of what it would hear, for at most `limit` seconds, or \
         ends it. `mux` is refused: nothing is mixed here.",
        run,
    )]
}

async fn run(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 5);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let [uuid, action, path] = [0, 1, 2].map(word);
    if path.is_empty() {
        return Command::usage(SYNTAX);
    }
    let Some(session) = context.switch.session(uuid) else {
        return "-ERR Cannot locate session!\n".to_owned();
    };
    match action {
        "start" if words.iter().skip(3).any(|word| word.eq_ignore_ascii_case("mux")) => {
            "-ERR mux is not there: nothing is mixed here\n".to_owned()
        }
        "start" => {
            let limit = Some(word(3)).filter(|limit| !limit.is_empty()).unwrap_or("0");
            let Ok(limit) = limit.parse() else {
                return format!("-ERR {limit:?} is no time in seconds\n");
            };
            match session.displace(path, false, limit) {
                Ok(()) => "+OK Success\n".to_owned(),
                Err(failure) => format!("-ERR {failure}\n"),
            }
        }
        "stop" if session.stop_displacing(path) => "+OK Success\n".to_owned(),
        "stop" => format!("-ERR {path} is not played over the call\n"),
        _ => Command::usage(SYNTAX),
    }
}
