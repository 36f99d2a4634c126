//! `curl`: HTTP for the dialplan, and for scripts that use it as a command.

use std::time::Duration;

use ringfence_outside::http::{MAX_BODY, Request, Response};
use ringfence_text::{decode, encode};
use serde_json::json;

use crate::application::{Application, Flags};
use crate::command::split::arguments;
use crate::command::{Command, CommandContext, pure};
use crate::operation::Failure;
use crate::session::Session;
use crate::switch::Module;

const SYNTAX: &str = "url [headers|json|content-type <mime-type>|connect-timeout <seconds>|\
                      timeout <seconds>|append_headers <name:value>] [get|head|post|delete|put [data]]";
/// Unless `timeout` says otherwise.
const TIMEOUT: u64 = 60;
/// As curl's in FreeSWITCH.
const REDIRECTIONS: u8 = 10;
/// More words than any use of it has.
const WORDS: usize = 64;

const LONG: &str = "Sends a request, `get` unless a method is given, and follows redirections. `data` of `post` and \
     `put` is URL-decoded before it is sent; its type is `application/x-www-form-urlencoded` unless \
     `content-type` says otherwise. `timeout` is for all of it, 60 seconds unless given; certificates are \
     checked. Scripts need the permission `http`.";

/// `mod_curl`.
pub(crate) fn module() -> Module {
    Module {
        name: "mod_curl",
        applications: applications(),
        commands: commands(),
        ..Module::default()
    }
}

fn applications() -> Vec<Application> {
    let long: &'static str = "Sets `curl_response_code` (0 when there was no answer; the log says why) and \
         `curl_response_data`, which is the body, with `headers` the headers and the body, with `json` an \
         object with `status_code`, `body` and `headers`. Otherwise as the command `curl`.";
    vec![Application::new(
        "curl",
        SYNTAX,
        "Perform a http request",
        long,
        Flags { zombie_exec: true, ..Flags::ROUTING },
        run,
    )]
}

async fn run(session: Session, data: String) -> Result<(), Failure> {
    let wanted = Wanted::read(&data)?;
    let (code, text) = match super::fetch(session.switch(), wanted.request.clone()).await {
        Ok(answer) => (answer.status, wanted.shown(&answer)),
        Err(failure @ (Failure::Refused(_) | Failure::Invalid(_))) => return Err(failure),
        Err(failure) => {
            tracing::error!(call = %session.uuid(), "curl: {failure}");
            (0, String::new())
        }
    };
    session.note("curl_response_code", &code.to_string());
    session
        .set_variable("curl_response_data", Some(&text))
        .map_err(|refused| Failure::Failed(refused.to_string()))
}

fn commands() -> Vec<Command> {
    vec![Command::new(
        "curl",
        SYNTAX,
        "curl API",
        LONG,
        async |context: CommandContext, data: String| {
            if data.is_empty() {
                return Command::usage(SYNTAX);
            }
            let answer = match Wanted::read(&data) {
                Ok(wanted) => {
                    let answer = super::fetch(&context.switch, wanted.request.clone()).await;
                    answer.map(|answer| wanted.shown(&answer))
                }
                Err(failure) => Err(failure),
            };
            answer.unwrap_or_else(|failure| format!("-ERR {failure}\n"))
        },
    )]
}

/// What the arguments ask for.
struct Wanted {
    request: Request,
    headers: bool,
    json: bool,
}

impl Wanted {
    fn read(data: &str) -> Result<Self, Failure> {
        let mut words = arguments(data, WORDS).into_iter();
        let url = words.next().ok_or_else(|| Failure::Invalid(Command::usage(SYNTAX)))?;
        let mut request = Request {
            method: "GET".to_owned(),
            url,
            headers: Vec::new(),
            body: Vec::new(),
            timeout: Duration::from_secs(TIMEOUT),
            redirections: REDIRECTIONS,
            most: MAX_BODY,
        };
        let (mut headers, mut json, mut kind) = (false, false, None);
        while let Some(word) = words.next() {
            let word = word.to_ascii_lowercase();
            match word.as_str() {
                "headers" => headers = true,
                "json" => json = true,
                "content-type" => kind = words.next(),
                // The connection is part of what `timeout` bounds.
                "connect-timeout" => drop(words.next()),
                "timeout" => {
                    let seconds = words.next().unwrap_or_default();
                    let seconds = seconds.parse().ok().filter(|seconds| *seconds > 0);
                    request.timeout = Duration::from_secs(seconds.ok_or_else(|| {
                        Failure::Invalid("curl: timeout needs a number of seconds".to_owned())
                    })?);
                }
                "append_headers" => {
                    let line = words.next().unwrap_or_default();
                    let (name, value) = line.split_once(':').ok_or_else(|| {
                        Failure::Invalid(format!("curl: the header {line:?} is not name:value"))
                    })?;
                    request.headers.push((name.trim().to_owned(), encode(value.trim()).into()));
                }
                "get" | "head" | "delete" | "post" | "put" => {
                    request.method = word.to_ascii_uppercase();
                    let body: Vec<String> = words.by_ref().collect();
                    request.body = encode(&pure::url_decoded(&body.join(" "))).into();
                }
                other => {
                    return Err(Failure::Invalid(format!(
                        "curl: {other:?} is not one of {SYNTAX}"
                    )));
                }
            }
        }
        if !request.body.is_empty() {
            let kind = kind.unwrap_or_else(|| "application/x-www-form-urlencoded".to_owned());
            request.headers.push(("Content-Type".to_owned(), encode(&kind).into()));
        }
        Ok(Self { request, headers, json })
    }

    fn shown(&self, answer: &Response) -> String {
        let body = decode(&answer.body);
        let reason = decode(&answer.reason);
        let first = format!("{} {} {reason}", answer.version, answer.status);
        if self.json {
            let mut headers = vec![json!({"key": "status", "value": first})];
            headers.extend(
                answer
                    .headers
                    .iter()
                    .map(|(name, value)| json!({"key": name, "value": decode(value)})),
            );
            let headers = if self.headers { headers } else { Vec::new() };
            return json!({
                "status_code": answer.status.to_string(), "body": body, "headers": headers,
            })
            .to_string();
        }
        if !self.headers {
            return body.into_owned();
        }
        let mut text = format!("{first}\n");
        for (name, value) in &answer.headers {
            text.push_str(&format!("{name}: {}\n", decode(value)));
        }
        format!("{text}\n{body}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_become_a_request() {
        let wanted = Wanted::read(
            "http://a/ headers content-type text/plain timeout 5 append_headers 'X-A: b c' post a%20b c",
        );
        let Wanted { request, headers, json } = wanted.unwrap();
        assert_eq!((request.method.as_str(), headers, json), ("POST", true, false));
        assert_eq!(request.body, b"a b c");
        assert_eq!(request.timeout, Duration::from_secs(5));
        let headers: Vec<(&str, &[u8])> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        assert_eq!(headers, [("X-A", &b"b c"[..]), ("Content-Type", b"text/plain")]);
        for wrong in ["http://a fetch", "http://a timeout x", "http://a append_headers x"] {
            assert!(matches!(Wanted::read(wrong), Err(Failure::Invalid(_))), "{wrong}");
        }
    }

    #[test]
    fn an_answer_in_three_forms() {
        let answer = Response {
            version: "HTTP/1.1",
            status: 404,
            reason: b"Not Found".to_vec(),
            headers: vec![("a".to_owned(), b"b".to_vec())],
            body: b"none".to_vec(),
            url: String::new(),
        };
        let shown = |how| Wanted::read(&format!("http://a {how}")).unwrap().shown(&answer);
        assert_eq!(shown(""), "none");
        assert_eq!(shown("headers"), "HTTP/1.1 404 Not Found\na: b\n\nnone");
        assert_eq!(shown("json"), r#"{"status_code":"404","body":"none","headers":[]}"#);
        assert!(shown("json headers").contains(r#"{"key":"a","value":"b"}"#));
    }
}
