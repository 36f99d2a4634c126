//! `uuid_hold`.

use super::split::arguments;
use super::{Command, CommandContext};
use crate::channel::CallState;

const SYNTAX: &str = "[off|toggle] <uuid> [<display>]";

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "uuid_hold",
        SYNTAX,
        "Place call on hold",
        "Asks the far end by re-INVITE to send no audio (`a=sendonly`) until `off`. What is played to it, \
         and what a bridge brings, it still hears. `display` is not shown. A call that is not there, or not \
         answered, is no error, as in FreeSWITCH.",
        uuid_hold,
    )]
}

async fn uuid_hold(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 3);
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let (order, uuid) = match word(0) {
        order if order.eq_ignore_ascii_case("off") || order.eq_ignore_ascii_case("toggle") => {
            (order, word(1))
        }
        uuid => ("", uuid),
    };
    if uuid.is_empty() {
        return format!("{}-ERR Operation failed\n", Command::usage(SYNTAX));
    }
    if let Some(session) = context.switch.session(uuid) {
        let held = session.call_state() == CallState::Held;
        let hold = if order.eq_ignore_ascii_case("toggle") { !held } else { order.is_empty() };
        if let Err(failure) = session.hold(hold) {
            tracing::info!(call = %session.uuid(), "uuid_hold: {failure}");
        }
    }
    "+OK Success\n".to_owned()
}
