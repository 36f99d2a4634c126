//! The application `socket`: the server connects to a client, which then controls the call.

use std::sync::{Arc, Weak};
use std::time::Duration;

use ringfence_switch::application::{Application, Flags};
use ringfence_switch::switch::Module;
use ringfence_switch::{Failure, Session};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::connection::{Connection, Linger, Role};
use crate::serve::{self, Client, End};
use crate::socket::{Shared, prepare};

/// The port when none is named.
const PORT: u16 = 8084;
/// How long one host may take to accept the connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the client may take to send its first command.
const FIRST_COMMAND: Duration = Duration::from_secs(25);
/// Hosts that are tried; further ones are not.
const MAX_HOSTS: usize = 16;

/// What `mod_event_socket` brings, for a server without an event socket: manuals, checks, simulated
/// calls. [`EventSocket::start`](crate::EventSocket::start) registers the real one.
#[must_use]
pub fn without_socket() -> Module {
    module(Weak::new())
}

/// What `mod_event_socket` brings.
pub(crate) fn module(shared: Weak<Shared>) -> Module {
    let application = Application::new(
        "socket",
        "<host>[:<port>][/<path>][|<host>…] [async] [full]",
        "Connect to a socket",
        "Connects to a server (port 8084 unless given) that controls the call with the commands of the \
         event socket; docs/event-socket.md has them. Hosts separated by `|` are tried in order, each \
         for 5 seconds at most. Without `async` each application that the server executes is waited \
         for; with it the call is parked, and the server may send more while something plays. Without \
         `full` only the commands work that concern the call.\n\n\
         The dialplan goes on with the next action when the server says `exit`, closes the connection, \
         dies, or sends nothing within 25 seconds; and when no host can be reached. The variable \
         `socket_host` is the host that was reached.",
        Flags::NOMEDIA,
        move |session, data| {
            let shared = shared.upgrade();
            async move {
                let shared =
                    shared.ok_or_else(|| Failure::Failed("there is no event socket".into()))?;
                socket(shared, session, data).await
            }
        },
    );
    Module { name: "mod_event_socket", applications: vec![application], ..Module::default() }
}

async fn socket(shared: Arc<Shared>, session: Session, data: String) -> Result<(), Failure> {
    let mut words = data.split_whitespace();
    let Some(hosts) = words.next() else {
        return Err(Failure::Invalid(
            "socket: no host is named; <host>:<port> [async] [full]".into(),
        ));
    };
    let (mut asynchronous, mut full) = (false, false);
    for word in words {
        match word.to_ascii_lowercase().as_str() {
            "async" => asynchronous = true,
            "full" => full = true,
            other => {
                tracing::warn!(call = %session.uuid(), "socket: {other:?} is neither async nor full");
            }
        }
    }
    let stream = reach(&session, hosts).await?;
    prepare(&stream);
    let address = match stream.peer_addr() {
        Ok(address) => address.ip().to_canonical(),
        Err(error) => return Err(Failure::Failed(format!("socket: {error}"))),
    };
    let role = Role::Outbound { asynchronous, full };
    let connection = shared.outbound(&session, address, role);
    let mut client = Client::new(shared.limits());
    client.expect(Instant::now() + FIRST_COMMAND);
    if asynchronous {
        parked(&session, connection, client, stream).await
    } else {
        inline(&session, connection, client, stream).await
    }
}

/// Connects to the first host that answers; a hangup ends the attempt.
async fn reach(session: &Session, hosts: &str) -> Result<TcpStream, Failure> {
    let mut why = String::new();
    for host in hosts.split('|').filter(|host| !host.is_empty()).take(MAX_HOSTS) {
        let place = host.split('/').next().unwrap_or_default();
        let place = with_port(place);
        let connected = tokio::select! {
            biased;
            _ = session.interrupted() => return Err(Failure::Hangup(session.hangup_cause())),
            connected = timeout(CONNECT, TcpStream::connect(&place)) => connected,
        };
        match connected {
            Ok(Ok(stream)) => {
                let name = place.rsplit_once(':').map_or(place.as_str(), |(host, _)| host);
                if let Err(refused) = session.set_variable("socket_host", Some(name)) {
                    tracing::warn!(call = %session.uuid(), "socket_host: {refused}");
                }
                return Ok(stream);
            }
            Ok(Err(error)) => why = format!("{place}: {error}"),
            Err(_) => why = format!("{place}: no answer within {} s", CONNECT.as_secs()),
        }
        tracing::warn!(call = %session.uuid(), "socket: {why}");
    }
    Err(Failure::Failed(format!("socket: no host could be reached; {why}")))
}

/// `host` or `host:port` with a port; IPv6 in brackets.
fn with_port(place: &str) -> String {
    let after = place.rsplit_once(']').map_or(place, |(_, after)| after);
    if after.contains(':') { place.to_owned() } else { format!("{place}:{PORT}") }
}

/// With `async`: the connection has a task of its own, and outlives this application when the call is
/// transferred or hung up.
async fn parked(
    session: &Session,
    mut connection: Connection,
    mut client: Client,
    stream: TcpStream,
) -> Result<(), Failure> {
    let (ended, released) = oneshot::channel::<()>();
    drop(session.switch().runtime().spawn(async move {
        serve::serve(&mut connection, &stream, &mut client).await;
        // Dropped in any case: then the call goes on.
        drop(ended);
    }));
    let released = async {
        // It is never sent: the end of the task is what is waited for.
        let _ = released.await;
    };
    match session.parked(released).await {
        None => Ok(()),
        Some(_) => Err(Failure::Hangup(session.hangup_cause())),
    }
}

/// Without `async`: the application is the connection, until the call ends.
async fn inline(
    session: &Session,
    mut connection: Connection,
    mut client: Client,
    stream: TcpStream,
) -> Result<(), Failure> {
    let end = client.run(&mut connection, &stream, true).await;
    if end != End::Over {
        serve::finish(&mut connection, &stream, &mut client, end).await;
        return if session.up() { Ok(()) } else { Err(Failure::Hangup(session.hangup_cause())) };
    }
    // The call has to come to its end, which is reported; who lingers hears of it.
    let lingers =
        connection.linger != Linger::No && session.hook() != Some(ringfence_switch::Hook::Transfer);
    drop(session.switch().runtime().spawn(async move {
        if lingers && client.call_ended(&mut connection) {
            serve::serve(&mut connection, &stream, &mut client).await;
        } else {
            serve::finish(&mut connection, &stream, &mut client, End::Told).await;
        }
    }));
    Err(Failure::Hangup(session.hangup_cause()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_a_port() {
        for (given, full) in [
            ("a", "a:8084"),
            ("a:1", "a:1"),
            ("127.0.0.1:5", "127.0.0.1:5"),
            ("[::1]", "[::1]:8084"),
            ("[::1]:5", "[::1]:5"),
        ] {
            assert_eq!(with_port(given), full);
        }
    }
}
