//! A phone in the test's hand: every message is sent when the test says so.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::DEADLINE;
use crate::message::Message;

static CALLS: AtomicU32 = AtomicU32::new(0);

/// One call over UDP, with a port for RTP. Panics where a test should fail. Sends nothing by
/// itself: no retransmissions, no ACK that was not asked for.
pub struct Caller {
    sip: UdpSocket,
    /// Where it hears and speaks.
    pub rtp: UdpSocket,
    server: SocketAddr,
    /// The body of the INVITE.
    pub offer: String,
    /// The display name in From.
    pub name: String,
    call_id: String,
    extension: String,
    /// The To header, with the tag that the server gave.
    to: String,
    cseq: u32,
    invite_cseq: u32,
    branch: u32,
    remote_rtp: Option<SocketAddr>,
    sequence: u16,
    timestamp: u32,
}

impl Caller {
    /// A phone for the server on this port of 127.0.0.1.
    pub fn new(port: u16) -> Self {
        let sip = UdpSocket::bind("127.0.0.1:0").unwrap();
        let rtp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let number = CALLS.fetch_add(1, Ordering::Relaxed);
        let offer = sdp(rtp.local_addr().unwrap(), "0 8 101", "");
        Self {
            call_id: format!("{}-{number}@test", std::process::id()),
            sip,
            rtp,
            server: ([127, 0, 0, 1], port).into(),
            offer,
            name: "Test".to_owned(),
            extension: String::new(),
            to: String::new(),
            cseq: 0,
            invite_cseq: 0,
            branch: 0,
            remote_rtp: None,
            sequence: 0,
            timestamp: 0,
        }
    }

    /// Dials.
    pub fn invite(&mut self, extension: &str) {
        extension.clone_into(&mut self.extension);
        self.to = format!("<sip:{extension}@{}>", self.server);
        self.cseq += 1;
        self.branch += 1;
        self.invite_cseq = self.cseq;
        let body = self.offer.clone();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        self.send("INVITE", self.cseq, kind, &body);
    }

    /// Offers something else in the middle of the call, and answers the response.
    pub fn reinvite(&mut self, offer: &str) -> Message {
        self.cseq += 1;
        self.branch += 1;
        self.invite_cseq = self.cseq;
        self.send("INVITE", self.cseq, "Content-Type: application/sdp\r\n", offer);
        let response = self.final_response();
        self.ack();
        response
    }

    /// Waits until the call is answered, acknowledges it, and answers the 200.
    #[track_caller]
    pub fn answered(&mut self) -> Message {
        let response = self.final_response();
        assert_eq!(response.status(), Some(200), "{response:?}");
        self.ack();
        response
    }

    /// Waits until the call is refused, acknowledges it, and answers the response.
    #[track_caller]
    pub fn refused(&mut self) -> Message {
        let response = self.final_response();
        assert!(response.status() >= Some(300), "{response:?}");
        // The ACK of a refusal belongs to the INVITE's transaction: same branch.
        self.ack_with(self.branch);
        response
    }

    /// Waits for the final response to the last INVITE.
    #[track_caller]
    pub fn final_response(&mut self) -> Message {
        let cseq = format!("{} INVITE", self.invite_cseq);
        let response = self.wait("a final response", |message| {
            message.status() >= Some(200) && message.header("cseq") == Some(&cseq)
        });
        self.learn(&response);
        response
    }

    /// Waits for a provisional response with this status.
    #[track_caller]
    pub fn provisional(&mut self, status: u16) -> Message {
        let response = self.wait("a provisional response", |m| m.status() == Some(status));
        self.learn(&response);
        response
    }

    fn learn(&mut self, response: &Message) {
        if let Some(to) = response.header("to") {
            to.clone_into(&mut self.to);
        }
        let mut address = None;
        for line in response.body.lines() {
            if let Some(ip) = line.strip_prefix("c=IN IP4 ") {
                address = ip.trim().parse().ok();
            }
            if let Some(media) = line.strip_prefix("m=audio ") {
                let port = media.split(' ').next().and_then(|port| port.parse().ok());
                if let (Some(ip), Some(port)) = (address, port) {
                    self.remote_rtp = Some(SocketAddr::new(ip, port));
                }
            }
        }
    }

    /// Acknowledges an answer.
    pub fn ack(&mut self) {
        self.branch += 1;
        self.ack_with(self.branch);
    }

    fn ack_with(&self, branch: u32) {
        self.send_with("ACK", self.invite_cseq, branch, "", "");
    }

    /// Ends the call, and answers the response to BYE.
    #[track_caller]
    pub fn bye(&mut self) -> Message {
        self.request("BYE", "", "")
    }

    /// Gives up the INVITE that has no final response yet. Does not wait.
    pub fn cancel(&self) {
        self.cancel_with("");
    }

    /// The same with one more header; empty is none.
    pub fn cancel_with(&self, header: &str) {
        let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        self.send_with("CANCEL", self.invite_cseq, self.branch, &header, "");
    }

    /// Sends a request within the call (`headers` end with CRLF each), and answers its response.
    #[track_caller]
    pub fn request(&mut self, method: &str, headers: &str, body: &str) -> Message {
        self.cseq += 1;
        self.branch += 1;
        self.send(method, self.cseq, headers, body);
        let cseq = format!("{} {method}", self.cseq);
        self.wait("a response", |message| {
            message.status() >= Some(200) && message.header("cseq") == Some(&cseq)
        })
    }

    /// Waits until the server ends the call, and says 200 to its BYE, which is answered.
    #[track_caller]
    pub fn ended(&mut self) -> Message {
        let bye =
            self.wait("BYE", |message| message.status().is_none() && message.method() == "BYE");
        self.respond(&bye, "200 OK");
        bye
    }

    /// Answers a request of the server.
    pub fn respond(&self, request: &Message, status: &str) {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for value in request.headers(&name.to_ascii_lowercase()) {
                text += &format!("{name}: {value}\r\n");
            }
        }
        text += "Content-Length: 0\r\n\r\n";
        self.sip.send_to(text.as_bytes(), self.server).unwrap();
    }

    fn send(&self, method: &str, cseq: u32, headers: &str, body: &str) {
        self.send_with(method, cseq, self.branch, headers, body);
    }

    fn send_with(&self, method: &str, cseq: u32, branch: u32, headers: &str, body: &str) {
        let local = self.sip.local_addr().unwrap();
        let text = format!(
            "{method} sip:{}@{} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {local};rport;branch=z9hG4bK{branch}{}\r\n\
             Max-Forwards: 70\r\n\
             From: \"{}\" <sip:1000@{local}>;tag=caller\r\n\
             To: {}\r\n\
             Call-ID: {}\r\n\
             CSeq: {cseq} {method}\r\n\
             Contact: <sip:1000@{local}>\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            self.extension,
            self.server,
            self.call_id.replace('@', ""),
            self.name,
            if method == "CANCEL" || self.to.is_empty() {
                self.original_to()
            } else {
                self.to.clone()
            },
            self.call_id,
            body.len(),
        );
        self.sip.send_to(text.as_bytes(), self.server).unwrap();
    }

    fn original_to(&self) -> String {
        format!("<sip:{}@{}>", self.extension, self.server)
    }

    /// Waits for a message that fits; others are dropped.
    #[track_caller]
    pub fn wait(&self, what: &str, mut fits: impl FnMut(&Message) -> bool) -> Message {
        let start = Instant::now();
        let mut seen = Vec::new();
        while start.elapsed() < DEADLINE {
            let Some(message) = self.message(Duration::from_millis(500)) else { continue };
            if fits(&message) {
                return message;
            }
            seen.push(message.first);
        }
        panic!("waited {DEADLINE:?} in vain for {what}; there came {seen:?}");
    }

    /// The next message, if one comes within that time.
    pub fn message(&self, within: Duration) -> Option<Message> {
        let mut buffer = [0; 65_536];
        self.sip.set_read_timeout(Some(within)).unwrap();
        let length = self.sip.recv(&mut buffer).ok()?;
        Message::read(&buffer[..length])
    }

    /// Sends these octets to the server as they are.
    pub fn raw(&self, datagram: &[u8]) {
        self.sip.send_to(datagram, self.server).unwrap();
    }

    /// Where the server wants RTP; known once it was told in an answer or in early media.
    #[track_caller]
    pub fn remote_rtp(&self) -> SocketAddr {
        self.remote_rtp.expect("the server has answered with SDP")
    }

    /// Speaks: PCMU octets, 20 ms a packet, in real time.
    pub fn say(&mut self, sound: &[u8]) {
        let mut due = Instant::now();
        for payload in sound.chunks(160) {
            let packet = self.packet(0, payload);
            let _ = self.rtp.send_to(&packet, self.remote_rtp());
            self.timestamp = self.timestamp.wrapping_add(160);
            due += Duration::from_millis(20);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }

    /// Presses a key for 100 ms, as RFC 4733 says: the end is sent three times.
    pub fn press(&mut self, digit: char) {
        let event = "0123456789*#ABCD".find(digit).expect("a key") as u8;
        for (duration, end) in
            [(160, 0), (320, 0), (480, 0), (640, 0), (800, 0x80), (800, 0x80), (800, 0x80)]
        {
            let payload = [event, end | 10, (duration >> 8) as u8, duration as u8];
            let packet = self.packet(101, &payload);
            let _ = self.rtp.send_to(&packet, self.remote_rtp());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.timestamp = self.timestamp.wrapping_add(960);
    }

    fn packet(&mut self, kind: u8, payload: &[u8]) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        packet(kind, self.sequence, self.timestamp, payload)
    }

    /// The next RTP payload and its type, if one comes within that time.
    pub fn hear(&self, within: Duration) -> Option<(u8, Vec<u8>)> {
        let mut buffer = [0; 2048];
        self.rtp.set_read_timeout(Some(within)).unwrap();
        let length = self.rtp.recv(&mut buffer).ok()?;
        (length >= 12).then(|| (buffer[1] & 0x7f, buffer[12..length].to_vec()))
    }

    /// Waits until it has heard so many packets of sound.
    #[track_caller]
    pub fn hears(&self, packets: usize) -> Vec<u8> {
        let start = Instant::now();
        let mut sound = Vec::new();
        while sound.len() < packets * 160 {
            assert!(start.elapsed() < DEADLINE, "heard only {} octets", sound.len());
            if let Some((0, payload)) = self.hear(Duration::from_millis(500)) {
                sound.extend(payload);
            }
        }
        sound
    }
}

/// A session description for a phone that listens there.
pub fn sdp(rtp: SocketAddr, payload_types: &str, attributes: &str) -> String {
    let ip = rtp.ip();
    let port = rtp.port();
    let mut text = format!(
        "v=0\r\no=test 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP {payload_types}\r\n"
    );
    if payload_types.contains("101") {
        text += "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n";
    }
    text + attributes
}

/// An RTP packet.
pub fn packet(kind: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, kind];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(0x5eed_u32.to_be_bytes());
    packet.extend(payload);
    packet
}
