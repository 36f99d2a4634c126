//! A switch with an event socket on a free port. Its calls are `null` legs, its media a network in
//! memory; the event socket is real TCP.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ringfence_control::EventSocket;
use ringfence_media::Media;
use ringfence_rim::{Clock, Network};
use ringfence_switch::command::{Command, CommandContext};
use ringfence_switch::config::{Configuration, EventSocketSettings};
use ringfence_switch::switch::Module;
use ringfence_switch::variable::Variables;
use ringfence_switch::{Session, Setup, Switch, xml};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For what must come; far more than a busy machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const DIRECTORY: &str = r#"<section name="directory"><domain name="127.0.0.1">
  <params><param name="esl-allowed-api" value="echo version"/></params>
  <groups><group name="all"><users><user id="esl"><params>
    <param name="esl-password" value="secret"/>
    <param name="esl-allowed-events" value="API HEARTBEAT"/>
    <param name="esl-allowed-log" value="false"/>
  </params></user></users></group></groups></domain></section>"#;

/// A server.
pub(crate) struct Rig {
    pub(crate) switch: Switch,
    pub(crate) socket: EventSocket,
}

impl Rig {
    /// With these parameters of event_socket.conf, and these extensions of the dialplan.
    pub(crate) async fn new(parameters: &[(&str, &str)], extensions: &str) -> Self {
        let parameters: String = parameters
            .iter()
            .map(|(name, value)| format!("<param name=\"{name}\" value=\"{value}\"/>"))
            .collect();
        let text = format!(
            "<document><section name=\"configuration\">\
             <configuration name=\"switch.conf\"><settings>\
             <param name=\"sessions-per-second\" value=\"1000\"/></settings></configuration>\
             <configuration name=\"event_socket.conf\"><settings>{parameters}</settings>\
             </configuration></section>{DIRECTORY}\
             <section name=\"dialplan\"><context name=\"default\">{extensions}</context>\
             <context name=\"public\">{extensions}</context></section>\
             </document>"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("freeswitch.xml");
        std::fs::write(&path, text).unwrap();
        let (mut faults, mut globals) = (Vec::new(), Variables::new());
        let root = xml::load(&path, &mut globals, &mut faults).unwrap();
        let configuration = Configuration::read(root, globals, &mut faults);
        let media = ringfence_media::Config::default();
        let mut settings: EventSocketSettings = configuration.event_socket.clone().unwrap();
        settings.port = 0;
        let switch = Switch::new(Setup {
            configuration,
            directory: None,
            sip: None,
            media: Media::simulated(media, Network::new()).unwrap(),
            clock: Clock::System,
            hostname: "test".into(),
        });
        switch.register(Module { name: "mod_test", commands: vec![msleep()], ..Module::default() });
        let socket = EventSocket::start(switch.clone(), settings).await.unwrap();
        Self { switch, socket }
    }

    /// Runs an API command.
    pub(crate) async fn api(&self, line: &str) -> String {
        let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
        self.switch.command(name, arguments, None).await.unwrap()
    }

    /// A parked call without a far end.
    pub(crate) async fn call(&self) -> Session {
        let answer = self.api("originate null/x &park()").await;
        let session = self.switch.session(answer.strip_prefix("+OK ").unwrap().trim()).unwrap();
        until(|| session.state().name() == "CS_EXECUTE").await;
        session
    }

    /// A client that has not logged in.
    pub(crate) async fn stranger(&self) -> Client {
        Client { stream: TcpStream::connect(self.socket.address().unwrap()).await.unwrap() }
    }

    /// A client that has.
    pub(crate) async fn client(&self) -> Client {
        let mut client = self.stranger().await;
        assert_eq!(client.message().await, "Content-Type: auth/request\n\n");
        client.send("auth ClueCon\n\n").await;
        let accepted = client.message().await;
        assert_eq!(accepted, "Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
        client
    }
}

/// `msleep`, which takes its time.
fn msleep() -> Command {
    Command::new("msleep", "<ms>", "Sleep", "Sleeps.", async |_: CommandContext, ms: String| {
        tokio::time::sleep(Duration::from_millis(ms.parse().unwrap_or(0))).await;
        "+OK".to_owned()
    })
}

/// A client of the event socket.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

impl Client {
    /// Sends this.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next message: head, blank line, body. Empty at the end of the connection.
    pub(crate) async fn message(&mut self) -> String {
        self.message_in(PATIENCE).await.expect("a message within the patience of this test")
    }

    /// The same, unless none comes within that time.
    pub(crate) async fn message_in(&mut self, patience: Duration) -> Option<String> {
        let read = async {
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"\n\n") {
                match self.stream.read_u8().await {
                    Ok(byte) => bytes.push(byte),
                    Err(_) => break,
                }
            }
            let head = String::from_utf8_lossy(&bytes).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length = length.map_or(0, |length| length.parse().unwrap_or(0));
            let mut body = vec![0; length];
            if !head.starts_with("Event-Name: CHANNEL_DATA") {
                self.stream.read_exact(&mut body).await.unwrap();
            }
            head + &String::from_utf8_lossy(&body)
        };
        timeout(patience, read).await.ok()
    }

    /// Sends a command and answers the text of its reply, or its output.
    pub(crate) async fn ask(&mut self, command: &str) -> String {
        self.send(format!("{command}\n\n")).await;
        loop {
            let message = self.message().await;
            if message.starts_with("Content-Type: command/reply") {
                let reply = message.lines().find_map(|line| line.strip_prefix("Reply-Text: "));
                return reply.unwrap_or_default().to_owned();
            }
            if let Some((head, body)) = message.split_once("\n\n")
                && head.contains("api/response")
            {
                return body.to_owned();
            }
            assert!(!message.is_empty(), "the connection ended instead of answering {command}");
        }
    }

    /// Waits for the end of the connection; answers what came before it.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = self.stream.read_to_end(&mut bytes);
        timeout(PATIENCE, read).await.expect("the connection ends").unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Waits until it holds.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("it holds within the patience of this test");
}

/// A listener for outbound connections.
pub(crate) async fn listener() -> (tokio::net::TcpListener, SocketAddr) {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
