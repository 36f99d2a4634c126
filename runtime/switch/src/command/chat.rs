//! `chat`: a text message, through the chatplan.

use super::{Command, CommandContext};
use crate::chat::Message;

/// The table entry.
pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "chat",
        "<proto>|<from>|<to>|<message>|[<content-type>]",
        "Sends a text message",
        "The message goes through the chatplan: the context `default`, unless it has another header \
         `context`. Answers `Sent` when an extension took it. The content type is `text/plain` unless it is \
         given. There is no SIP MESSAGE yet: what no extension takes is not sent.",
        run,
    )]
}

async fn run(context: CommandContext, arguments: String) -> String {
    let mut parts = arguments.splitn(5, '|');
    let (Some(proto), Some(from), Some(to), Some(body)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return "Invalid".to_owned();
    };
    let kind = parts.next().unwrap_or_default();
    let message = Message::new(context.switch.message(proto, from, to, body, kind));
    match context.switch.chat(&message).await {
        Ok(()) => "Sent".to_owned(),
        Err(why) => {
            tracing::warn!(from, to, "the message is not sent: {why}");
            "Error! Message Not Sent".to_owned()
        }
    }
}
