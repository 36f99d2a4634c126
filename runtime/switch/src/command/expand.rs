//! `expand`: runs a command whose text is expanded first.

use super::evaluate::evaluate;
use super::{Command, CommandContext, split};

/// How deep `expand expand …` may go.
const MAX_DEPTH: usize = 16;

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "expand",
        "[uuid:<uuid> ]<cmd> <args>",
        "Runs a command with its arguments expanded",
        "Expands the arguments as `eval` does, runs the command, and answers its output. The name of \
         the command is taken as it is.",
        expand,
    )]
}

async fn expand(context: CommandContext, text: String) -> String {
    let mut text = text;
    // `expand expand …` is a loop, so that its depth is bounded by a number and not by the stack.
    for _ in 0..MAX_DEPTH {
        let Some((uuid, rest)) = split::uuid(&text) else { return "-ERR No input\n".to_owned() };
        let (name, arguments) = rest.split_once(' ').unwrap_or((rest, ""));
        let arguments = evaluate(&context, uuid, arguments).await;
        if name == "expand" {
            text = arguments;
            continue;
        }
        // Boxed: a command may expand again.
        let run = Box::pin(context.switch.command(name, &arguments, context.session.as_ref()));
        return match run.await {
            Ok(output) => output,
            Err(_) => "INVALID COMMAND!\n-ERR Cannot execute command\n".to_owned(),
        };
    }
    "-ERR expand is nested too deep\n".to_owned()
}
