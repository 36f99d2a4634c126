//! `eval`: an expanded text.

use super::evaluate::evaluate;
use super::{Command, CommandContext, split};

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "eval",
        "[uuid:<uuid> ]<expression>",
        "Expands a text",
        "Answers the text with its variables expanded. With `uuid:<uuid>` in front, the names are the \
         headers of that call: `${variable_x}`, `${Caller-Caller-ID-Number}`; without, global \
         variables and commands only.",
        eval,
    )]
}

async fn eval(context: CommandContext, text: String) -> String {
    match split::uuid(&text) {
        Some((uuid, text)) => evaluate(&context, uuid, text).await,
        None => String::new(),
    }
}
