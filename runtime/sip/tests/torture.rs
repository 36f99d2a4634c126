//! The torture messages of RFC 4475 and RFC 5118, each with the answer that the RFC asks for; and
//! what they become when they are damaged.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use ringfence_rim::{Network, Socket};
use ringfence_sip::Stack;
use support::{config, them, us};
use tokio::time::timeout;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// It becomes an invitation.
    Invitation,
    /// It is answered so.
    Status(u16),
    /// It is not answered.
    Silence,
}

use Expected::{Invitation, Silence, Status};

/// File, section of RFC 4475, what comes.
const RFC4475: [(&str, &str, Expected); 50] = [
    ("wsinv", "3.1.1.1", Status(481)), // valid; its To tag names a call that is not
    ("intmeth", "3.1.1.2", Status(501)), // valid; nobody implements the method
    ("esc01", "3.1.1.3", Invitation),  // valid
    ("escnull", "3.1.1.4", Status(405)), // valid; no registrar here
    ("esc02", "3.1.1.5", Status(501)), // valid; not REGISTER, though it looks so unescaped
    ("lwsdisp", "3.1.1.6", Status(200)), // valid
    ("longreq", "3.1.1.7", Invitation), // valid
    ("dblreq", "3.1.1.8", Status(405)), // valid; the INVITE behind it is noise
    ("semiuri", "3.1.1.9", Status(200)), // valid
    ("transports", "3.1.1.10", Status(200)), // valid
    ("mpart01", "3.1.1.11", Status(405)), // valid; no MESSAGE here
    ("unreason", "3.1.1.12", Silence), // a response to nobody
    ("noreason", "3.1.1.13", Silence), // a response to nobody
    ("badinv01", "3.1.2.1", Status(400)),
    ("clerr", "3.1.2.2", Status(400)),
    ("ncl", "3.1.2.3", Status(400)),
    ("scalar02", "3.1.2.4", Status(400)),
    ("scalarlg", "3.1.2.5", Silence), // a response, discarded
    ("quotbal", "3.1.2.6", Status(400)),
    ("ltgtruri", "3.1.2.7", Status(400)),
    ("lwsruri", "3.1.2.8", Status(400)),
    ("lwsstart", "3.1.2.9", Status(400)),
    ("trws", "3.1.2.10", Status(400)),
    ("escruri", "3.1.2.11", Status(400)),
    ("baddate", "3.1.2.12", Invitation), // whoever does not use Date may ignore it
    ("regbadct", "3.1.2.13", Status(405)), // REGISTER; its Contact is not read
    ("badaspec", "3.1.2.14", Status(400)),
    ("baddn", "3.1.2.15", Status(400)),
    ("badvers", "3.1.2.16", Status(505)),
    ("mismatch01", "3.1.2.17", Status(400)),
    ("mismatch02", "3.1.2.18", Status(400)), // 400 or 501
    ("bigcode", "3.1.2.19", Silence),        // a response, discarded
    ("badbranch", "3.2.1", Status(200)),     // matched as RFC 2543 does
    ("insuf", "3.3.1", Status(400)),
    ("unkscm", "3.3.2", Status(416)),
    ("novelsc", "3.3.3", Status(416)),
    ("unksm2", "3.3.4", Status(405)), // REGISTER; the schemes in To and From are nobody's business
    ("bext01", "3.3.5", Status(420)),
    ("invut", "3.3.6", Status(415)),
    ("regaut01", "3.3.7", Status(405)), // REGISTER
    ("multi01", "3.3.8", Status(400)),
    ("mcl01", "3.3.9", Status(400)),
    ("bcast", "3.3.10", Silence), // a response with two Vias, discarded
    ("zeromf", "3.3.11", Status(200)), // an endpoint does not look at it
    ("cparam01", "3.3.12", Status(405)), // REGISTER
    ("cparam02", "3.3.13", Status(405)), // REGISTER
    ("regescrt", "3.3.14", Status(405)), // REGISTER
    ("sdp01", "3.3.15", Status(406)),
    ("inv2543", "3.4.1", Invitation), // no Contact, no tag, no branch
    ("test", "-", Silence),           // no section tells of it; neither version nor Via
];

/// The same of RFC 5118.
const RFC5118: [(&str, &str, Expected); 12] = [
    ("ipv6-good", "4.1", Status(405)), // REGISTER
    ("ipv6-bad", "4.2", Status(400)),
    ("port-ambiguous", "4.3", Status(405)),   // REGISTER
    ("port-unambiguous", "4.4", Status(405)), // REGISTER
    ("via-received-param-with-delim", "4.5", Status(481)), // BYE of no call
    ("via-received-param-no-delim", "4.5", Status(200)), // accepted, though RFC 3261 wants brackets
    ("ipv6-in-sdp", "4.6", Invitation),
    ("mult-ip-in-header", "4.7", Status(481)), // BYE of no call
    ("mult-ip-in-sdp", "4.8", Invitation),
    ("ipv4-mapped-ipv6", "4.9", Invitation),
    ("ipv6-bug-abnf-3-colons", "4.10", Status(200)), // accepted, as an element SHOULD
    ("ipv6-correct-abnf-2-colons", "4.10", Status(200)),
];

/// A stack, and a peer that hears at the ports that the messages' Vias name.
struct Bench {
    stack: Stack,
    invitations: tokio::sync::mpsc::Receiver<ringfence_sip::Invitation>,
    ears: Vec<Socket>,
}

impl Bench {
    fn new() -> Self {
        let network = Network::new();
        let (stack, invitations) = Stack::simulated(config(us()), network.clone()).unwrap();
        let ports = [5060, 5050, 6050, 9823, 19823, 5061, 5070];
        let ears = ports.map(|port| network.bind((them().ip(), port).into()).unwrap());
        Self { stack, invitations, ears: ears.into() }
    }

    async fn send(&mut self, message: &[u8]) -> Vec<(Expected, String)> {
        self.ears[0].send_to(Bytes::copy_from_slice(message), us());
        // Nothing takes virtual time but 100 Trying, after 200 ms.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut found = Vec::new();
        while let Ok(invitation) = self.invitations.try_recv() {
            found.push((Invitation, String::new()));
            drop(invitation);
        }
        if found.is_empty() {
            for ear in &self.ears {
                while let Some((data, _)) = ear.try_recv_from() {
                    let text = String::from_utf8_lossy(&data).into_owned();
                    let status = text.get(8..11).and_then(|status| status.parse().ok());
                    found.push((status.map_or(Silence, Status), text));
                }
            }
        }
        found
    }
}

fn corpus(rfc: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/sip").join(rfc)
}

fn message(rfc: &str, name: &str) -> Vec<u8> {
    let bytes = std::fs::read(corpus(rfc).join(format!("{name}.dat"))).unwrap();
    if rfc == "rfc4475" {
        return bytes;
    }
    // RFC 5118's archive has bare LF, and two of its files lack the blank line.
    // Content-Length is wrong in those that have a body, whatever the line ends.
    let text = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.trim_end(), ""));
    let lines = head.lines().filter(|line| !line.starts_with("Content-Length"));
    let head: String = lines.map(|line| format!("{line}\r\n")).collect();
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn check(rfc: &str, table: &[(&str, &str, Expected)]) {
    let files = std::fs::read_dir(corpus(rfc)).unwrap().count();
    assert_eq!(files, table.len(), "a message without a line in the table");
    let mut wrong = Vec::new();
    for (name, section, expected) in table {
        let mut bench = Bench::new();
        let found = bench.send(&message(rfc, name)).await;
        let seen: Vec<Expected> = found.iter().map(|(seen, _)| *seen).collect();
        let right = match expected {
            Silence => seen.is_empty(),
            _ => seen == [*expected],
        };
        if !right {
            wrong.push(format!("{name} (§{section}): expected {expected:?}, found {found:#?}"));
        }
        assert_eq!(bench.stack.statistics().received, 1);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn rfc_4475() {
    check("rfc4475", &RFC4475).await;
}

#[tokio::test(start_paused = true)]
async fn rfc_5118() {
    check("rfc5118", &RFC5118).await;
}

/// A refusal says what is wrong.
#[tokio::test(start_paused = true)]
async fn refusals_tell_the_reason() {
    for (name, header, text) in [
        ("bext01", "Unsupported: ", "nothingSupportsThis, nothingSupportsThisEither"),
        ("invut", "Accept: ", "application/sdp"),
        ("sdp01", "Accept: ", "application/sdp"),
        ("intmeth", "Allow: ", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"),
        ("clerr", "SIP/2.0 400 ", "Bad Request: Content-Length is larger than the body"),
        ("mismatch01", "SIP/2.0 400 ", "Bad Request: CSeq: names another method"),
        ("insuf", "SIP/2.0 400 ", "Bad Request: From: missing"),
    ] {
        let found = Bench::new().send(&message("rfc4475", name)).await;
        let answer = &found[0].1;
        assert!(answer.contains(&format!("{header}{text}")), "{name}: {answer}");
    }
}

/// Damaged messages: nothing panics, no message brings more than one answer, and the stack still
/// takes calls. Reproducible: the damage comes from a counter.
#[tokio::test(start_paused = true)]
async fn damaged_messages_do_no_harm() {
    let mut bench = Bench::new();
    let mut seed = 1u64;
    let mut random = move |below: usize| {
        // xorshift
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below.max(1) as u64).unwrap()
    };
    let names = RFC4475.iter().map(|(name, ..)| ("rfc4475", *name));
    let names = names.chain(RFC5118.iter().map(|(name, ..)| ("rfc5118", *name)));
    let messages: Vec<Vec<u8>> = names.map(|(rfc, name)| message(rfc, name)).collect();
    for round in 0..1200 {
        let mut bytes = messages[round % messages.len()].clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(5) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => bytes.truncate(at.max(1)),
                2 => {
                    let from = random(bytes.len());
                    let piece = bytes[from..(from + random(64)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
                3 => {
                    bytes.drain(at..(at + random(16)).min(bytes.len()));
                }
                _ => bytes.splice(at..at, *b";\"<").for_each(drop),
            }
            if bytes.is_empty() {
                bytes.push(b' ');
            }
        }
        let answers = bench.send(&bytes).await;
        assert!(answers.len() <= 1, "{answers:?} to {}", String::from_utf8_lossy(&bytes));
        // Refused invitations are repeated until their ACK; what they send is not of interest.
        tokio::time::sleep(Duration::from_secs(40)).await;
        for ear in &bench.ears {
            while ear.try_recv_from().is_some() {}
        }
    }
    let found = bench.send(&message("rfc4475", "esc01")).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, Invitation);
    let done = timeout(Duration::from_secs(60), bench.stack.shutdown()).await;
    assert!(done.is_ok());
}
