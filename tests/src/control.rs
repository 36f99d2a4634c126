//! The event socket, from outside: commands and events, as FreeSWITCH's clients have them.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::Value;

use crate::{DEADLINE, Server, eventually};

/// One connection, authenticated. Panics where a test should fail.
pub struct Control {
    stream: BufReader<TcpStream>,
    /// Events that came while something else was waited for.
    events: Vec<Value>,
}

/// What the server sends: a content type, header lines, a body.
struct Frame {
    kind: String,
    reply: String,
    body: String,
}

impl Control {
    /// Connects to the server's event socket and says the password.
    #[track_caller]
    pub fn connect(server: &Server) -> Self {
        let address = ("127.0.0.1", server.configuration.event_socket);
        // A server that answers over SIP may not listen here yet.
        let stream = eventually("the event socket", || TcpStream::connect(address).ok());
        stream.set_nodelay(true).expect("an option of TCP");
        let mut control = Self { stream: BufReader::new(stream), events: Vec::new() };
        assert_eq!(control.frame().kind, "auth/request");
        control.command("auth ClueCon");
        control
    }

    /// Runs an API command and answers what it answers, without the line's end.
    #[track_caller]
    pub fn api(&mut self, command: &str) -> String {
        self.send(&format!("api {command}"));
        self.wait("api/response").body.trim_end().to_owned()
    }

    /// Says a command of the event socket itself, and answers the reply.
    #[track_caller]
    pub fn command(&mut self, command: &str) -> String {
        self.send(command);
        let reply = self.wait("command/reply").reply;
        assert!(reply.starts_with("+OK"), "{command}: {reply}");
        reply
    }

    /// Waits for an event that fits; it must have been asked for with `event json …`. Others are
    /// dropped.
    #[track_caller]
    pub fn event(&mut self, what: &str, mut fits: impl FnMut(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for: {what}");
            let event = match self.events.is_empty() {
                false => self.events.remove(0),
                true => json(&self.wait("text/event-json")),
            };
            if fits(&event) {
                return event;
            }
        }
    }

    fn send(&mut self, command: &str) {
        assert!(!command.contains('\n'), "a command is one line: {command}");
        let stream = self.stream.get_mut();
        stream.write_all(format!("{command}\n\n").as_bytes()).expect("the server takes commands");
    }

    /// The next frame of that kind; events are kept, what else comes is dropped.
    #[track_caller]
    fn wait(&mut self, kind: &str) -> Frame {
        loop {
            let frame = self.frame();
            if frame.kind == kind {
                return frame;
            }
            if frame.kind == "text/event-json" {
                self.events.push(json(&frame));
            }
        }
    }

    #[track_caller]
    fn frame(&mut self) -> Frame {
        self.stream.get_ref().set_read_timeout(Some(DEADLINE)).expect("a time");
        let mut frame = Frame { kind: String::new(), reply: String::new(), body: String::new() };
        let mut length = 0;
        loop {
            let mut line = String::new();
            match self.stream.read_line(&mut line) {
                Ok(0) => panic!("the server has closed the event socket"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    panic!("nothing came from the event socket for {DEADLINE:?}")
                }
                Err(error) => panic!("the event socket: {error}"),
            }
            match line.trim_end().split_once(": ") {
                None => break,
                Some(("Content-Type", kind)) => kind.clone_into(&mut frame.kind),
                Some(("Reply-Text", reply)) => reply.clone_into(&mut frame.reply),
                Some(("Content-Length", octets)) => length = octets.parse().expect("a length"),
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the body that was announced");
        frame.body = String::from_utf8_lossy(&body).into_owned();
        frame
    }
}

fn json(frame: &Frame) -> Value {
    serde_json::from_str(&frame.body).unwrap_or_else(|error| panic!("{error}: {}", frame.body))
}

impl Server {
    /// Runs an API command on a connection of its own, and answers what it answers, without the
    /// line's end.
    #[track_caller]
    pub fn api(&self, command: &str) -> String {
        Control::connect(self).api(command)
    }
}
