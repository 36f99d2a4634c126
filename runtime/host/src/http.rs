//! `interface http`: requests of scripts.

use std::time::Duration;

use ringfence_outside::http::{MAX_BODY, MAX_HEADERS, Request};
use ringfence_sandbox::State;
use ringfence_switch::outside;
use ringfence_text::{decode, encode, percent};

use crate::{
    bindings::ringfence::call::{http as interface, types::Failure},
    failure::bounded,
    host::{Host, tell},
    permission::{acting, answered},
};

impl interface::Host for State<Host> {
    async fn fetch(
        &mut self,
        request: interface::Request,
    ) -> wasmtime::Result<Result<interface::Response, Failure>> {
        let _waiting = self.job().enter("http.fetch");
        tell(self, || format!("http.request({:?}, {:?})", request.method, shown(&request.url)));
        let request = match checked(request) {
            Ok(request) => request,
            Err(failure) => return Ok(Err(failure)),
        };
        let switch = self.host.switch()?.clone();
        let fetching = acting(self, async move { outside::fetch(&switch, request).await });
        let answer = fetching.await.map(|response| {
            let headers = response.headers.into_iter();
            interface::Response {
                version: response.version.to_owned(),
                status: response.status,
                reason: decode(&response.reason).into_owned(),
                headers: headers.map(|(name, value)| (name, decode(&value).into_owned())).collect(),
                body: response.body,
                url: response.url,
            }
        });
        answered(self, answer.map_err(Failure::from))
    }
}

/// A URL without a password.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (server, _) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
    match server.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://{}", rest.get(user.len() + 1..).unwrap_or_default()),
        None => url.to_owned(),
    }
}

fn checked(request: interface::Request) -> Result<Request, Failure> {
    bounded("the method", &request.method)?;
    bounded("the URL", &request.url)?;
    if request.headers.len() > MAX_HEADERS {
        let message = format!("{} headers; at most {MAX_HEADERS}", request.headers.len());
        return Err(Failure::Invalid(message));
    }
    for (name, value) in &request.headers {
        bounded("the name of a header", name)?;
        bounded("a header", value)?;
    }
    if request.body.len() > MAX_BODY {
        let message = format!("the body is {} bytes long; at most {MAX_BODY}", request.body.len());
        return Err(Failure::Invalid(message));
    }
    let headers = request.headers.into_iter();
    Ok(Request {
        method: request.method,
        url: encoded(&request.url),
        headers: headers.map(|(name, value)| (name, encode(&value).into_owned())).collect(),
        body: request.body,
        timeout: Duration::from_millis(u64::from(request.timeout)),
        redirections: request.redirections,
        most: usize::try_from(request.most).unwrap_or(MAX_BODY),
    })
}

/// A URL in ASCII: what is not is escaped, byte by byte, as browsers do.
fn encoded(url: &str) -> String {
    if url.is_ascii() {
        return url.to_owned();
    }
    let mut text = String::with_capacity(url.len() * 2);
    percent::escape(url, |_| true, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transcripts_have_no_passwords() {
        assert_eq!(shown("http://u:p@a/x@y"), "http://a/x@y");
        assert_eq!(shown("http://u:p@a"), "http://a");
        assert_eq!(shown("http://a/x@y"), "http://a/x@y");
        assert_eq!(shown("x"), "x");
    }

    #[test]
    fn urls_are_ascii() {
        assert_eq!(encoded("http://a/b c?d=%20"), "http://a/b c?d=%20");
        assert_eq!(encoded("http://a/\u{e4}\u{f7e4}"), "http://a/%C3%A4%E4");
    }
}
