//! One request: its deadline, its redirections, and an answer of bounded size.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::ext::ReasonPhrase;
use hyper::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue,
    LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT,
};
use hyper::{Method, StatusCode, Uri, Version};
use ringfence_text::percent::unescape;
use tokio::time::{Instant, timeout_at};

use super::location::join;
use crate::{Gone, Outside};

/// The largest body of an answer, in bytes. A script that fetches has 16 MiB of its own or more.
pub const MAX_BODY: usize = 8 << 20;
/// The most headers of an answer.
pub const MAX_HEADERS: usize = 128;
/// The longest time for a request with all its redirections.
pub const TIMEOUT: Duration = Duration::from_secs(300);
/// The most redirections that can be asked for.
pub const MAX_REDIRECTIONS: u8 = 20;

/// Asked for each server before it is reached, with its name (or address) and its port.
pub type MayReach = Arc<dyn Fn(&str, u16) -> Result<(), String> + Send + Sync>;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST` …; any but `CONNECT`.
    pub method: String,
    /// `http://…` or `https://…`, with `user:password@` if it must be.
    pub url: String,
    /// As they are sent; `Host` and `Content-Length` are added.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Empty sends none.
    pub body: Vec<u8>,
    /// For all of it; at most [`TIMEOUT`].
    pub timeout: Duration,
    /// How many redirections are followed.
    pub redirections: u8,
    /// The largest body that is wanted; at most [`MAX_BODY`].
    pub most: usize,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// `HTTP/1.1`.
    pub version: &'static str,
    /// 200, 404 …
    pub status: u16,
    /// What the server calls it.
    pub reason: Vec<u8>,
    /// In their order, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, whole.
    pub body: Vec<u8>,
    /// Where it came from in the end.
    pub url: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Part of the request cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// That server may not be reached; the text is the permissions'.
    #[error("{0}")]
    Refused(String),
    /// It took too long.
    #[error("{host}: no answer within {ms} ms")]
    TooLong {
        /// Who did not answer.
        host: String,
        /// The deadline.
        ms: u128,
    },
    /// The body is too large.
    #[error("{host}: the answer is larger than {most} bytes")]
    TooMuch {
        /// Whose.
        host: String,
        /// The bound.
        most: usize,
    },
    /// No connection, or not the protocol; the text has all causes.
    #[error("{host}: {why}")]
    Failed {
        /// Whom.
        host: String,
        /// Why.
        why: String,
    },
    /// There is no thread to wait on.
    #[error(transparent)]
    Gone(#[from] Gone),
}

impl super::Client {
    /// Sends a request and waits for the whole answer. `may_reach` is asked for the server, and for
    /// each that a redirection leads to.
    ///
    /// # Errors
    ///
    /// [`Fault`]. An answer of any status is no fault.
    pub async fn fetch(
        outside: &Outside,
        request: Request,
        may_reach: MayReach,
    ) -> Result<Response, Fault> {
        let target = Target::read(&request.url)?;
        // Before anything is done, so that a refusal is one in the caller's own context.
        may_reach(&target.host, target.port).map_err(Fault::Refused)?;
        let inside = outside.clone();
        outside.run(async move { follow(&inside, request, target, &may_reach).await }).await?
    }
}

async fn follow(
    outside: &Outside,
    request: Request,
    mut target: Target,
    may_reach: &MayReach,
) -> Result<Response, Fault> {
    let timeout = request.timeout.min(TIMEOUT);
    let deadline = Instant::now() + timeout;
    let most = request.most.min(MAX_BODY);
    let mut method = method(&request.method)?;
    let mut headers = headers(&request.headers)?;
    let mut body = Bytes::from(request.body);
    let mut left = request.redirections.min(MAX_REDIRECTIONS);
    // Made here, where reading the certificates holds up nobody but other requests, once.
    let client = outside.client();
    loop {
        let host = target.host.clone();
        let too_long = |_| Fault::TooLong { host: host.clone(), ms: timeout.as_millis() };
        let sent = client.send(target.request(&method, &headers, &body)?);
        let answer = timeout_at(deadline, sent).await.map_err(too_long)?;
        let answer =
            answer.map_err(|error| Fault::Failed { host: host.clone(), why: causes(&error) })?;
        let next = (left > 0).then(|| redirection(&answer)).flatten();
        let Some(next) = next else {
            let read = timeout_at(deadline, read(answer, &host, most, &target.url)).await;
            return read.map_err(too_long)?;
        };
        left -= 1;
        let next = Target::read(&join(&target.url, &next))?;
        may_reach(&next.host, next.port).map_err(Fault::Refused)?;
        change(&answer, &mut method, &mut headers, &mut body);
        if !next.same_server(&target) {
            // They were meant for the other server, and what https kept secret http would show.
            for secret in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST] {
                headers.remove(secret);
            }
        }
        target = next;
    }
}

/// Where an answer sends to.
fn redirection(answer: &hyper::Response<Incoming>) -> Option<String> {
    matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308)
        .then(|| answer.headers().get(LOCATION)?.to_str().ok().map(str::to_owned))
        .flatten()
}

/// A redirected POST becomes a GET, but for 307 and 308.
fn change(
    answer: &hyper::Response<Incoming>,
    method: &mut Method,
    headers: &mut HeaderMap,
    body: &mut Bytes,
) {
    let to_get = match answer.status() {
        StatusCode::SEE_OTHER => *method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    };
    if to_get {
        *method = Method::GET;
        *body = Bytes::new();
        headers.remove(CONTENT_TYPE);
    }
}

async fn read(
    answer: hyper::Response<Incoming>,
    host: &str,
    most: usize,
    url: &str,
) -> Result<Response, Fault> {
    let too_much = || Fault::TooMuch { host: host.to_owned(), most };
    let (head, mut incoming) = answer.into_parts();
    if incoming.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
        return Err(too_much());
    }
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame =
            frame.map_err(|error| Fault::Failed { host: host.to_owned(), why: causes(&error) })?;
        let Ok(data) = frame.into_data() else { continue };
        if body.len() + data.len() > most {
            return Err(too_much());
        }
        body.extend_from_slice(&data);
    }
    let reason = match head.extensions.get::<ReasonPhrase>() {
        Some(phrase) => phrase.as_bytes().to_vec(),
        None => head.status.canonical_reason().unwrap_or_default().into(),
    };
    let headers = head.headers.iter();
    Ok(Response {
        version: if head.version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" },
        status: head.status.as_u16(),
        reason,
        headers: headers
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        body,
        url: url.to_owned(),
    })
}

fn method(name: &str) -> Result<Method, Fault> {
    let method =
        Method::from_bytes(name.as_bytes()).ok().filter(|method| *method != Method::CONNECT);
    method.ok_or_else(|| Fault::Invalid(format!("{name:?} is not a method of HTTP for a request")))
}

fn headers(given: &[(String, Vec<u8>)]) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::with_capacity(given.len().min(MAX_HEADERS));
    for (name, value) in given {
        let wrong = || Fault::Invalid(format!("the header {name:?} cannot be sent"));
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let value = HeaderValue::from_bytes(value).map_err(|_| wrong())?;
        // The connection and the length of the body are ours to tell.
        if known == CONTENT_LENGTH || known == TRANSFER_ENCODING || known.as_str() == "connection" {
            continue;
        }
        if headers.len() >= MAX_HEADERS {
            return Err(Fault::Invalid(format!("more than {MAX_HEADERS} headers")));
        }
        headers.append(known, value);
    }
    Ok(headers)
}

/// A server and what is wanted from it.
struct Target {
    /// Without user and password.
    url: String,
    uri: Uri,
    /// In lower case; an IPv6 address in brackets.
    host: String,
    port: u16,
    /// What `user:password@` becomes.
    authorization: Option<HeaderValue>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.url).finish()
    }
}

impl Target {
    fn read(url: &str) -> Result<Self, Fault> {
        // Blanks at the ends come with URLs from files; a fragment is the reader's business.
        let url = url.trim().split('#').next().unwrap_or_default();
        let wrong = |why: &str| Fault::Invalid(format!("the URL {url:?} cannot be used: {why}"));
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| wrong("it has no http:// or https:// in front"))?;
        let scheme = scheme.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(wrong("only http and https are understood")),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, server) = match authority.rsplit_once('@') {
            Some((user, server)) => (Some(user), server),
            None => (None, authority),
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let plain = format!("{scheme}://{server}{slash}{path}");
        let uri: Uri = plain.parse().map_err(|error| wrong(&format!("{error}")))?;
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        if host.is_empty() {
            return Err(wrong("it names no server"));
        }
        let number = server.rsplit_once(':').map_or("", |(_, number)| number);
        let given = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let port = match uri.port_u16() {
            None if given => return Err(wrong("its port is not a number from 1 to 65535")),
            port => port.unwrap_or(usual),
        };
        let authorization = user.map(|user| {
            let value = format!("Basic {}", STANDARD.encode(unescape(user.as_bytes())));
            HeaderValue::from_str(&value).map_err(|_| wrong("its user cannot be sent"))
        });
        Ok(Self { url: plain, uri, host, port, authorization: authorization.transpose()? })
    }

    /// Whether what was meant for the other may be sent here.
    fn same_server(&self, other: &Self) -> bool {
        let server =
            |target: &Self| (target.uri.scheme().cloned(), target.host.clone(), target.port);
        server(self) == server(other)
    }

    fn request(
        &self,
        method: &Method,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<hyper::Request<Full<Bytes>>, Fault> {
        let request = hyper::Request::builder().method(method).uri(self.uri.clone());
        let mut request = request
            .body(Full::new(body.clone()))
            .map_err(|error| Fault::Invalid(error.to_string()))?;
        *request.headers_mut() = headers.clone();
        let sent = request.headers_mut();
        if let Some(authorization) = &self.authorization {
            sent.entry(AUTHORIZATION).or_insert_with(|| authorization.clone());
        }
        sent.entry(USER_AGENT).or_insert(HeaderValue::from_static("Ringfence"));
        Ok(request)
    }
}

/// An error with what is behind it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.ends_with(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        for (url, host, port, plain) in [
            ("http://a", "a", 80, "http://a/"),
            ("HTTPS://A.Example/x?y#z", "a.example", 443, "https://A.Example/x?y"),
            (" http://a:8080?x ", "a", 8080, "http://a:8080/?x"),
            ("http://u:p@[::1]:81/", "[::1]", 81, "http://[::1]:81/"),
        ] {
            let target = Target::read(url).unwrap();
            assert_eq!(
                (target.host.as_str(), target.port, target.url.as_str()),
                (host, port, plain)
            );
        }
        let target = Target::read("http://us%65r:p%3Aw@a/").unwrap();
        // user:p:w
        assert_eq!(target.authorization.unwrap(), "Basic dXNlcjpwOnc=");
        for wrong in [
            "",
            "a",
            "ftp://a",
            "http://",
            "http:///x",
            "http://a b/",
            "file:///etc/passwd",
            "http://a:99999/",
        ] {
            assert!(matches!(Target::read(wrong), Err(Fault::Invalid(_))), "{wrong}");
        }
    }

    #[test]
    fn another_scheme_is_another_server() {
        let same = |one: &str, other: &str| {
            Target::read(one).unwrap().same_server(&Target::read(other).unwrap())
        };
        assert!(same("https://a/x", "HTTPS://u@A:443/y"));
        for other in ["http://a:443/", "http://a/", "https://a:444/", "https://b/"] {
            assert!(!same("https://a/", other), "{other}");
        }
    }

    #[test]
    fn the_length_is_ours() {
        let given = [("Content-Length", "9"), ("X-A", "1"), ("x-a", "2"), ("Connection", "close")];
        let given: Vec<_> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        let headers = headers(&given).unwrap();
        assert_eq!(headers.len(), 2);
        assert!(super::headers(&[("a b".to_owned(), Vec::new())]).is_err());
        assert!(super::headers(&[("a".to_owned(), b"x\r\ny: z".to_vec())]).is_err());
    }

    #[test]
    fn methods() {
        assert!(method("GET").is_ok() && method("REPORT").is_ok());
        assert!(method("").is_err() && method("A B").is_err() && method("CONNECT").is_err());
    }
}
