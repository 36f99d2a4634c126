//! An answer to what cannot be read.
//!
//! RFC 3261 §21.4.1 and RFC 4475 ask for a 400 where the sender can be told at all: the datagram
//! looks like a request, is not an ACK, and has a Via. All else is dropped in silence.

use std::net::SocketAddr;

use bytes::Bytes;

use super::message::Unreadable;
use super::write::{Writer, head_of};

/// Header lines that are looked at.
const LINES: usize = 256;

/// The response to an unreadable request; none where silence is right.
pub(crate) fn salvage(
    datagram: &[u8],
    fault: &Unreadable,
    source: SocketAddr,
    tag: &[u8],
    server: &str,
) -> Option<Bytes> {
    let end = memchr::memmem::find(datagram, b"\r\n\r\n").unwrap_or(datagram.len());
    let head = datagram.get(..end)?;
    let lines = unfold(head);
    let (start, lines) = lines.split_first()?;
    if !is_request(start) {
        return None;
    }
    let values = |name: &'static str, compact: u8| {
        lines.iter().filter_map(move |line| value(line, name, compact))
    };
    // Without a Via nothing says that it is SIP.
    values("Via", b'v').next()?;
    let head = head_of(
        values("Via", b'v'),
        values("From", b'f').next(),
        values("To", b't').next(),
        values("Call-ID", b'i').next(),
        values("CSeq", 0).next(),
        source,
        tag,
    );
    let reason = match fault.status {
        513 => fault.why.clone(),
        _ => format!("Bad Request: {}", fault.why),
    };
    Some(Writer::response(fault.status, &reason, &head).line("Server", server.as_bytes()).finish())
}

/// A request line as far as one can tell from a broken one: starts with a method that is not ACK,
/// ends in a SIP version.
fn is_request(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let method = words.next().unwrap_or_default();
    let version = words.next_back().unwrap_or_default();
    !method.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
        && method != b"ACK"
        && version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"))
}

/// The lines, with folded ones joined; a bare CR, LF or NUL becomes a blank, so that nothing can be
/// smuggled into our answer.
fn unfold(head: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut rest = head;
    while !rest.is_empty() && lines.len() < LINES {
        let end = memchr::memmem::find(rest, b"\r\n").unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        rest = tail.get(2..).unwrap_or_default();
        let clean =
            line.iter().map(|byte| if matches!(byte, b'\r' | b'\n' | 0) { b' ' } else { *byte });
        match lines.last_mut() {
            Some(last) if matches!(line.first(), Some(b' ' | b'\t')) => last.extend(clean),
            _ => lines.push(clean.collect()),
        }
    }
    lines
}

fn value<'a>(line: &'a [u8], name: &str, compact: u8) -> Option<&'a [u8]> {
    let colon = memchr::memchr(b':', line)?;
    let (found, value) = line.split_at(colon);
    let found = found.trim_ascii();
    let known = found.eq_ignore_ascii_case(name.as_bytes())
        || matches!(found, [letter] if letter.to_ascii_lowercase() == compact);
    known.then(|| value.get(1..).unwrap_or_default().trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Option<String> {
        let fault = Unreadable { status: 400, why: "x".into() };
        let source = "192.0.2.9:5060".parse().unwrap();
        let bytes = salvage(text.as_bytes(), &fault, source, b"t", "s")?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_broken_request_is_told() {
        let text = "INVITE  sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h\r\n ;branch=1\r\nf: a\r\nTo: b\r\n\
                    CSeq: 1 INVITE\r\nCall-ID: c\r\nContent-Length: -1\r\n\r\n";
        assert_eq!(
            answer(text).unwrap(),
            "SIP/2.0 400 Bad Request: x\r\nVia: SIP/2.0/UDP h;branch=1;received=192.0.2.9\r\n\
             From: a\r\nTo: b;tag=t\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nServer: s\r\n\
             Content-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn silence_where_nobody_asked() {
        assert_eq!(answer(""), None);
        assert_eq!(answer("\r\n\r\n"), None);
        assert_eq!(answer("GET / HTTP/1.1\r\nVia: x\r\n\r\n"), None);
        assert_eq!(answer("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n"), None);
        assert_eq!(answer("ACK  sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n"), None);
        assert_eq!(answer("INVITE sip:a@b SIP/2.0\r\nTo: b\r\n\r\n"), None);
    }
}
