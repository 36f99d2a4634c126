//! A message that was read.

use std::borrow::Cow;

use bytes::Bytes;
use ringfence_text::decode;
use sipx_sip::error::{FramingError, LimitKind, ParseError};
use sipx_sip::{HeaderName, Headers, Limits};

use super::uri::{NameAddr, Uri};

/// Header fields in one message; more are refused. RFC 4475's longest message has 46.
const HEADERS: usize = 256;
/// Bytes of one header field.
const HEADER: usize = 8 * 1024;
/// Continuation lines of one header field.
const FOLDS: usize = 64;

/// A request or a response.
#[derive(Debug)]
pub(crate) enum Message {
    Request(Request),
    Response(Response),
}

/// Why a message could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// 400 or 513.
    pub(crate) status: u16,
    /// For the reason phrase.
    pub(crate) why: String,
}

/// Reads one message of at most `limit` bytes. What follows its Content-Length is ignored
/// (RFC 3261 §18.3).
pub(crate) fn parse(bytes: Bytes, limit: usize) -> Result<Message, Unreadable> {
    let limits = Limits {
        max_message_bytes: limit,
        max_body_bytes: limit,
        max_headers: HEADERS,
        max_header_bytes: HEADER,
        max_folding_lines: FOLDS,
    };
    match sipx_sip::parse_datagram(bytes, &limits) {
        Ok(sipx_sip::Message::Request(inner)) => Ok(Message::Request(Request { inner })),
        Ok(sipx_sip::Message::Response(inner)) => Ok(Message::Response(Response { inner })),
        Err(error) => Err(unreadable(&error, limit)),
    }
}

fn unreadable(error: &ParseError, limit: usize) -> Unreadable {
    let status = match error {
        ParseError::Limit { limit: LimitKind::MessageBytes | LimitKind::BodyBytes, .. } => 513,
        _ => 400,
    };
    let why = match error {
        ParseError::Framing(FramingError::BodyTruncated) => {
            "Content-Length is larger than the body".to_owned()
        }
        ParseError::Limit { limit: LimitKind::MessageBytes | LimitKind::BodyBytes, .. } => {
            format!("Message Too Large; at most {limit} bytes")
        }
        other => other.to_string(),
    };
    Unreadable { status, why }
}

/// A SIP request.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) inner: sipx_sip::Request,
}

/// A SIP response.
#[derive(Debug, Clone)]
pub struct Response {
    pub(super) inner: sipx_sip::Response,
}

/// What requests and responses share.
macro_rules! fields {
    () => {
        /// The value of the first header of this name, in any case and with compact forms:
        /// `header("X-Foo")`, `header("f")`. Folded lines are joined.
        #[must_use]
        pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
            self.inner.headers.get(&name_of(name)).map(|header| text(header.value()))
        }

        /// The values of all headers of this name, in order; a line with commas is one value.
        #[must_use]
        pub fn header_values(&self, name: &str) -> Vec<Cow<'_, str>> {
            let name = name_of(name);
            let headers = self.inner.headers.iter().filter(|header| *header.name() == name);
            headers.map(|header| text(header.value())).collect()
        }

        /// All headers in order, by their full names.
        pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
            self.inner
                .headers
                .iter()
                .map(|header| (decode(header.name().canonical()), text(header.value())))
        }

        /// The From header.
        #[must_use]
        pub fn from(&self) -> Option<NameAddr> {
            address(&self.inner.headers, &HeaderName::From)
        }

        /// The To header.
        #[must_use]
        pub fn to(&self) -> Option<NameAddr> {
            address(&self.inner.headers, &HeaderName::To)
        }

        /// The first Contact.
        #[must_use]
        pub fn contact(&self) -> Option<NameAddr> {
            address(&self.inner.headers, &HeaderName::Contact)
        }

        /// The Call-ID.
        #[must_use]
        pub fn call_id(&self) -> Cow<'_, str> {
            self.header("Call-ID").unwrap_or_default()
        }

        /// The User-Agent, or else the Server.
        #[must_use]
        pub fn user_agent(&self) -> Option<Cow<'_, str>> {
            self.header("User-Agent").or_else(|| self.header("Server"))
        }

        /// The body.
        #[must_use]
        pub fn body(&self) -> &Bytes {
            self.inner.body()
        }

        /// The SDP: the body, or the part of a multipart body that is `application/sdp`.
        #[must_use]
        pub fn sdp(&self) -> Option<Bytes> {
            sdp(&self.inner.headers, self.inner.body())
        }

        pub(crate) fn values(
            &self,
            name: &'static [u8],
        ) -> impl Iterator<Item = Cow<'_, [u8]>> + use<'_> {
            let name = HeaderName::parse(&Bytes::from_static(name));
            self.inner
                .headers
                .iter()
                .filter(move |header| *header.name() == name)
                .map(|header| header.value())
        }
    };
}

impl Request {
    fields!();

    /// Reads a request of at most 64 KiB. The stack reads its own; this is for tools and tests.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(bytes: Bytes) -> Result<Self, String> {
        match parse(bytes, 64 << 10) {
            Ok(Message::Request(request)) => Ok(request),
            Ok(Message::Response(_)) => Err("it is a response".to_owned()),
            Err(fault) => Err(fault.why),
        }
    }

    /// `INVITE`, `BYE` …; unknown ones as they are.
    #[must_use]
    pub fn method(&self) -> Cow<'_, str> {
        decode(self.inner.method.as_bytes())
    }

    /// The request URI.
    #[must_use]
    pub fn uri(&self) -> Uri {
        Uri::from_inner(self.inner.uri.clone())
    }

    pub(crate) fn method_bytes(&self) -> &[u8] {
        self.inner.method.as_bytes()
    }
}

impl Response {
    fields!();

    /// Reads a response of at most 64 KiB.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(bytes: Bytes) -> Result<Self, String> {
        match parse(bytes, 64 << 10) {
            Ok(Message::Response(response)) => Ok(response),
            Ok(Message::Request(_)) => Err("it is a request".to_owned()),
            Err(fault) => Err(fault.why),
        }
    }

    /// 100 to 699.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.inner.status.code()
    }

    /// The reason phrase, as it came; may be empty.
    #[must_use]
    pub fn reason(&self) -> Cow<'_, str> {
        decode(&self.inner.reason)
    }
}

fn name_of(name: &str) -> HeaderName {
    HeaderName::parse(&Bytes::copy_from_slice(name.as_bytes()))
}

pub(super) fn text(value: Cow<'_, [u8]>) -> Cow<'_, str> {
    match value {
        Cow::Borrowed(bytes) => decode(bytes),
        Cow::Owned(bytes) => Cow::Owned(decode(&bytes).into_owned()),
    }
}

fn address(headers: &Headers, name: &HeaderName) -> Option<NameAddr> {
    NameAddr::parse_first(&headers.get(name)?.value())
}

/// Finds the SDP in a body (RFC 5621: also within multipart/mixed or /alternative).
fn sdp(headers: &Headers, body: &Bytes) -> Option<Bytes> {
    if body.is_empty() {
        return None;
    }
    let Some(value) = headers.value(&HeaderName::ContentType) else {
        // RFC 3261 §7.4.1 wants a Content-Type; SDP says itself what it is.
        return body.starts_with(b"v=0").then(|| body.clone());
    };
    let value = decode(&value);
    let media = value.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/sdp") {
        return Some(body.clone());
    }
    if !media.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/")) {
        return None;
    }
    let boundary = value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    let boundary = format!("--{boundary}");
    part(body, boundary.as_bytes())
}

/// The first part whose head says application/sdp.
fn part(body: &Bytes, boundary: &[u8]) -> Option<Bytes> {
    let mut starts = memchr::memmem::find_iter(body, boundary).peekable();
    while let Some(start) = starts.next() {
        let end = starts.peek().copied().unwrap_or(body.len());
        let part = body.slice(start + boundary.len()..end);
        let Some(blank) = memchr::memmem::find(&part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&part[..blank]).to_ascii_lowercase();
        if head.lines().any(|line| {
            line.strip_prefix("content-type:")
                .or_else(|| line.strip_prefix("c:"))
                .is_some_and(|value| value.trim().starts_with("application/sdp"))
        }) {
            let content = part.slice(blank + 4..);
            let length = content.len() - if content.ends_with(b"\r\n") { 2 } else { 0 };
            return Some(content.slice(..length));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Request {
        match parse(Bytes::copy_from_slice(text.as_bytes()), 65_536).unwrap() {
            Message::Request(request) => request,
            Message::Response(_) => panic!("a response"),
        }
    }

    #[test]
    fn headers_are_found_by_any_name() {
        let request = request(
            "INVITE sip:5000@192.0.2.1 SIP/2.0\r\nf: \"A \\\"B\\\"\" <sip:1000@192.0.2.7>;tag=x\r\n\
             X-Foo: one\r\nx-foo: two,\r\n three\r\ni: abc\r\n\r\n",
        );
        let from = request.from().unwrap();
        assert_eq!(from.display.as_deref(), Some("A \"B\""));
        assert_eq!(from.uri.user().as_deref(), Some("1000"));
        assert_eq!(from.tag().as_deref(), Some("x"));
        assert_eq!(request.call_id(), "abc");
        assert_eq!(request.header("X-FOO").as_deref(), Some("one"));
        assert_eq!(request.header_values("x-foo"), ["one", "two, three"]);
        assert_eq!(request.uri().user().as_deref(), Some("5000"));
    }

    #[test]
    fn a_latin1_name_comes_out_as_it_went_in() {
        let bytes = Bytes::from_static(
            b"INVITE sip:a@b SIP/2.0\r\nFrom: \"M\xFCller\" <sip:m@b>;tag=1\r\n\r\n",
        );
        let Ok(Message::Request(request)) = parse(bytes, 65_536) else { panic!("unreadable") };
        let display = request.from().unwrap().display.unwrap();
        assert_eq!(&*ringfence_text::encode(&display), b"M\xFCller");
    }

    #[test]
    fn sdp_is_found_in_a_multipart_body() {
        let body = "--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x\r\n\
                    Content-Type: application/sdp\r\n\r\nv=0\r\no=-\r\n--x--\r\n";
        let request = request(&format!(
            "INVITE sip:a@b SIP/2.0\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\n{body}"
        ));
        assert_eq!(request.sdp().as_deref(), Some(&b"v=0\r\no=-"[..]));
    }

    #[test]
    fn a_message_over_the_limit_is_513() {
        let text = format!("INVITE sip:a@b SIP/2.0\r\nX: {}\r\n\r\n", "x".repeat(200));
        let error = parse(Bytes::from(text), 100).unwrap_err();
        assert_eq!(error.status, 513);
    }
}
