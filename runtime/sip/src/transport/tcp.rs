//! TCP: messages cut out of a stream by Content-Length (RFC 3261 §18.3).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{debug, warn};

use super::{Input, Steer};
use crate::core::{Flow, Listener, Locate, Settings};
use crate::wire::Unreadable;

/// Messages that wait to be written to one connection; more are told as not delivered.
const QUEUE: usize = 256;
/// For a connection to be made, and for a message to be written.
const PATIENCE: Duration = Duration::from_secs(10);
/// For a message whose beginning has come: nobody may hold a half-sent message for long.
const REST: Duration = Duration::from_secs(30);
/// After a refused connection (too many files) before the next try.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection that messages can be sent on. Clones are the same connection.
#[derive(Clone, Debug)]
pub(crate) struct Connection(mpsc::Sender<Bytes>);

impl Connection {
    /// False when it is closed, by either side.
    pub(crate) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }

    /// Queues a message; gives it back when the connection is closed or does not get it away.
    pub(super) fn send(&self, data: Bytes) -> Result<(), Bytes> {
        self.0.try_send(data).map_err(mpsc::error::TrySendError::into_inner)
    }
}

/// What a peer can cause at any rate is logged once in so long.
const QUIET: Duration = Duration::from_secs(60);

/// Tells whether something should be logged again.
#[derive(Default)]
struct Rarely(Option<Instant>);

impl Rarely {
    fn now(&mut self) -> bool {
        let due = self.0.is_none_or(|last| last.elapsed() >= QUIET);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}

/// Takes connections for ever.
pub(crate) async fn accept(
    socket: TcpListener,
    index: u16,
    listener: Listener,
    settings: Arc<Settings>,
    mut locate: Locate,
    steer: Steer,
) {
    let (mut failing, mut full) = (Rarely::default(), Rarely::default());
    loop {
        let (stream, peer) = match socket.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if failing.now() {
                    warn!(%error, "TCP connections are not accepted");
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if steer.counters.connections.load(Ordering::Relaxed) >= settings.config.connections {
            if full.now() {
                warn!(
                    %peer, limit = settings.config.connections,
                    "too many TCP connections; new ones are closed"
                );
            }
            continue;
        }
        let local = stream.local_addr().ok().or_else(|| locate(&listener, peer));
        let Some(local) = local else { continue };
        let (sender, messages) = mpsc::channel(QUEUE);
        let connection = Some(Connection(sender));
        let flow = Flow { listener: index, local, peer, connection };
        tokio::spawn(serve(stream, flow, messages, Arc::clone(&settings), steer.clone()));
    }
}

/// Opens a connection; what is sent meanwhile waits in its queue.
pub(super) fn connect(flow: &Flow, settings: &Arc<Settings>, steer: &Steer) -> Connection {
    let (sender, mut messages) = mpsc::channel(QUEUE);
    let connection = Connection(sender);
    // The task must not keep the queue open that it reads: it holds no sender of its own.
    let flow = flow.clone();
    let weak = connection.0.downgrade();
    let (settings, steer) = (Arc::clone(settings), steer.clone());
    tokio::spawn(async move {
        let stream = match timeout(PATIENCE, TcpStream::connect(flow.peer)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return undelivered(messages, &steer, &error.to_string()).await,
            Err(_) => return undelivered(messages, &steer, "no TCP connection in 10 s").await,
        };
        let Some(sender) = weak.upgrade() else {
            messages.close();
            return undelivered(messages, &steer, "nobody waits for the connection").await;
        };
        let flow = Flow { connection: Some(Connection(sender)), ..flow };
        serve(stream, flow, messages, settings, steer).await;
    });
    connection
}

/// Serves a connection until one side closes it or it was idle for too long.
async fn serve(
    mut stream: TcpStream,
    flow: Flow,
    mut messages: mpsc::Receiver<Bytes>,
    settings: Arc<Settings>,
    steer: Steer,
) {
    steer.counters.connections.fetch_add(1, Ordering::Relaxed);
    // Small messages at once; without it they are only slower.
    let _ = stream.set_nodelay(true);
    let why = converse(&mut stream, &flow, &mut messages, &settings, &steer).await;
    debug!(peer = %flow.peer, why, "TCP connection closed");
    steer.counters.connections.fetch_sub(1, Ordering::Relaxed);
    messages.close();
    undelivered(messages, &steer, why).await;
}

/// Tells what was not written.
async fn undelivered(mut messages: mpsc::Receiver<Bytes>, steer: &Steer, why: &str) {
    messages.close();
    while let Some(data) = messages.recv().await {
        let input = Input::Unreachable { data: data.clone(), why: why.to_owned() };
        steer.give(input, &data).await;
    }
}

async fn converse(
    stream: &mut TcpStream,
    flow: &Flow,
    messages: &mut mpsc::Receiver<Bytes>,
    settings: &Settings,
    steer: &Steer,
) -> &'static str {
    let limit = settings.config.message;
    let mut frames = Frames { buffer: BytesMut::with_capacity(4096), limit };
    let mut deadline = Instant::now() + settings.config.idle;
    loop {
        tokio::select! {
            read = timeout_at(deadline, stream.read_buf(&mut frames.buffer)) => match read {
                Ok(Ok(1..)) => {}
                Ok(Ok(0)) => return "closed by the far end",
                Ok(Err(_)) => return "lost",
                Err(_) => return "idle",
            },
            message = messages.recv() => {
                let Some(message) = message else { return "not needed" };
                match timeout(PATIENCE, stream.write_all(&message)).await {
                    Ok(Ok(())) => {}
                    _ => return "the far end does not read",
                }
                deadline = Instant::now() + settings.config.idle;
                continue;
            }
        }
        loop {
            match frames.next() {
                Frame::Message(data) => {
                    let input = Input::Message { data: data.clone(), flow: flow.clone() };
                    steer.give(input, &data).await;
                }
                // RFC 5626 §4.4.1: a double CRLF asks for a single one.
                Frame::Ping => {
                    if !matches!(timeout(PATIENCE, stream.write_all(b"\r\n")).await, Ok(Ok(()))) {
                        return "the far end does not read";
                    }
                }
                Frame::Partial => break,
                Frame::Broken(data, fault) => {
                    let input = Input::Broken { data: data.clone(), flow: flow.clone(), fault };
                    steer.give(input, &data).await;
                    // The answer, if there is one; then nothing that follows can be trusted.
                    if let Ok(Some(answer)) = timeout(Duration::from_secs(1), messages.recv()).await
                    {
                        let _ = timeout(PATIENCE, stream.write_all(&answer)).await;
                    }
                    return "it cannot be cut into messages";
                }
            }
        }
        let patience = if frames.buffer.is_empty() { settings.config.idle } else { REST };
        deadline = Instant::now() + patience;
    }
}

/// What a stream holds next.
#[derive(Debug, PartialEq)]
pub(super) enum Frame {
    Message(Bytes),
    Ping,
    /// More has to come.
    Partial,
    /// The stream cannot be cut any more.
    Broken(Bytes, Unreadable),
}

/// Cuts a stream into messages.
pub(super) struct Frames {
    pub(super) buffer: BytesMut,
    pub(super) limit: usize,
}

impl Frames {
    pub(super) fn next(&mut self) -> Frame {
        if self.buffer.starts_with(b"\r\n\r\n") {
            self.buffer.advance(4);
            return Frame::Ping;
        }
        // A single one is an answer to our ping, or left over.
        while self.buffer.starts_with(b"\r\n") && self.buffer.len() > 3 {
            self.buffer.advance(2);
        }
        if self.buffer.len() == 2 && self.buffer.starts_with(b"\r\n") {
            return Frame::Partial;
        }
        let Some(head) = memchr::memmem::find(&self.buffer, b"\r\n\r\n") else {
            return match self.buffer.len() > self.limit {
                true => self.broken(513, format!("Message Too Large; at most {}", self.limit)),
                false => Frame::Partial,
            };
        };
        let length = match content_length(self.buffer.get(..head).unwrap_or_default()) {
            Ok(length) => length,
            Err(why) => return self.broken(400, why.to_owned()),
        };
        let whole = (head + 4).saturating_add(length);
        if whole > self.limit {
            return self.broken(513, format!("Message Too Large; at most {}", self.limit));
        }
        if self.buffer.len() < whole {
            return Frame::Partial;
        }
        Frame::Message(self.buffer.split_to(whole).freeze())
    }

    fn broken(&mut self, status: u16, why: String) -> Frame {
        Frame::Broken(self.buffer.split().freeze(), Unreadable { status, why })
    }
}

/// The Content-Length, which a stream cannot do without.
fn content_length(head: &[u8]) -> Result<usize, &'static str> {
    let mut found = None;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = line.split_at(colon);
        let name = name.trim_ascii();
        if !name.eq_ignore_ascii_case(b"Content-Length") && !name.eq_ignore_ascii_case(b"l") {
            continue;
        }
        if found.is_some() {
            return Err("more than one Content-Length");
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let number = str::from_utf8(value).ok().filter(|_| digits);
        let number = number.and_then(|value| value.parse().ok());
        found = Some(number.ok_or("Content-Length is not a number")?);
    }
    found.ok_or("Content-Length is missing, which TCP needs")
}

/// Opens a listener.
///
/// # Errors
///
/// The address is in use or not ours.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A restarted server gets its port back though old connections linger.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8]) -> Frames {
        Frames { buffer: BytesMut::from(bytes), limit: 200 }
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_often_is_logged_rarely() {
        let mut rarely = Rarely::default();
        assert!(rarely.now());
        assert!((0..100).all(|_| !rarely.now()));
        tokio::time::advance(QUIET).await;
        assert!(rarely.now());
    }

    const MESSAGE: &[u8] = b"BYE sip:a SIP/2.0\r\nl: 3\r\n\r\nabc";

    #[test]
    fn messages_are_cut_wherever_the_stream_breaks() {
        let stream = [MESSAGE, b"\r\n\r\n", MESSAGE].concat();
        for cut in 0..stream.len() {
            let mut frames = frames(&stream[..cut]);
            let mut found = Vec::new();
            for rest in [&b""[..], &stream[cut..]] {
                frames.buffer.extend_from_slice(rest);
                loop {
                    match frames.next() {
                        Frame::Message(data) => found.push(data),
                        Frame::Ping => {}
                        Frame::Partial => break,
                        Frame::Broken(..) => panic!("broken at {cut}"),
                    }
                }
            }
            assert_eq!(found, [MESSAGE, MESSAGE], "cut at {cut}");
            assert!(frames.buffer.is_empty());
        }
    }

    #[test]
    fn a_ping_is_told() {
        assert_eq!(frames(b"\r\n\r\n").next(), Frame::Ping);
        assert_eq!(frames(b"\r\n").next(), Frame::Partial);
        assert_eq!(frames(b"").next(), Frame::Partial);
    }

    #[test]
    fn a_stream_that_cannot_be_cut_is_given_up() {
        let status = |bytes: &[u8]| match frames(bytes).next() {
            Frame::Broken(_, fault) => fault.status,
            other => panic!("{other:?}"),
        };
        assert_eq!(status(b"BYE sip:a SIP/2.0\r\n\r\n"), 400);
        assert_eq!(status(b"BYE sip:a SIP/2.0\r\nl: -1\r\n\r\n"), 400);
        assert_eq!(status(b"BYE sip:a SIP/2.0\r\nl: 1\r\nl: 1\r\n\r\n"), 400);
        assert_eq!(status(b"BYE sip:a SIP/2.0\r\nl: 500\r\n\r\n"), 513);
        assert_eq!(status(b"BYE sip:a SIP/2.0\r\nl: 99999999999999999999999\r\n\r\n"), 400);
        assert_eq!(status(&[b'x'; 201]), 513);
    }
}
