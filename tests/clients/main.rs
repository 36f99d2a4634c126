//! Clients of the event socket that others wrote, and our own two: the console and top.
//!
//! `./setup.sh` has put the libraries for Python and Node.js into `target/clients`.

/// `ringfence console`, typed into a terminal.
mod console;
/// freeswitch-esl-tokio (Rust).
mod esl_tokio;
/// What fs_cli says to a server, and what it hears.
mod fs_cli;
/// greenswitch (Python), modesl and esl (Node.js).
mod libraries;
/// `ringfence top`.
mod top;

/// A terminal that is typed into.
mod tmux;

use ringfence_tests::{Configuration, Server, ports};

/// The extension that a client drives over an outbound connection.
const DRIVEN: &str = "7700";

/// A server whose extension [`DRIVEN`] connects to a client at the port.
fn server_that_connects() -> (Server, u16) {
    let port = ports::free();
    let server = Server::start(|conf: &Configuration| {
        let action =
            format!(r#"<action application="socket" data="127.0.0.1:{port} async full"/>"#);
        conf.extension(DRIVEN, &action);
    });
    (server, port)
}
