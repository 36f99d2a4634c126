//! One connection to an event socket.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::frame::{Frame, Frames, NotTheProtocol};

/// Read at a time.
const CHUNK: usize = 64 * 1024;

/// Notices that wait to be shown. When a terminal takes no more, reading stops, and the server keeps the
/// events of a slow client in its own bounds.
const NOTICES: usize = 8192;

/// Whom to connect to, and as whom.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name or address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// `user@domain` of the directory; none is the server's own password.
    pub user: Option<String>,
    /// What is said to log in.
    pub password: String,
    /// How long connecting and logging in may take.
    pub patience: Duration,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody is there.
    #[error(
        "cannot connect to {0}: {1}. Does the server run, and is this its event socket (-H, -P)?"
    )]
    Connect(String, io::Error),
    /// Somebody else is there.
    #[error("{0}: {1}")]
    NotTheProtocol(String, NotTheProtocol),
    /// The password is wrong.
    #[error("{0} refuses the password ({1}): name the right one with -p, or in RINGFENCE_PASSWORD")]
    Refused(String, String),
    /// The address may not connect.
    #[error(
        "{0} refuses this address: apply-inbound-acl of its event_socket.conf.xml, or too many clients"
    )]
    Address(String),
    /// It closed the connection, or says nothing.
    #[error("{0} said nothing more before the login was done")]
    Silent(String),
}

impl ConnectError {
    /// Whether trying again may help.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Connect(..) | Self::Silent(_) | Self::Address(_))
    }
}

/// What comes without being asked for.
#[derive(Debug)]
pub enum Notice {
    /// An event.
    Event(Frame),
    /// A line of the log.
    Log(Frame),
    /// The connection has ended; this is the last.
    Gone(String),
}

/// There is no connection any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the connection is lost")]
pub struct Lost;

/// What a command is answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer(Frame);

impl Answer {
    /// The output of an API command, or the reply to one of the event socket.
    #[must_use]
    pub fn text(&self) -> &str {
        match self.0.header("Reply-Text") {
            Some(reply) if self.0.kind() == "command/reply" => reply,
            _ => &self.0.body,
        }
    }
}

/// A connection that is logged in.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    /// Those that wait for an answer, in the order in which they asked. Held while a command is
    /// written, so that the orders are the same.
    waiting: Arc<Mutex<VecDeque<SyncSender<Answer>>>>,
}

impl Client {
    /// Connects and logs in. What comes without being asked for goes into the receiver; whoever takes
    /// nothing from it drops it.
    ///
    /// # Errors
    ///
    /// Nobody is there, or it is no event socket, or it refuses.
    pub fn connect(target: &Target) -> Result<(Self, Receiver<Notice>), ConnectError> {
        let name = format!("{}:{}", target.host, target.port);
        let stream = reach(target).map_err(|error| ConnectError::Connect(name.clone(), error))?;
        let mut login = Login {
            stream,
            frames: Frames::default(),
            until: Instant::now() + target.patience,
            name: name.clone(),
        };
        match login.frame()?.kind() {
            "auth/request" => {}
            "text/rude-rejection" => return Err(ConnectError::Address(name)),
            _ => return Err(ConnectError::Silent(name)),
        }
        let password = line(&target.password);
        let command = match &target.user {
            Some(user) => format!("userauth {}:{password}\n\n", line(user)),
            None => format!("auth {password}\n\n"),
        };
        let connection = |error| ConnectError::Connect(name.clone(), error);
        login.stream.write_all(command.as_bytes()).map_err(connection)?;
        let reply = login.frame()?;
        let text = reply.header("Reply-Text").unwrap_or_default();
        if !text.starts_with("+OK") {
            return Err(ConnectError::Refused(name, text.to_owned()));
        }
        let Login { stream, frames, .. } = login;
        stream.set_read_timeout(None).map_err(connection)?;
        let reader = stream.try_clone().map_err(connection)?;
        let waiting: Arc<Mutex<VecDeque<_>>> = Arc::default();
        let (notices, receiver) = sync_channel(NOTICES);
        let answers = Arc::clone(&waiting);
        thread::Builder::new()
            .name("event-socket".to_owned())
            .spawn(move || read(reader, frames, &answers, &notices))
            .map_err(connection)?;
        Ok((Self { stream, waiting }, receiver))
    }

    /// Sends a command with its headers and waits for its answer; others may ask meanwhile. `patience`
    /// gives up waiting, and the answer is none; the command goes on.
    ///
    /// # Errors
    ///
    /// The connection has ended.
    pub fn request(
        &self,
        command: &str,
        patience: Option<Duration>,
    ) -> Result<Option<Answer>, Lost> {
        let (asker, answer) = sync_channel(1);
        {
            let mut waiting = self.waiting.lock();
            let bytes = format!("{}\n\n", command.trim_end_matches('\n'));
            (&self.stream).write_all(bytes.as_bytes()).map_err(|_| Lost)?;
            waiting.push_back(asker);
        }
        match patience {
            None => answer.recv().map(Some).map_err(|_| Lost),
            Some(patience) => match answer.recv_timeout(patience) {
                Ok(answer) => Ok(Some(answer)),
                Err(RecvTimeoutError::Timeout) => Ok(None),
                Err(RecvTimeoutError::Disconnected) => Err(Lost),
            },
        }
    }

    /// Runs an API command, as the console does, and waits for its output.
    ///
    /// # Errors
    ///
    /// The connection has ended.
    pub fn api(&self, command: &str, patience: Option<Duration>) -> Result<Option<Answer>, Lost> {
        self.request(&format!("api {}\nconsole_execute: true", line(command)), patience)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The reader ends with it. When it has ended already, there is nothing to close.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// One line of it: what is typed must not become a header.
fn line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The first address of the host that takes the connection.
fn reach(target: &Target) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (target.host.as_str(), target.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, target.patience) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A connection that is not logged in.
struct Login {
    stream: TcpStream,
    frames: Frames,
    until: Instant,
    name: String,
}

impl Login {
    fn frame(&mut self) -> Result<Frame, ConnectError> {
        let silent = || ConnectError::Silent(self.name.clone());
        let mut chunk = vec![0; CHUNK];
        loop {
            let next = self.frames.frame();
            let next = next.map_err(|error| ConnectError::NotTheProtocol(self.name.clone(), error));
            if let Some(frame) = next? {
                return Ok(frame);
            }
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.stream.set_read_timeout(Some(left)).is_err() {
                return Err(silent());
            }
            match self.stream.read(&mut chunk) {
                Ok(length) if length > 0 => {
                    self.frames.feed(chunk.get(..length).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return Err(silent()),
            }
        }
    }
}

/// Reads until the end; hands out what comes.
fn read(
    mut stream: TcpStream,
    mut frames: Frames,
    waiting: &Mutex<VecDeque<SyncSender<Answer>>>,
    notices: &SyncSender<Notice>,
) {
    let mut chunk = vec![0; CHUNK];
    let why = loop {
        match frames.frame() {
            Ok(Some(frame)) => {
                if let Some(why) = hand_out(frame, waiting, notices) {
                    break why;
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => break error.to_string(),
        }
        match stream.read(&mut chunk) {
            Ok(0) => break "the server closed the connection".to_owned(),
            Ok(length) => frames.feed(chunk.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break error.to_string(),
        }
    };
    // Further commands fail instead of being sent to nobody.
    let _ = stream.shutdown(Shutdown::Both);
    // Whoever waits finds its sender gone.
    waiting.lock().clear();
    let _ = notices.send(Notice::Gone(why));
}

/// Gives a message to whom it concerns; answers why the connection ends, if it says so.
fn hand_out(
    frame: Frame,
    waiting: &Mutex<VecDeque<SyncSender<Answer>>>,
    notices: &SyncSender<Notice>,
) -> Option<String> {
    match frame.kind() {
        "command/reply" | "api/response" => {
            let asker = waiting.lock().pop_front();
            if let Some(asker) = asker {
                // It may have given up; then nobody wants to know.
                let _ = asker.try_send(Answer(frame));
            }
        }
        "log/data" => drop(notices.send(Notice::Log(frame))),
        "text/disconnect-notice" => return Some("the server ended the connection".to_owned()),
        kind if kind.starts_with("text/event-") => drop(notices.send(Notice::Event(frame))),
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::net::TcpListener;

    use super::*;

    /// A server that says these lines, one after each blank line that it hears.
    fn server(says: &'static [&'static str]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            for text in says {
                (&stream).write_all(text.as_bytes()).unwrap();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            }
        });
        let patience = Duration::from_secs(30);
        Target { host: "127.0.0.1".into(), port, user: None, password: "x".into(), patience }
    }

    const AUTH: &str = "Content-Type: auth/request\n\n";
    const ACCEPTED: &str = "Content-Type: command/reply\nReply-Text: +OK accepted\n\n";

    #[test]
    fn answers_come_to_whom_they_concern_and_the_rest_is_notices() {
        let target = server(&[
            AUTH,
            ACCEPTED,
            "Content-Type: log/data\nContent-Length: 3\n\nlogContent-Type: api/response\nContent-Length: 2\n\nhi",
        ]);
        let (client, notices) = Client::connect(&target).unwrap();
        let answer = client.api("echo hi\nevent plain all", None).unwrap().unwrap();
        assert_eq!(answer.text(), "hi");
        assert!(matches!(notices.recv(), Ok(Notice::Log(frame)) if frame.body == "log"));
        // It says nothing more.
        let late = client.api("echo", Some(Duration::from_millis(1)));
        assert!(matches!(late, Ok(None) | Err(Lost)), "{late:?}");
        assert!(matches!(notices.recv(), Ok(Notice::Gone(_))));
        assert_eq!(client.api("echo", None), Err(Lost));
    }

    #[test]
    fn notices_wait_for_who_reads_them_and_for_nobody_else() {
        let line = "Content-Type: log/data\nContent-Length: 3\n\nlog";
        let answer = "Content-Type: api/response\nContent-Length: 2\n\nhi";
        let all = line.repeat(2 * NOTICES) + answer;
        let says: &[&str] = Box::leak(Box::new([AUTH, ACCEPTED, Box::leak(all.into_boxed_str())]));
        let (client, notices) = Client::connect(&server(says)).unwrap();
        let reading = thread::spawn(move || notices.into_iter().count());
        assert_eq!(client.api("echo hi", None).unwrap().unwrap().text(), "hi");
        drop(client);
        // The last one is that it is gone.
        assert_eq!(reading.join().unwrap(), 2 * NOTICES + 1);
        let (client, notices) = Client::connect(&server(says)).unwrap();
        drop(notices);
        assert_eq!(client.api("echo hi", None).unwrap().unwrap().text(), "hi");
    }

    #[test]
    fn a_login_that_fails_says_why() {
        let refused = server(&[AUTH, "Content-Type: command/reply\nReply-Text: -ERR invalid\n\n"]);
        assert!(matches!(Client::connect(&refused), Err(ConnectError::Refused(..))));
        let address = server(&["Content-Type: text/rude-rejection\nContent-Length: 0\n\n"]);
        assert!(matches!(Client::connect(&address), Err(ConnectError::Address(_))));
        let other = server(&["Content-Length: none\n\n"]);
        assert!(matches!(Client::connect(&other), Err(ConnectError::NotTheProtocol(..))));
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let nobody = Target { port: nobody, ..refused };
        let error = Client::connect(&nobody).unwrap_err();
        assert!(error.passes() && error.to_string().contains("-P"), "{error}");
    }
}
