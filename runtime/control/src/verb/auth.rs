//! `auth <password>`.

use ringfence_switch::event::EventName;

use super::{Answer, BoxFuture, Run, Scope, Verb};
use crate::connection::Connection;
use crate::directory::Rights;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "auth",
    syntax: "<password>",
    scope: Scope::Login,
    doc: "Logs in with the password of event_socket.conf.xml: `+OK accepted`. A wrong one is answered \
          `-ERR invalid`, later each time (`auth-delay`), and ends the connection.",
    blank: true,
    run: Run::Slow(auth),
};

fn auth<'c>(
    connection: &'c mut Connection,
    _: &'c Request,
    password: &'c str,
) -> BoxFuture<'c, Answer> {
    Box::pin(async move {
        let right = &connection.shared.settings().password;
        if !right.is_empty() && same(password, right) {
            return accept(connection, Rights::all(), Vec::new());
        }
        refuse(connection).await
    })
}

/// Lets the client in.
pub(super) fn accept(
    connection: &mut Connection,
    rights: Rights,
    headers: Vec<(&'static str, String)>,
) -> Answer {
    connection.shared.failures.forget(connection.address);
    connection.rights = Some(rights);
    Answer::Reply("+OK accepted".into(), headers)
}

/// Counts a wrong password and answers it, the later the more there were.
pub(super) async fn refuse(connection: &Connection) -> Answer {
    let settings = connection.shared.settings();
    let (count, wait) = connection.shared.failures.count(connection.address, settings.auth_delay);
    tracing::warn!(client = %connection.address, count, "event socket: wrong password");
    let events = connection.switch().events();
    if events.wanted(EventName::Custom) {
        let mut event = events.custom("ringfence::auth-failure");
        event
            .set("Client-Address", connection.address.to_string())
            .set("Failures", count.to_string());
        events.publish(event);
    }
    tokio::time::sleep(wait).await;
    Answer::End("-ERR invalid".into())
}

/// Compares in a time that does not tell how much is right.
pub(super) fn same(given: &str, right: &str) -> bool {
    let (given, right) = (given.as_bytes(), right.as_bytes());
    let differences =
        given.iter().zip(right).fold(0_u8, |differences, (one, other)| differences | (one ^ other));
    given.len() == right.len() && differences == 0
}
