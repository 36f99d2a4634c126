//! One connection: bytes in, commands one after the other, replies and events out.
//!
//! A single task, no locks. Commands go before events, so that a reply never waits behind what it
//! brings about. While the client does not read, nothing more is taken for it: no commands, no
//! events, no log lines.

use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use ringfence_switch::event::Event;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use crate::connection::{Connection, Linger};
use crate::frame;
use crate::journal::{Found, Gap};
use crate::parser::{Fault, Limits, Parser, Request};
use crate::verb::{self, Answer};

/// What waits for a client that does not read, in bytes, before nothing more is taken for it. One
/// reply or event beyond it fits always.
const HIGH_WATER: usize = 256 * 1024;
/// Read at a time.
const CHUNK: usize = 16 * 1024;
/// Commands that are answered before events have their turn; and events before commands have.
const IN_A_ROW: usize = 64;
/// How long the last words may take to a client that does not read them.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Reads of [`CHUNK`] that a client is listened to after its end: 64 MiB.
const MAX_UNREAD: usize = 4_096;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// It said so, or sent what cannot be read, or never logged in: it gets a notice.
    Told,
    /// The client closed its side.
    Closed,
    /// It cannot be written to any more.
    Broken,
    /// Its call has ended, in an outbound connection whose application waits for that.
    Over,
}

/// Serves a connection until it ends; it gets its notice.
pub(crate) async fn serve(connection: &mut Connection, stream: &TcpStream, client: &mut Client) {
    let end = client.run(connection, stream, false).await;
    finish(connection, stream, client, end).await;
}

/// The notice, and what is left to send.
pub(crate) async fn finish(
    connection: &mut Connection,
    stream: &TcpStream,
    client: &mut Client,
    end: End,
) {
    if end != End::Told {
        // A client that comes back may ask for what it misses meanwhile.
        connection.reader.keep(connection.shared.settings().resume_time);
    }
    if end == End::Broken {
        return;
    }
    if end == End::Told {
        let _ = timeout(LAST_WORDS, client.flush(stream)).await;
        connection.jobs.done().await;
    }
    let session = connection.session.as_ref().map(|session| &**session.uuid());
    frame::notice(&mut client.out, session);
    if let Ok(Ok(())) = timeout(LAST_WORDS, client.flush(stream)).await {
        let _ = timeout(LAST_WORDS, hear_out(stream)).await;
    }
}

/// Closes our side and reads on until the client has closed its own: what it sent and nobody read
/// would make the system take back our last words.
async fn hear_out(stream: &TcpStream) {
    if socket2::SockRef::from(stream).shutdown(std::net::Shutdown::Write).is_err() {
        return;
    }
    let mut chunk = [0; CHUNK];
    for _ in 0..MAX_UNREAD {
        if stream.readable().await.is_err() {
            return;
        }
        match stream.try_read(&mut chunk) {
            Ok(0) => return,
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return,
            Ok(_) | Err(_) => {}
        }
    }
}

/// The client's bytes, both ways.
pub(crate) struct Client {
    parser: Parser,
    out: BytesMut,
    /// It closed its side.
    closed: bool,
    /// Before it has said anything that counts, it has until then.
    deadline: Option<Instant>,
    /// The first packet of an outbound connection that is not `connect` is not answered.
    first: bool,
    /// The call has ended, and the connection was told so.
    over: bool,
}

enum Wake {
    Readable,
    Writable,
    News,
    Log(String),
    Diverted(Event),
    Over,
    Late,
    Closing,
}

impl Client {
    /// One that has not said anything.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            parser: Parser::new(limits),
            out: BytesMut::new(),
            closed: false,
            deadline: None,
            first: true,
            over: false,
        }
    }

    /// What is sent next.
    pub(crate) fn out(&mut self) -> &mut BytesMut {
        &mut self.out
    }

    /// Ends the connection unless a command comes until then.
    pub(crate) fn expect(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    /// Serves until the end. With `hand_back`, the end of the call is an end, too.
    pub(crate) async fn run(
        &mut self,
        connection: &mut Connection,
        stream: &TcpStream,
        hand_back: bool,
    ) -> End {
        let mut closing = connection.shared.closing.subscribe();
        loop {
            let busy = match self.commands(connection, stream).await {
                Ok(busy) => busy,
                Err(end) => return end,
            };
            let more = self.events(connection);
            if let Err(end) = self.write(stream) {
                return end;
            }
            if (busy || more) && self.room() {
                tokio::task::yield_now().await;
                continue;
            }
            if self.closed && !busy {
                return End::Closed;
            }
            let room = self.room();
            let over = connection.session.clone().filter(|_| !self.over);
            let wait_gone = !hand_back;
            let wake = tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => Wake::Closing,
                result = stream.writable(), if !self.out.is_empty() => match result {
                    Ok(()) => Wake::Writable,
                    Err(_) => return End::Broken,
                },
                result = stream.readable(), if room && !self.closed => match result {
                    Ok(()) => Wake::Readable,
                    Err(_) => return End::Broken,
                },
                () = connection.reader.changed(), if room => Wake::News,
                line = next_line(&mut connection.log), if room => Wake::Log(line),
                event = next_diverted(&mut connection.diversion), if room => Wake::Diverted(event),
                () = ended(over, wait_gone) => Wake::Over,
                () = late(self.deadline) => Wake::Late,
            };
            match wake {
                Wake::Readable => {
                    if let Err(end) = self.read(stream) {
                        return end;
                    }
                }
                Wake::Writable | Wake::News => {}
                Wake::Log(line) => frame::put(&mut self.out, &line),
                Wake::Diverted(event) => frame::event(&mut self.out, &event, connection.format),
                Wake::Over => {
                    if hand_back {
                        return End::Over;
                    }
                    if !self.call_ended(connection) {
                        return End::Told;
                    }
                }
                Wake::Late | Wake::Closing => return End::Told,
            }
        }
    }

    fn room(&self) -> bool {
        self.out.len() < HIGH_WATER
    }

    /// Answers what came; true when there may be more.
    async fn commands(
        &mut self,
        connection: &mut Connection,
        stream: &TcpStream,
    ) -> Result<bool, End> {
        for _ in 0..IN_A_ROW {
            if !self.room() {
                return Ok(true);
            }
            match self.parser.request() {
                Ok(None) => return Ok(false),
                Ok(Some(request)) => self.command(connection, stream, request).await?,
                Err(fault) => {
                    tracing::info!(client = %connection.address, "event socket: {fault}");
                    // FreeSWITCH says nothing at all here; a client should know what it did.
                    if fault != Fault::BadLength {
                        frame::reply(&mut self.out, &format!("-ERR {fault}"), &[]);
                    }
                    return Err(End::Told);
                }
            }
        }
        Ok(true)
    }

    async fn command(
        &mut self,
        connection: &mut Connection,
        stream: &TcpStream,
        request: Request,
    ) -> Result<(), End> {
        let first = std::mem::take(&mut self.first);
        if first && connection.outbound() {
            self.deadline = None;
            if !starts_with(&request.line, "connect") {
                return Ok(());
            }
        }
        let answer = {
            let run = verb::run(connection, &request);
            tokio::pin!(run);
            loop {
                // What was answered before does not wait for this one.
                tokio::select! {
                    biased;
                    answer = &mut run => break answer,
                    result = stream.writable(), if !self.out.is_empty() => match result {
                        Ok(()) => self.write(stream)?,
                        Err(_) => return Err(End::Broken),
                    },
                }
            }
        };
        if connection.rights.is_none() {
            self.deadline = Some(Instant::now() + connection.shared.settings().auth_timeout);
        } else if self.deadline.is_some() && !self.over {
            // It has logged in just now.
            self.deadline = None;
            connection.stranger = None;
            self.parser.limit(connection.shared.limits());
        }
        match answer {
            Answer::Reply(text, headers) => frame::reply(&mut self.out, &text, &headers),
            Answer::Api(output) => frame::api(&mut self.out, &output),
            Answer::Data(data) => frame::put(&mut self.out, &data),
            Answer::End(text) => {
                frame::reply(&mut self.out, &text, &[]);
                return Err(End::Told);
            }
        }
        Ok(())
    }

    /// Sends what happened; true when there may be more.
    fn events(&mut self, connection: &mut Connection) -> bool {
        for _ in 0..IN_A_ROW {
            if !self.room() {
                return true;
            }
            match connection.reader.next() {
                None => return false,
                Some(Found::Gap(gap)) => {
                    let event = missed(connection, gap);
                    frame::event(&mut self.out, &event, connection.format);
                }
                Some(Found::Event(event)) => {
                    if connection.filters.pass(&event) {
                        frame::event(&mut self.out, &event, connection.format);
                    }
                }
            }
        }
        true
    }

    /// The call has ended; false when the connection ends with it.
    pub(crate) fn call_ended(&mut self, connection: &mut Connection) -> bool {
        self.over = true;
        while self.events(connection) && self.room() {}
        let Some(session) = &connection.session else { return false };
        let (seconds, deadline) = match connection.linger {
            Linger::No => return false,
            Linger::Forever => (-1, None),
            Linger::For(time) => {
                let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
                (seconds, Some(Instant::now() + time))
            }
        };
        frame::lingers(&mut self.out, session.uuid(), session.name(), seconds);
        self.deadline = deadline;
        true
    }

    fn read(&mut self, stream: &TcpStream) -> Result<(), End> {
        let mut chunk = [0; CHUNK];
        match stream.try_read(&mut chunk) {
            Ok(0) => self.closed = true,
            Ok(length) => self.parser.feed(chunk.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return Err(End::Broken),
        }
        Ok(())
    }

    fn write(&mut self, stream: &TcpStream) -> Result<(), End> {
        while !self.out.is_empty() {
            match stream.try_write(&self.out) {
                Ok(written) => self.out.advance(written),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(End::Broken),
            }
        }
        if self.out.capacity() > HIGH_WATER {
            // What one large reply took is given back.
            self.out = BytesMut::new();
        }
        Ok(())
    }

    /// Sends all that waits.
    pub(crate) async fn flush(&mut self, stream: &TcpStream) -> Result<(), End> {
        loop {
            self.write(stream)?;
            if self.out.is_empty() {
                return Ok(());
            }
            stream.writable().await.map_err(|_| End::Broken)?;
        }
    }
}

/// The event that tells a client what it missed.
fn missed(connection: &Connection, gap: Gap) -> Event {
    let mut event = connection.switch().events().custom("ringfence::gap");
    event.set("Gap-First", gap.first.to_string()).set("Gap-Last", gap.last.to_string());
    if let Some(events) = gap.events {
        event.set("Gap-Events", events.to_string());
    }
    event
}

fn starts_with(line: &str, word: &str) -> bool {
    line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

async fn next_line(log: &mut Option<crate::log::Reader>) -> String {
    match log {
        Some(log) => {
            let (line, missed) = log.next().await;
            line.frame(missed)
        }
        None => std::future::pending().await,
    }
}

async fn next_diverted(diversion: &mut Option<crate::divert::Diversion>) -> Event {
    match diversion {
        Some(diversion) => diversion.next().await,
        None => std::future::pending().await,
    }
}

/// Waits for the call to end or to be transferred; with `gone`, until its end has been reported.
async fn ended(session: Option<ringfence_switch::Session>, gone: bool) {
    match session {
        Some(session) if gone => session.gone().await,
        Some(session) => {
            session.interrupted().await;
        }
        None => std::future::pending().await,
    }
}

async fn late(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
