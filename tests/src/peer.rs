//! A phone that is called and answers as it is told.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::message::Message;

/// What the peer does with an INVITE: the lines of its responses, each as `180 Ringing`, with
/// further header lines after CRLF if any. It answers nothing else, and acknowledges CANCEL and BYE.
pub type Answers = Box<dyn Fn(&str) -> Vec<String> + Send>;

/// A called phone over UDP, on a thread of its own.
pub struct Peer {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// `answers` is asked with the user part of the URI that was called.
    pub fn start(answers: impl Fn(&str) -> Vec<String> + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let answers: Answers = Box::new(answers);
        let thread = std::thread::spawn(move || serve(&socket, &answers, &stopped));
        Self { port, stop, thread: Some(thread) }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, answers: &Answers, stop: &AtomicBool) {
    socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut buffer = [0; 65_536];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let Some(request) = Message::read(&buffer[..length]) else { continue };
        let lines = match request.method() {
            _ if request.status().is_some() => continue,
            "INVITE" => answers(user(&request.first)),
            "CANCEL" | "BYE" => vec!["200 OK".to_owned()],
            _ => continue,
        };
        for line in lines {
            let response = response(&request, &line);
            socket.send_to(response.as_bytes(), from).unwrap();
        }
    }
}

/// `1000` of `INVITE sip:1000@host SIP/2.0`.
fn user(line: &str) -> &str {
    let uri = line.split(' ').nth(1).unwrap_or_default();
    let address = uri.split_once(':').map_or(uri, |(_, address)| address);
    address.split(['@', ';']).next().unwrap_or_default()
}

fn response(request: &Message, line: &str) -> String {
    let mut text = format!("SIP/2.0 {line}\r\n");
    for name in ["Via", "From", "Call-ID", "CSeq"] {
        for value in request.headers(&name.to_ascii_lowercase()) {
            text += &format!("{name}: {value}\r\n");
        }
    }
    let to = request.header("to").unwrap_or_default();
    text + &format!("To: {to};tag=peer\r\nContent-Length: 0\r\n\r\n")
}
