//! A stack on a network in memory, and a peer that is written by hand.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use ringfence_rim::{Network, Socket};
use ringfence_sip::wire::{NameAddr, Uri};
use ringfence_sip::{Body, CallEvent, Config, Invitation, Invite, Listen, Stack};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

pub const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n\
                         m=audio 4000 RTP/AVP 0\r\n";
pub const ANSWER: &str = "v=0\r\no=- 2 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n\
                          t=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

pub fn us() -> SocketAddr {
    "192.0.2.1:5060".parse().unwrap()
}

pub fn them() -> SocketAddr {
    "192.0.2.2:5060".parse().unwrap()
}

pub fn config(address: SocketAddr) -> Config {
    Config { listen: vec![Listen::udp(address)], user_agent: "test".into(), ..Config::default() }
}

/// A stack at 192.0.2.1 and a peer at 192.0.2.2.
pub fn one() -> (Stack, mpsc::Receiver<Invitation>, Peer) {
    one_with(config(us()))
}

pub fn one_with(config: Config) -> (Stack, mpsc::Receiver<Invitation>, Peer) {
    let network = Network::new();
    let (stack, invitations) = Stack::simulated(config, network.clone()).unwrap();
    (stack, invitations, Peer::new(&network))
}

/// Two stacks.
pub fn two() -> (Side, Side, Network) {
    let network = Network::new();
    let side = |address| {
        let (stack, invitations) = Stack::simulated(config(address), network.clone()).unwrap();
        Side { stack, invitations }
    };
    (side(us()), side(them()), network)
}

pub struct Side {
    pub stack: Stack,
    pub invitations: mpsc::Receiver<Invitation>,
}

impl Side {
    pub async fn invitation(&mut self) -> Invitation {
        soon(self.invitations.recv()).await.expect("an invitation")
    }
}

/// Waits for an hour of virtual time at most.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(3600), future).await.expect("nothing came within an hour")
}

pub async fn event(events: &mut mpsc::Receiver<CallEvent>) -> CallEvent {
    soon(events.recv()).await.expect("the channel has closed")
}

/// How the call ended; any event before it fails.
pub async fn ended(events: &mut mpsc::Receiver<CallEvent>) -> ringfence_sip::Ended {
    match event(events).await {
        CallEvent::Ended { how, .. } => how,
        other => panic!("{other:?}"),
    }
}

pub fn invite(target: &str) -> Invite {
    Invite {
        profile: "internal".into(),
        target: target.into(),
        from: NameAddr::new(Some("Caller"), Uri::parse("sip:1000@192.0.2.9").unwrap()),
        to: None,
        headers: Vec::new(),
        body: Some(Body::sdp(OFFER)),
        proxy: None,
        max_forwards: ringfence_sip::MAX_FORWARDS,
    }
}

pub fn sdp(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// A peer that says exactly what it is told to.
pub struct Peer {
    pub socket: Socket,
    pub start: Instant,
}

impl Peer {
    pub fn new(network: &Network) -> Self {
        Self { socket: network.bind(them()).unwrap(), start: Instant::now() }
    }

    pub fn send(&self, text: &str) {
        self.socket.send_to(Bytes::copy_from_slice(text.as_bytes()), us());
    }

    /// The next message.
    pub async fn hear(&self) -> String {
        let (data, _) = soon(self.socket.recv_from()).await;
        String::from_utf8(data.to_vec()).unwrap()
    }

    /// The next message, which must begin so.
    pub async fn expect(&self, start: &str) -> String {
        let text = self.hear().await;
        assert!(text.starts_with(start), "expected {start}, heard {text}");
        text
    }

    /// When messages that begin so come, in ms, until nothing has come for a minute. Others fail.
    pub async fn times(&self, start: &str) -> Vec<u128> {
        let mut times = Vec::new();
        while let Ok((data, _)) = timeout(Duration::from_secs(60), self.socket.recv_from()).await {
            assert!(data.starts_with(start.as_bytes()), "{}", String::from_utf8_lossy(&data));
            times.push(self.start.elapsed().as_millis());
        }
        times
    }

    /// Nothing comes for so long.
    pub async fn silence(&self, seconds: u64) {
        if let Ok((data, _)) = timeout(Duration::from_secs(seconds), self.socket.recv_from()).await
        {
            panic!("expected silence, heard {}", String::from_utf8_lossy(&data));
        }
    }

    /// An INVITE to us.
    pub fn invite(&self) -> String {
        request("INVITE", 1, "", OFFER)
    }

    /// Sends an INVITE and takes the invitation.
    pub async fn call(&self, invitations: &mut mpsc::Receiver<Invitation>) -> Invitation {
        self.send(&self.invite());
        soon(invitations.recv()).await.expect("an invitation")
    }

    /// A call that is up: invitation, and our tag.
    pub async fn call_up(
        &self,
        invitations: &mut mpsc::Receiver<Invitation>,
    ) -> (Invitation, String) {
        let mut invitation = self.call(invitations).await;
        invitation.call.answer(sdp(ANSWER), Vec::new()).unwrap();
        let ok = self.expect("SIP/2.0 200").await;
        let tag = tag(&ok);
        self.send(&request("ACK", 1, &tag, ""));
        let confirmed = event(&mut invitation.events).await;
        assert!(matches!(confirmed, CallEvent::Confirmed { sdp: None }), "{confirmed:?}");
        (invitation, tag)
    }
}

/// A request of the peer's call; an empty tag leaves it out.
pub fn request(method: &str, cseq: u32, tag: &str, body: &str) -> String {
    let tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let length = body.len();
    format!(
        "{method} sip:5000@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK{method}{cseq};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:1000@192.0.2.2>;tag=peer\r\n\
         To: <sip:5000@192.0.2.1>{tag}\r\nCall-ID: call\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:1000@192.0.2.2:5060>\r\n{kind}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// A response of the peer to a request of ours.
pub fn response(status: &str, request: &str, tag: &str, body: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for line in request.lines().skip(1).take_while(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap();
        match name {
            "To" if !line.contains(";tag=") && !tag.is_empty() => {
                text.push_str(&format!("{line};tag={tag}\r\n"));
            }
            "Via" | "From" | "To" | "Call-ID" | "CSeq" => {
                text.push_str(&format!("{line}\r\n"));
            }
            _ => {}
        }
    }
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    text.push_str(&format!(
        "Contact: <sip:peer@192.0.2.2:5060>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    text
}

/// The value of a header line.
pub fn header<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// The To tag.
pub fn tag(text: &str) -> String {
    header(text, "To").split(";tag=").nth(1).expect("a tag").to_owned()
}
