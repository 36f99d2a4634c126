//! `uuid_park`, `uuid_pre_answer`, `uuid_ring_ready`, `uuid_display`.

use super::split::arguments;
use super::{Command, CommandContext, NO_CHANNEL};
use crate::authority;
use crate::channel::{Direction, Order};

const DISPLAY: &str = "<uuid> <display>";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "uuid_park",
            "<uuid>",
            "Park call",
            "Takes a call out of what it does and parks it; a bridge it is in ends.",
            uuid_park,
        ),
        Command::new(
            "uuid_pre_answer",
            "<uuid>",
            "pre_answer",
            "Opens early media of a call.",
            async |context: CommandContext, uuid: String| match context.switch.session(&uuid) {
                Some(session) if session.pre_answer().await.is_ok() => "+OK\n".to_owned(),
                _ => "-ERROR\n".to_owned(),
            },
        ),
        Command::new(
            "uuid_ring_ready",
            "<uuid> [queued]",
            "Sending ringing to a channel",
            "Tells a caller that it rings.",
            async |context: CommandContext, text: String| {
                let words = arguments(&text, 2);
                let uuid = words.first().map_or("", String::as_str);
                match context.switch.session(uuid) {
                    Some(session) if session.ring_ready().await.is_ok() => "+OK\n".to_owned(),
                    _ => "-ERROR\n".to_owned(),
                }
            },
        ),
        Command::new(
            "uuid_display",
            DISPLAY,
            "Update phone display",
            "Sets the name and number (`name|number`) that events, CDRs and later legs tell of whom the \
             call is connected to. The phone itself is not told.",
            uuid_display,
        ),
    ]
}

async fn uuid_park(context: CommandContext, uuid: String) -> String {
    let Some(session) = context.switch.session(&uuid) else { return NO_CHANNEL.to_owned() };
    match session.redirect(Order::application("park", "")) {
        Ok(()) => "+OK\n".to_owned(),
        Err(failure) => format!("-ERR {failure}\n"),
    }
}

async fn uuid_display(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let (Some(uuid), Some(display)) = (words.first(), words.get(1)) else {
        return Command::usage(DISPLAY);
    };
    if let Err(refused) = authority::expandable(display) {
        return format!("-ERR {refused}\n");
    }
    let Some(session) = context.switch.session(uuid) else {
        return "-ERR Operation failed\n".to_owned();
    };
    let (name, number) = display.split_once('|').unwrap_or((display, ""));
    let which = match session.direction() {
        Direction::Inbound => "callee_id",
        Direction::Outbound => "caller_id",
    };
    session.set_field(&format!("{which}_name"), name);
    if !number.is_empty() {
        session.set_field(&format!("{which}_number"), number);
    }
    "+OK Success\n".to_owned()
}
