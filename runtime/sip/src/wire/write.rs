//! Putting messages together.

use std::io::Write as _;
use std::net::SocketAddr;

use bytes::Bytes;
use ringfence_text::encode;
use sipx_sip::headers::first_hop_end;

use crate::wire::Request;

/// A message under construction. Values that came from outside the stack have been checked for line
/// breaks before ([`super::check_headers`]); values that are copied from a message were cut at line
/// breaks by the parser.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn request(method: &str, uri: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(method.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(uri);
        bytes.extend_from_slice(b" SIP/2.0\r\n");
        Self(bytes)
    }

    pub(crate) fn response(status: u16, reason: &str, head: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(head.len() + 512);
        // Writing to a Vec cannot fail.
        let _ = write!(bytes, "SIP/2.0 {status} ");
        let safe = encode(reason);
        bytes.extend(safe.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)));
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(head);
        Self(bytes)
    }

    pub(crate) fn line(mut self, name: &str, value: &[u8]) -> Self {
        push_line(&mut self.0, name, value);
        self
    }

    /// Lines that are complete already.
    pub(crate) fn raw(mut self, lines: &[u8]) -> Self {
        self.0.extend_from_slice(lines);
        self
    }

    pub(crate) fn headers(mut self, headers: &[(String, String)]) -> Self {
        for (name, value) in headers {
            push_line(&mut self.0, name, &encode(value));
        }
        self
    }

    /// Ends it without a body.
    pub(crate) fn finish(mut self) -> Bytes {
        self.0.extend_from_slice(b"Content-Length: 0\r\n\r\n");
        Bytes::from(self.0)
    }

    /// Ends it with a body.
    pub(crate) fn body(mut self, content_type: &str, body: &[u8]) -> Bytes {
        let _ = write!(
            self.0,
            "Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.0.extend_from_slice(body);
        Bytes::from(self.0)
    }

    /// Ends it with SDP, if any.
    pub(crate) fn sdp(self, sdp: Option<&Bytes>) -> Bytes {
        match sdp {
            Some(sdp) => self.body("application/sdp", sdp),
            None => self.finish(),
        }
    }
}

fn push_line(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

/// What every response to a request copies (RFC 3261 §8.2.6.2): Via (with `received` and `rport`),
/// From, To with our tag, Call-ID, CSeq.
pub(crate) fn response_head(request: &Request, source: SocketAddr, tag: &[u8]) -> Vec<u8> {
    let one = |name| request.values(name).next();
    head_of(
        request.values(b"Via"),
        one(b"From"),
        one(b"To"),
        one(b"Call-ID"),
        one(b"CSeq"),
        source,
        tag,
    )
}

/// The same from values, any of which may be missing in a message that cannot be read.
pub(super) fn head_of<V: AsRef<[u8]>>(
    vias: impl Iterator<Item = V>,
    from: Option<V>,
    to: Option<V>,
    call_id: Option<V>,
    cseq: Option<V>,
    source: SocketAddr,
    tag: &[u8],
) -> Vec<u8> {
    let mut head = Vec::with_capacity(512);
    for (row, via) in vias.enumerate() {
        match row {
            0 => push_top_via(&mut head, via.as_ref(), source),
            _ => push_line(&mut head, "Via", via.as_ref()),
        }
    }
    if let Some(from) = from {
        push_line(&mut head, "From", from.as_ref());
    }
    if let Some(to) = to {
        let to = to.as_ref();
        head.extend_from_slice(b"To: ");
        head.extend_from_slice(to);
        if !has_tag(to) {
            head.extend_from_slice(b";tag=");
            head.extend_from_slice(tag);
        }
        head.extend_from_slice(b"\r\n");
    }
    if let Some(call_id) = call_id {
        push_line(&mut head, "Call-ID", call_id.as_ref());
    }
    if let Some(cseq) = cseq {
        push_line(&mut head, "CSeq", cseq.as_ref());
    }
    head
}

/// True when an address header has a tag parameter behind its URI.
fn has_tag(value: &[u8]) -> bool {
    let parameters = match memchr::memrchr(b'>', value) {
        Some(end) => value.get(end..),
        None => memchr::memchr(b';', value).and_then(|start| value.get(start..)),
    };
    parameters.unwrap_or_default().split(|byte| *byte == b';').skip(1).any(|parameter| {
        let name = parameter.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"tag")
    })
}

/// Adds `received` and fills `rport` (RFC 3261 §18.2.1, RFC 3581 §4) in the first hop only: the
/// others belong to other elements.
fn push_top_via(head: &mut Vec<u8>, row: &[u8], source: SocketAddr) {
    let (first, rest) = row.split_at(first_hop_end(row).min(row.len()));
    head.extend_from_slice(b"Via: ");
    let mut rport = false;
    for (index, part) in first.split(|byte| *byte == b';').enumerate() {
        let name = part.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        if index > 0 && name.eq_ignore_ascii_case(b"received") {
            continue;
        }
        if index > 0 && name.eq_ignore_ascii_case(b"rport") {
            rport = true;
            continue;
        }
        if index > 0 {
            head.push(b';');
        }
        head.extend_from_slice(part.trim_ascii_end());
    }
    let _ = match source.ip() {
        std::net::IpAddr::V4(ip) => write!(head, ";received={ip}"),
        std::net::IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => write!(head, ";received={ip}"),
            None => write!(head, ";received={ip}"),
        },
    };
    if rport {
        let _ = write!(head, ";rport={}", source.port());
    }
    head.extend_from_slice(rest);
    head.extend_from_slice(b"\r\n");
}

/// The usual reason phrase (RFC 3261 §21 and those that added to it).
pub(crate) fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        305 => "Use Proxy",
        380 => "Alternative Service",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        428 => "Use Identity Header",
        429 => "Provide Referrer Identity",
        433 => "Anonymity Disallowed",
        436 => "Bad Identity Info",
        437 => "Unsupported Credential",
        438 => "Invalid Identity Header",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        607 => "Unwanted",
        _ => match status / 100 {
            1 => "Progress",
            2 => "OK",
            3 => "Redirection",
            4 => "Client Error",
            5 => "Server Error",
            _ => "Global Failure",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(row: &str) -> String {
        let mut head = Vec::new();
        push_top_via(&mut head, row.as_bytes(), "192.0.2.9:40000".parse().unwrap());
        String::from_utf8(head).unwrap()
    }

    #[test]
    fn received_and_rport_go_to_the_first_hop() {
        assert_eq!(
            via("SIP/2.0/UDP a;branch=z9hG4bK1;rport, SIP/2.0/UDP b"),
            "Via: SIP/2.0/UDP a;branch=z9hG4bK1;received=192.0.2.9;rport=40000, SIP/2.0/UDP b\r\n"
        );
        assert_eq!(
            via("SIP/2.0/UDP a;received=1.1.1.1;branch=x"),
            "Via: SIP/2.0/UDP a;branch=x;received=192.0.2.9\r\n"
        );
    }

    #[test]
    fn a_tag_is_told_from_other_parameters() {
        assert!(has_tag(b"<sip:a@b>;tag=1"));
        assert!(has_tag(b"sip:a@b ;x=y; TAG = 1"));
        assert!(!has_tag(b"<sip:a@b;tag=1>"));
        assert!(!has_tag(b"\"tag=1\" <sip:a@b>;stag=1"));
    }

    #[test]
    fn a_reason_phrase_cannot_end_the_line() {
        let bytes = Writer::response(400, "a\r\nVia: b", b"").finish();
        assert_eq!(&bytes[..], b"SIP/2.0 400 aVia: b\r\nContent-Length: 0\r\n\r\n");
    }
}
