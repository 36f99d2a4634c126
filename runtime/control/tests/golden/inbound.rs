//! Inbound sessions: a client connects and says what was said to FreeSWITCH.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::case::{self, Case, Record};
use crate::deviations;
use crate::frame;
use crate::support::{Client, PATIENCE, Rig};

/// After so long, a message that FreeSWITCH sent does not come any more: the sessions differ.
pub(crate) const DIFFERENT: Duration = Duration::from_secs(3);

/// What a session of ours looks like, message by message, and what FreeSWITCH's did.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) theirs: Vec<String>,
    pub(crate) ours: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inbound_sessions_are_as_recorded() {
    let mut cases = case::all(|group| group != "outbound");
    // Some very long commands were not recorded byte by byte; limits.rs sends such.
    let long = |note: &str| note.starts_with("sent") || note.starts_with("received");
    cases.retain(|case| {
        !case.records.iter().any(|record| matches!(record, Record::Note(note) if long(note)))
    });
    assert!(cases.len() > 150, "{}", cases.len());
    let mut failures = Vec::new();
    for some in cases.chunks(16) {
        let compared = futures_util::future::join_all(some.iter().map(run)).await;
        for (case, compared) in some.iter().zip(&compared) {
            failures.extend(deviations::judge(&case.name, compared));
        }
    }
    println!("{} sessions, {} differ without a reason", cases.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Says to a server of its own what was said to FreeSWITCH, each command after the answers to those
/// before, as it was then.
async fn run(case: &Case) -> Compared {
    let acl = if case.state.contains("apply-inbound-acl") { "10.0.0.0/8" } else { "loopback.auto" };
    // FreeSWITCH waits 25 s for the password; this test does not.
    let wait = if case.name.contains("timeout") { "1" } else { "25" };
    let rig = Rig::new(&[("apply-inbound-acl", acl), ("auth-timeout", wait)], "").await;
    let fresh = case.state.contains("fresh TCP connection");
    let client = if fresh { rig.stranger().await } else { rig.client().await };
    let mut talk = Talk { client, heard: Vec::new() };
    let call = if case.state.contains("call") { Some(rig.call().await) } else { None };
    let theirs_uuid = case.records.iter().find_map(uuid_of);
    let (mut theirs, mut ended, mut whole) = (Vec::new(), false, true);
    for record in &case.records {
        match record {
            Record::Received(bytes) => theirs.extend_from_slice(bytes),
            Record::Sent(bytes) => {
                talk.hear(frame::cut(&theirs).0.len()).await;
                let bytes = match (&theirs_uuid, &call) {
                    (Some(theirs), Some(call)) => replace(bytes, theirs, call.uuid()),
                    _ => bytes.clone(),
                };
                // The server may have closed the connection by now, as FreeSWITCH had.
                let _ = talk.client.stream.write_all(&bytes).await;
            }
            Record::Note(note) if note.contains("SHUT_WR") => {
                whole = false;
                talk.client.stream.shutdown().await.unwrap();
            }
            Record::Note(note) => ended |= note.contains("server closed the connection"),
        }
    }
    let mut theirs = frame::cut(&theirs).0;
    talk.hear(theirs.len()).await;
    if ended {
        theirs.push("the end".into());
        let closed = timeout(PATIENCE, talk.client.stream.read_to_end(&mut talk.heard)).await;
        let mut ours = frame::cut(&talk.heard).0;
        ours.extend(closed.is_ok().then(|| "the end".to_owned()));
        return Compared { theirs, ours };
    }
    if !fresh && whole {
        // What comes before the second answer is all there is.
        for marker in ["one-mark", "two-mark"] {
            let _ = talk.client.stream.write_all(format!("api echo {marker}\n\n").as_bytes()).await;
            talk.hear_until(marker).await;
        }
    }
    let ours = frame::cut(&talk.heard).0;
    Compared { theirs, ours: ours.into_iter().filter(|text| !text.contains("-mark")).collect() }
}

/// A client and what it heard.
struct Talk {
    client: Client,
    heard: Vec<u8>,
}

impl Talk {
    /// Reads until so many messages have come. What never comes is a difference.
    async fn hear(&mut self, messages: usize) {
        self.read(|heard| frame::cut(heard).0.len() >= messages).await;
    }

    async fn hear_until(&mut self, text: &str) {
        let answered = |heard: &[u8]| {
            let answer =
                |message: &String| message.contains("api/response") && message.ends_with(text);
            frame::cut(heard).0.iter().any(answer)
        };
        self.read(answered).await;
    }

    async fn read(&mut self, enough: impl Fn(&[u8]) -> bool) {
        let read = async {
            while !enough(&self.heard) {
                let mut chunk = [0; 65536];
                match self.client.stream.read(&mut chunk).await {
                    Ok(length) if length > 0 => self.heard.extend_from_slice(&chunk[..length]),
                    _ => return,
                }
            }
        };
        // A session that differs is judged by what came.
        let _ = timeout(DIFFERENT, read).await;
    }
}

/// The uuid of the call that a command names.
pub(crate) fn uuid_of(record: &Record) -> Option<String> {
    let Record::Sent(bytes) = record else { return None };
    let text = String::from_utf8_lossy(bytes);
    text.split(|c: char| c.is_whitespace()).find(|word| frame::is_uuid(word)).map(str::to_owned)
}

pub(crate) fn replace(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(bytes).replace(from, to).into_bytes()
}
