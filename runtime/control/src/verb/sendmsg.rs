//! `sendmsg [<uuid>]`: a message to a call; `call-command` says what it should do.

use ringfence_switch::{Cause, Execution, Session};

use super::{Answer, BoxFuture, Run, Scope, Verb};
use crate::connection::{Connection, Role};
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "sendmsg",
    syntax: "[<uuid>]",
    scope: Scope::Any,
    doc: "Tells a call (on an outbound connection its own, unless another is named) to do what the header \
          `call-command` says: `execute` an application (`execute-app-name`, `execute-app-arg` or the body, \
          `loops`, `event-lock`, `event-uuid`, `event-uuid-name`), `hangup` (`hangup-cause`), or `xferext` \
          (one header `application: <name> <data>` for each action that the call executes from now on). \
          `+OK`, also for a command that does not exist; `-ERR invalid session id [<uuid>]` without such a \
          call. On an outbound connection without `async` the reply to `execute` comes when the application \
          has ended. `nomedia` and `unicast` are not supported: `-ERR`.",
    blank: false,
    run: Run::Slow(sendmsg),
};

fn sendmsg<'c>(
    connection: &'c mut Connection,
    request: &'c Request,
    text: &'c str,
) -> BoxFuture<'c, Answer> {
    Box::pin(async move {
        let uuid = text.trim();
        let own =
            connection.session.as_ref().filter(|own| uuid.is_empty() || **own.uuid() == *uuid);
        let named = || connection.switch().session(uuid);
        let Some(session) = own.cloned().or_else(named) else {
            return Answer::reply(format!("-ERR invalid session id [{uuid}]"));
        };
        let inline = own.is_some()
            && matches!(connection.role, Role::Outbound { asynchronous: false, .. })
            && !request.header("async").is_some_and(ringfence_switch::variable::is_true);
        match request.header("call-command") {
            Some("execute") => execute(&session, request, inline).await,
            Some("hangup") => {
                session.hangup(Cause::parse(request.header("hangup-cause").unwrap_or_default()));
                Answer::reply("+OK")
            }
            Some("xferext") => extension(&session, request),
            Some(command @ ("nomedia" | "unicast")) => {
                Answer::reply(format!("-ERR call-command {command} is not supported"))
            }
            _ => Answer::reply("+OK"),
        }
    })
}

async fn execute(session: &Session, request: &Request, inline: bool) -> Answer {
    let header = |name: &str| request.header(name).map(str::to_owned);
    let Some(execution) = Execution::of_message(header, request.body.as_deref()) else {
        return Answer::reply("+OK");
    };
    if !inline {
        return match session.queue(execution) {
            // A call that is over takes no message; FreeSWITCH says nothing about it.
            Ok(()) | Err(ringfence_switch::Failure::Hangup(_)) => Answer::reply("+OK"),
            Err(failure) => Answer::reply(format!("-ERR {failure}")),
        };
    }
    match session.execute_all(&execution).await {
        Ok(()) | Err(ringfence_switch::Failure::Hangup(_)) => {}
        Err(failure) => {
            // The message was taken all the same.
            let Execution { application, data, .. } = &execution;
            tracing::warn!(call = %session.uuid(), "{application}({data}): {failure}");
        }
    }
    Answer::reply("+OK")
}

/// Sends the call to an extension that is made of the headers.
fn extension(session: &Session, request: &Request) -> Answer {
    let headers = request.headers.iter();
    let actions = headers.filter(|(name, _)| name.eq_ignore_ascii_case("application"));
    match session.leave_for(actions.map(|(_, value)| value.clone())) {
        Ok(()) | Err(ringfence_switch::Failure::Hangup(_)) => Answer::reply("+OK"),
        Err(failure) => Answer::reply(format!("-ERR {failure}")),
    }
}
