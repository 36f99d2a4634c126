//! What transactions and dialogs need of a message, checked once.

use std::fmt::Write as _;

use sipx_sip::headers::{CSeq, From, MaxForwards, To, Via};
use sipx_sip::{HeaderName, Headers, Host, Scheme, TypedHeader};

use super::message::{Request, Response};

/// The cookie of an RFC 3261 branch.
const COOKIE: &[u8] = b"z9hG4bK";

/// A refusal by the stack: a status and what was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// The reason phrase.
    pub(crate) why: String,
    /// One more header line, as `Unsupported`.
    pub(crate) header: Option<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, why: impl Into<String>) -> Self {
        Self { status, why: why.into(), header: None }
    }

    pub(crate) fn with(
        status: u16,
        why: impl Into<String>,
        name: &'static str,
        value: String,
    ) -> Self {
        Self { status, why: why.into(), header: Some((name, value)) }
    }
}

/// What a request is known by.
#[derive(Debug, Clone)]
pub(crate) struct Essentials {
    /// The transaction (RFC 3261 §17.2.3), without the method.
    transaction: Vec<u8>,
    pub(crate) call_id: Box<[u8]>,
    /// Empty for a peer of RFC 2543.
    pub(crate) from_tag: Box<[u8]>,
    pub(crate) to_tag: Option<Box<[u8]>>,
    pub(crate) cseq: u32,
    /// The port of the top Via, to answer without rport.
    pub(crate) via_port: Option<u16>,
    pub(crate) rport: bool,
}

impl Essentials {
    /// The key of the server transaction. An ACK has the key of its INVITE, and so has a CANCEL
    /// that asks with `INVITE`.
    pub(crate) fn key(&self, method: &[u8]) -> Box<[u8]> {
        let method = if method == b"ACK" { b"INVITE" } else { method };
        [&self.transaction, method].concat().into_boxed_slice()
    }
}

/// Checks a request as RFC 3261 §8.2 says, as far as it can be checked without knowing dialogs.
pub(crate) fn essentials(request: &Request) -> Result<Essentials, Refusal> {
    let inner = &request.inner;
    let headers = &inner.headers;
    if !inner.version.is_supported() {
        return Err(Refusal::new(505, "Version Not Supported: only SIP/2.0 is spoken here"));
    }
    for name in [
        HeaderName::To,
        HeaderName::From,
        HeaderName::CallId,
        HeaderName::CSeq,
        HeaderName::MaxForwards,
    ] {
        if headers.count(&name) > 1 {
            return Err(bad(&name, "more than one"));
        }
    }
    let via: Via = required(headers)?;
    let from: From = required(headers)?;
    let to: To = required(headers)?;
    let cseq: CSeq = required(headers)?;
    let call_id = headers.value(&HeaderName::CallId).map(|value| value.into_owned());
    let call_id = call_id.unwrap_or_default();
    if call_id.is_empty() {
        return Err(bad(&HeaderName::CallId, "missing"));
    }
    // Max-Forwards may be missing (RFC 2543). An endpoint does not look at its value (RFC 4475
    // §3.3.11), but it has to be one.
    if let Some(Err(error)) = headers.typed::<MaxForwards>() {
        return Err(bad(&HeaderName::MaxForwards, &error.to_string()));
    }
    if cseq.method != inner.method {
        return Err(bad(&HeaderName::CSeq, "names another method than the request line"));
    }
    if !matches!(inner.uri.scheme(), Scheme::Sip | Scheme::Sips | Scheme::Tel) {
        return Err(Refusal::new(416, "Unsupported URI Scheme: sip and tel can be called here"));
    }
    if inner.uri.has_headers() {
        return Err(Refusal::new(400, "Bad Request: the Request-URI carries headers"));
    }
    let from_tag: Box<[u8]> = from.0.tag().unwrap_or_default().into();
    let to_tag = to.0.tag().map(Into::into);
    let transaction = transaction(request, &via, &call_id, &from_tag, cseq.sequence);
    Ok(Essentials {
        transaction,
        call_id: call_id.into_boxed_slice(),
        from_tag,
        to_tag,
        cseq: cseq.sequence,
        via_port: via.port,
        rport: via.rport().is_some(),
    })
}

fn transaction(
    request: &Request,
    via: &Via,
    call_id: &[u8],
    from_tag: &[u8],
    cseq: u32,
) -> Vec<u8> {
    let mut key = Vec::with_capacity(96);
    match via.branch().filter(|branch| branch.len() > COOKIE.len() && branch.starts_with(COOKIE)) {
        Some(branch) => {
            key.extend_from_slice(branch);
            key.push(b'\n');
            match &via.host {
                Host::Name(name) => key.extend(name.as_bytes().iter().map(u8::to_ascii_lowercase)),
                Host::Ip(ip) => key.extend_from_slice(ip.to_string().as_bytes()),
            }
            key.extend_from_slice(&via.port.unwrap_or(5060).to_be_bytes());
        }
        // RFC 2543: what a retransmission repeats. The To tag is left out, as the ACK has one that
        // the INVITE had not.
        None => {
            for part in [call_id, from_tag, &request.inner.uri.to_bytes()] {
                key.extend_from_slice(part);
                key.push(b'\n');
            }
            key.extend_from_slice(&cseq.to_be_bytes());
            if let Some(via) = request.inner.headers.value(&HeaderName::Via) {
                key.extend_from_slice(&via);
            }
        }
    }
    key.push(b'\n');
    key
}

/// What a response is known by.
#[derive(Debug, Clone)]
pub(crate) struct ResponseEssentials {
    /// Branch and method: the key of the client transaction (RFC 3261 §17.1.3).
    pub(crate) key: Box<[u8]>,
    /// Empty when it has none (100).
    pub(crate) to_tag: Box<[u8]>,
    pub(crate) cseq: u32,
}

impl ResponseEssentials {
    /// None for a response that cannot be ours: it is dropped in silence.
    pub(crate) fn read(response: &Response) -> Option<Self> {
        let headers = &response.inner.headers;
        if !response.inner.version.is_supported() || headers.count(&HeaderName::Via) != 1 {
            return None;
        }
        // Two Vias: a proxy lost its way, or somebody sprays (RFC 3261 §8.1.3.3).
        let vias = headers.value(&HeaderName::Via)?;
        let [via] = Via::parse_list(&vias).ok()?.try_into().ok()?;
        let cseq = headers.typed::<CSeq>()?.ok()?;
        let to = headers.typed::<To>()?.ok()?;
        headers.typed::<From>()?.ok()?;
        headers.value(&HeaderName::CallId)?;
        Some(Self {
            key: client_key(via.branch()?, cseq.method.as_bytes()),
            to_tag: to.0.tag().unwrap_or_default().into(),
            cseq: cseq.sequence,
        })
    }
}

/// The key of a client transaction.
pub(crate) fn client_key(branch: &[u8], method: &[u8]) -> Box<[u8]> {
    [branch, b"\n", method].concat().into_boxed_slice()
}

fn required<H: TypedHeader>(headers: &Headers) -> Result<H, Refusal> {
    match headers.typed::<H>() {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(bad(&H::NAME, &error.to_string())),
        None => Err(bad(&H::NAME, "missing")),
    }
}

fn bad(name: &HeaderName, what: &str) -> Refusal {
    let mut why = String::from("Bad Request: ");
    let _ = write!(why, "{name}: {what}");
    Refusal::new(400, why)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::{Message, parse};
    use super::*;

    const GOOD: &str = "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h:5070;branch=z9hG4bKx;rport\r\n\
        From: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 7 INVITE\r\n\r\n";

    fn check(text: &str) -> Result<Essentials, Refusal> {
        match parse(Bytes::copy_from_slice(text.as_bytes()), 65_536).unwrap() {
            Message::Request(request) => essentials(&request),
            Message::Response(_) => panic!("a response"),
        }
    }

    fn status(text: &str) -> u16 {
        check(text).unwrap_err().status
    }

    #[test]
    fn a_request_tells_what_it_is_known_by() {
        let found = check(GOOD).unwrap();
        assert_eq!(&*found.call_id, b"x");
        assert_eq!(&*found.from_tag, b"1");
        assert_eq!(found.to_tag, None);
        assert_eq!((found.cseq, found.via_port, found.rport), (7, Some(5070), true));
        assert_eq!(found.key(b"ACK"), found.key(b"INVITE"));
        assert_ne!(found.key(b"CANCEL"), found.key(b"INVITE"));
    }

    #[test]
    fn the_transaction_depends_on_branch_and_sent_by() {
        let key = |text: &str| check(text).unwrap().key(b"INVITE");
        assert_eq!(key(GOOD), key(&GOOD.replace(" h:", " H:")));
        assert_ne!(key(GOOD), key(&GOOD.replace("bKx", "bKy")));
        assert_ne!(key(GOOD), key(&GOOD.replace("h:5070", "h:5071")));
        let old = GOOD.replace(";branch=z9hG4bKx", "");
        assert_eq!(key(&old), key(&old));
        assert_ne!(key(&old), key(&old.replace("CSeq: 7", "CSeq: 8")));
    }

    #[test]
    fn faults_have_their_status() {
        assert_eq!(status(&GOOD.replace("b SIP/2.0", "b SIP/7.0")), 505);
        assert_eq!(status(&GOOD.replace("sip:a@b SIP", "foo:a SIP")), 416);
        assert_eq!(status(&GOOD.replace("7 INVITE", "7 BYE")), 400);
        assert_eq!(status(&GOOD.replace("7 INVITE", "4294967296 INVITE")), 400);
        assert_eq!(status(&GOOD.replace("a@b SIP", "a@b?X=y SIP")), 400);
        for header in ["Via", "From", "To", "Call-ID", "CSeq"] {
            let error = check(&GOOD.replace(&format!("{header}:"), "X-Gone:")).unwrap_err();
            assert_eq!(error.status, 400);
            assert!(error.why.contains(header), "{}", error.why);
        }
    }
}
