//! `api <command> [<arguments>]`.

use ringfence_switch::Session;
use ringfence_switch::variable::is_true;

use super::{Answer, BoxFuture, Run, Scope, Verb, console};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "api",
    syntax: "<command> [<arguments>]",
    scope: Scope::Full,
    doc: "Runs an API command and answers its output as `api/response`; the next command waits for it. \
          No output is `-ERR no reply`, an unknown command `-ERR <command> Command not found!`. With the \
          header `console_execute: true` it is a line as a console takes it: several commands with `;;` \
          between them, and aliases.",
    blank: true,
    run: Run::Slow(api),
};

fn api<'c>(
    connection: &'c mut Connection,
    request: &'c Request,
    text: &'c str,
) -> BoxFuture<'c, Answer> {
    Box::pin(async move {
        let (name, arguments) = split(text);
        let output = if request.header("console_execute").is_some_and(is_true) {
            console::execute(connection, text).await
        } else if connection.may(|rights| rights.api(name)) {
            let session = connection.session.as_ref();
            Some(output(connection.switch(), name, arguments, session).await)
        } else {
            None
        };
        let Some(output) = output else { return Answer::denied() };
        Answer::Api(if output.is_empty() { "-ERR no reply\n".into() } else { output })
    })
}

/// The command's name and its arguments.
pub(super) fn split(text: &str) -> (&str, &str) {
    let (name, arguments) = text.split_once(' ').unwrap_or((text, ""));
    (name, arguments.trim())
}

/// What a command says, or that there is none of that name.
pub(super) async fn output(
    switch: &ringfence_switch::Switch,
    name: &str,
    arguments: &str,
    session: Option<&Session>,
) -> String {
    match switch.command(name, arguments, session).await {
        Ok(output) => output,
        Err(_) => format!("-ERR {name} Command not found!\n"),
    }
}
