//! A whole switch on a network in memory, and a peer that is written by hand.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use ringfence_media::Media;
use ringfence_rim::{Clock, Network, Socket};
use ringfence_sip::{Listen, Stack};
use ringfence_switch::config::Configuration;
use ringfence_switch::event::{EventName, Filter, Subscription};
use ringfence_switch::variable::Variables;
use ringfence_switch::{Cause, Session, Setup, Switch, xml};
use tokio::time::timeout;

pub(crate) const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n\
                         m=audio 4000 RTP/AVP 0\r\n";
/// An offer of codecs that nobody here has.
pub(crate) const G729: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n\
                        m=audio 4000 RTP/AVP 18\r\n";

/// `<extension>`s as a dialplan of the context `default`, with the SIP profile `test`.
pub(crate) fn configuration(dialplan: &str) -> Configuration {
    let text = format!(
        "<document>\
         <section name=\"configuration\">\
         <configuration name=\"switch.conf\"><settings>\
         <param name=\"max-sessions\" value=\"50\"/>\
         <param name=\"sessions-per-second\" value=\"1000\"/></settings></configuration>\
         <configuration name=\"sofia.conf\"><profiles><profile name=\"test\"><settings>\
         <param name=\"rtp-timeout-sec\" value=\"600\"/>\
         <param name=\"sip-ip\" value=\"192.0.2.1\"/><param name=\"sip-port\" value=\"5060\"/>\
         </settings></profile></profiles></configuration>\
         </section>\
         <section name=\"dialplan\">{dialplan}</section></document>"
    );
    let mut faults = Vec::new();
    let mut globals = Variables::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("freeswitch.xml");
    std::fs::write(&path, text).unwrap();
    let root = xml::load(&path, &mut globals, &mut faults).unwrap();
    Configuration::read(root, globals, &mut faults)
}

/// The context `default` with these extensions: (number, actions).
pub(crate) fn extensions(extensions: &[(&str, &str)]) -> String {
    let each = extensions.iter().map(|(number, actions)| {
        let actions: String = actions
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| {
                let (name, data) = line.split_once(' ').unwrap_or((line, ""));
                format!("<action application=\"{name}\" data=\"{data}\"/>")
            })
            .collect();
        format!(
            "<extension name=\"{number}\"><condition field=\"destination_number\" \
             expression=\"^{number}$\">{actions}</condition></extension>"
        )
    });
    format!("<context name=\"default\">{}</context>", each.collect::<String>())
}

pub(crate) struct Rig {
    pub(crate) switch: Switch,
    pub(crate) peer: Peer,
}

impl Rig {
    /// With these extensions.
    pub(crate) fn new(list: &[(&str, &str)]) -> Self {
        Self::with(configuration(&extensions(list)))
    }

    pub(crate) fn with(configuration: Configuration) -> Self {
        let network = Network::new();
        let mut listen = Listen::udp("192.0.2.1:5060".parse().unwrap());
        listen.profile = "test".into();
        let config = ringfence_sip::Config { listen: vec![listen], ..Default::default() };
        let sip = Stack::simulated(config, network.clone()).unwrap();
        let media = Media::simulated(
            ringfence_media::Config {
                timeout: Some(Duration::from_secs(60)),
                ..Default::default()
            },
            network.clone(),
        )
        .unwrap();
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let switch = Switch::new(Setup {
            configuration,
            directory: None,
            sip: Some(sip),
            media,
            clock: Clock::simulated(start),
            hostname: "test".into(),
        });
        let socket = network.bind("192.0.2.2:5060".parse().unwrap()).unwrap();
        Self { switch, peer: Peer { socket, network } }
    }

    /// Runs an API command.
    pub(crate) async fn api(&self, line: &str) -> String {
        let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
        self.switch.command(name, arguments, None).await.unwrap()
    }

    /// A parked call without a far end.
    pub(crate) async fn null(&self) -> Session {
        let answer = self.api("originate null/x &park()").await;
        let uuid = answer.strip_prefix("+OK ").unwrap().trim();
        let session = self.switch.session(uuid).unwrap();
        until(|| session.state().name() == "CS_EXECUTE").await;
        session
    }

    /// All events of these names from now on.
    pub(crate) fn listen(&self, names: &[EventName]) -> Subscription {
        let filter = names.iter().fold(Filter::none(), |filter, name| filter.with(*name));
        self.switch.events().subscribe(filter, 1000)
    }

    /// The one call there is.
    pub(crate) async fn only(&self) -> Session {
        until(|| !self.switch.sessions().is_empty()).await;
        self.switch.sessions().remove(0)
    }

    /// Everything ended as it should: no session is left.
    pub(crate) async fn empty(&self) {
        soon(self.switch.idle()).await;
        assert!(self.switch.sessions().is_empty());
    }
}

/// Waits for an hour of virtual time at most.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(3600), future).await.expect("nothing came within an hour")
}

/// Waits until something is true.
pub(crate) async fn until(mut condition: impl FnMut() -> bool) {
    soon(async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// How the session ended.
pub(crate) async fn cause(session: &Session) -> Cause {
    soon(session.gone()).await;
    session.hangup_cause()
}

/// A peer that says exactly what it is told to.
pub(crate) struct Peer {
    socket: Socket,
    /// The sockets do not keep their network.
    #[expect(dead_code, reason = "kept for as long as the peer")]
    network: Network,
}

impl Peer {
    pub(crate) fn send(&self, text: &str) {
        let to: SocketAddr = "192.0.2.1:5060".parse().unwrap();
        self.socket.send_to(Bytes::copy_from_slice(text.as_bytes()), to);
    }

    /// The next message.
    pub(crate) async fn hear(&self) -> String {
        let (data, _) = soon(self.socket.recv_from()).await;
        String::from_utf8(data.to_vec()).unwrap()
    }

    /// The next message that begins so; others before it are passed over.
    pub(crate) async fn expect(&self, start: &str) -> String {
        loop {
            let text = self.hear().await;
            if text.starts_with(start) {
                return text;
            }
        }
    }

    /// The final response, acknowledged, and the statuses before it.
    pub(crate) async fn final_response(&self, call: &Dialog) -> (String, Vec<u16>) {
        let mut provisional = Vec::new();
        loop {
            let text = self.hear().await;
            let status: u16 = text.get(8..11).and_then(|status| status.parse().ok()).unwrap_or(0);
            if status >= 200 {
                self.send(&call.ack(&text));
                return (text, provisional);
            }
            if status >= 100 {
                provisional.push(status);
            }
        }
    }

    /// Calls a number and answers what comes with ACK: the call is up.
    pub(crate) async fn call_up(&self, number: &str) -> Dialog {
        let mut dialog = Dialog::new(number);
        self.send(&dialog.invite(OFFER));
        let (response, _) = self.final_response(&dialog).await;
        assert!(response.starts_with("SIP/2.0 200"), "{response}");
        dialog.to = header(&response, "To").unwrap();
        dialog
    }

    /// Answers a request of the switch.
    pub(crate) fn answer(&self, request: &str, status: &str) {
        self.send(&respond(request, status, "", ""));
    }
}

/// A call of the peer's.
pub(crate) struct Dialog {
    pub(crate) number: String,
    pub(crate) to: String,
    pub(crate) cseq: std::cell::Cell<u32>,
}

impl Dialog {
    pub(crate) fn new(number: &str) -> Self {
        Self {
            number: number.to_owned(),
            to: format!("<sip:{number}@192.0.2.1>"),
            cseq: std::cell::Cell::new(1),
        }
    }

    pub(crate) fn invite(&self, body: &str) -> String {
        self.request("INVITE", 1, "", body)
    }

    pub(crate) fn cancel(&self, headers: &str) -> String {
        self.request("CANCEL", 1, headers, "")
    }

    /// ACK for a final response: within the INVITE's transaction unless it is a 2xx.
    pub(crate) fn ack(&self, response: &str) -> String {
        let to = header(response, "To").unwrap();
        let cseq = header(response, "CSeq").unwrap();
        let cseq = cseq.split(' ').next().unwrap().parse().unwrap();
        let success = response.starts_with("SIP/2.0 2");
        let branch = if success { format!("ack{cseq}") } else { format!("INVITE{cseq}") };
        self.text("ACK", cseq, &to, &branch, "", "", "")
    }

    pub(crate) fn bye(&self, headers: &str) -> String {
        self.next("BYE", headers, "", "")
    }

    pub(crate) fn info(&self, content_type: &str, body: &str) -> String {
        self.next("INFO", "", content_type, body)
    }

    pub(crate) fn reinvite(&self, body: &str) -> String {
        self.next("INVITE", "", "application/sdp", body)
    }

    fn next(&self, method: &str, headers: &str, content_type: &str, body: &str) -> String {
        let cseq = self.cseq.get() + 1;
        self.cseq.set(cseq);
        let branch = format!("{method}{cseq}");
        self.text(method, cseq, &self.to, &branch, headers, content_type, body)
    }

    fn request(&self, method: &str, cseq: u32, headers: &str, body: &str) -> String {
        // CANCEL has the branch of what it cancels (RFC 3261 §9.1).
        let kind = if body.is_empty() { "" } else { "application/sdp" };
        self.text(method, cseq, &self.to, "INVITE1", headers, kind, body)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a message")]
    fn text(
        &self,
        method: &str,
        cseq: u32,
        to: &str,
        branch: &str,
        headers: &str,
        content_type: &str,
        body: &str,
    ) -> String {
        let headers = if headers.is_empty() { String::new() } else { format!("{headers}\r\n") };
        let kind = if content_type.is_empty() {
            String::new()
        } else {
            format!("Content-Type: {content_type}\r\n")
        };
        format!(
            "{method} sip:{}@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK{branch};rport\r\n\
             Max-Forwards: 70\r\nFrom: \"Alice\" <sip:1000@192.0.2.2>;tag=peer\r\n\
             To: {to}\r\nCall-ID: call\r\nCSeq: {cseq} {method}\r\nX-Color: blue\r\n\
             Contact: <sip:1000@192.0.2.2:5060>\r\n{headers}{kind}Content-Length: {}\r\n\r\n{body}",
            self.number,
            body.len()
        )
    }
}

/// The value of a header.
pub(crate) fn header(message: &str, name: &str) -> Option<String> {
    message.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// A response to a request of the switch.
pub(crate) fn respond(request: &str, status: &str, headers: &str, body: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for line in request.lines().skip(1).take_while(|line| !line.is_empty()) {
        match line.split(':').next().unwrap() {
            "To" if !line.contains(";tag=") => text.push_str(&format!("{line};tag=theirs\r\n")),
            "Via" | "From" | "To" | "Call-ID" | "CSeq" => text.push_str(&format!("{line}\r\n")),
            _ => {}
        }
    }
    if !headers.is_empty() {
        text.push_str(&format!("{headers}\r\n"));
    } else {
        text.push_str("Contact: <sip:peer@192.0.2.2:5060>\r\n");
    }
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    text.push_str(&format!("{kind}Content-Length: {}\r\n\r\n{body}", body.len()));
    text
}
