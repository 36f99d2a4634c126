//! SIP text, read with the naked eye: independent of the server's own parser on purpose.

use std::net::UdpSocket;
use std::time::Duration;

/// A received message.
#[derive(Clone, Debug)]
pub struct Message {
    /// The request or status line.
    pub first: String,
    headers: Vec<(String, String)>,
    /// What follows the empty line.
    pub body: String,
}

impl Message {
    /// Takes a datagram apart; none when it is not SIP.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(datagram);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let first = lines.next()?.to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Some(Self { first, headers, body: body.to_owned() })
    }

    /// The status of a response; none for a request.
    pub fn status(&self) -> Option<u16> {
        self.first.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// The method of a request, or of the request that a response answers.
    pub fn method(&self) -> &str {
        match self.status() {
            None => self.first.split(' ').next().unwrap_or_default(),
            Some(_) => self.header("cseq").and_then(|cseq| cseq.split(' ').nth(1)).unwrap_or(""),
        }
    }

    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// All headers of that name (lower case), in order.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| &**value)
    }
}

/// Asks the server on this port with OPTIONS; its status, or none when nothing came back soon.
pub fn options(port: u16) -> Option<u16> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
    let local = socket.local_addr().unwrap();
    let request = format!(
        "OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\n\
         Via: SIP/2.0/UDP {local};rport;branch=z9hG4bKready{}\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:test@{local}>;tag=ready\r\n\
         To: <sip:127.0.0.1:{port}>\r\n\
         Call-ID: ready-{}@test\r\n\
         CSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n",
        local.port(),
        local.port()
    );
    socket.send_to(request.as_bytes(), ("127.0.0.1", port)).ok()?;
    let mut buffer = [0; 65_536];
    let length = socket.recv(&mut buffer).ok()?;
    Message::read(&buffer[..length])?.status()
}
