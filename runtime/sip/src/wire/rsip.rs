//! Conversions to and from the types of the crate `rsip`, for code that speaks them.
//!
//! `rsip` 0.4 cannot hold every message: IPv6 addresses, folded lines, unknown methods, `tel:` URIs
//! and bytes that are not UTF-8 are beyond it, and it takes what follows the Content-Length for body.
//! A conversion that would change the message fails instead; only the spelling of header names and
//! of reason phrases may change.

use bytes::Bytes;
use rsip::message::HasHeaders;

use super::message::{Message, Request, Response, parse};

/// The largest message that is converted.
const LIMIT: usize = 64 << 10;

/// Why a message could not be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untranslatable {
    /// The other side cannot read it.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// It would come out as another message.
    #[error("its {0} would not come out as it is")]
    Changed(&'static str),
}

impl TryFrom<&Request> for rsip::Request {
    type Error = Untranslatable;

    fn try_from(request: &Request) -> Result<Self, Untranslatable> {
        let mut bytes = Vec::new();
        request.inner.write_to(&mut bytes);
        let read = Self::try_from(bytes).map_err(unreadable)?;
        unchanged(
            read.headers.iter().count(),
            request.headers().count(),
            &read.body,
            request.body(),
        )?;
        if read.uri.to_string() != request.uri().to_string() {
            return Err(Untranslatable::Changed("request URI"));
        }
        Ok(read)
    }
}

impl TryFrom<&Response> for rsip::Response {
    type Error = Untranslatable;

    fn try_from(response: &Response) -> Result<Self, Untranslatable> {
        let mut bytes = Vec::new();
        response.inner.write_to(&mut bytes);
        let read = Self::try_from(bytes).map_err(unreadable)?;
        let count = response.headers().count();
        unchanged(read.headers.iter().count(), count, &read.body, response.body())?;
        Ok(read)
    }
}

impl TryFrom<&rsip::Request> for Request {
    type Error = Untranslatable;

    fn try_from(request: &rsip::Request) -> Result<Self, Untranslatable> {
        let rsip::Request { method, uri, version, headers, body } = request;
        let head = format!("{method} {uri} {version}\r\n{headers}\r\n");
        match read(&head, body)? {
            Message::Request(read) => {
                let count = request.headers().iter().count();
                unchanged(read.headers().count(), count, read.body(), body)?;
                Ok(read)
            }
            Message::Response(_) => Err(Untranslatable::Changed("start line")),
        }
    }
}

impl TryFrom<&rsip::Response> for Response {
    type Error = Untranslatable;

    fn try_from(response: &rsip::Response) -> Result<Self, Untranslatable> {
        let rsip::Response { version, status_code, headers, body } = response;
        let head = format!("{version} {status_code}\r\n{headers}\r\n");
        match read(&head, body)? {
            Message::Response(read) => {
                let count = response.headers().iter().count();
                unchanged(read.headers().count(), count, read.body(), body)?;
                Ok(read)
            }
            Message::Request(_) => Err(Untranslatable::Changed("start line")),
        }
    }
}

fn read(head: &str, body: &[u8]) -> Result<Message, Untranslatable> {
    let bytes = Bytes::from([head.as_bytes(), body].concat());
    parse(bytes, LIMIT).map_err(|fault| Untranslatable::Unreadable(fault.why))
}

fn unreadable(error: rsip::Error) -> Untranslatable {
    Untranslatable::Unreadable(error.to_string())
}

fn unchanged(
    headers: usize,
    before: usize,
    body: &[u8],
    body_before: &[u8],
) -> Result<(), Untranslatable> {
    if headers != before {
        return Err(Untranslatable::Changed("headers"));
    }
    if body != body_before {
        return Err(Untranslatable::Changed("body"));
    }
    Ok(())
}
