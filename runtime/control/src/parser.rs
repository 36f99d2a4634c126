//! What clients send: a command line, header lines, a blank line, and a body when `Content-Length`
//! says so. No I/O: bytes in, requests out.

use bytes::{Buf as _, BytesMut};
use ringfence_text::decode;

/// How much of a command is taken; each is a parameter of event_socket.conf.xml.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The command line with its headers and the blank line, in bytes (`max-command`).
    pub command: usize,
    /// Headers (`max-headers`).
    pub headers: usize,
    /// The body, in bytes (`max-body`).
    pub body: usize,
}

impl Limits {
    /// For clients that have not said the password: what `userauth` needs, and no more.
    pub const STRANGER: Self = Self { command: 4096, headers: 20, body: 0 };
}

/// A command as it was sent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    /// The first line, up to a NUL byte.
    pub line: String,
    /// In order. Lines without a colon are left out.
    pub headers: Vec<(String, String)>,
    /// As long as `Content-Length` says.
    pub body: Option<String>,
}

impl Request {
    /// The header of that name, in any case; none when it is empty.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// What cannot be read; the connection ends, since nobody knows where the next command begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// More than [`Limits::command`].
    #[error("command too long: a command line with its headers may take {0} bytes")]
    CommandTooLong(usize),
    /// More than [`Limits::headers`].
    #[error("too many headers: a command may have {0}")]
    TooManyHeaders(usize),
    /// More than [`Limits::body`].
    #[error("body too long: it may take {0} bytes")]
    BodyTooLong(usize),
    /// `Content-Length` is negative or no number.
    #[error("Content-Length is not a number of bytes")]
    BadLength,
}

/// Takes bytes as they come and gives requests.
#[derive(Debug)]
pub struct Parser {
    limits: Limits,
    buffer: BytesMut,
    /// How far the end of the headers was looked for.
    scanned: usize,
    /// Headers that were read already and wait for their body of so many bytes.
    waiting: Option<(Request, usize)>,
}

impl Parser {
    /// A parser that has seen nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: BytesMut::new(), scanned: 0, waiting: None }
    }

    /// Takes more, or less, from now on.
    pub const fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Bytes that came.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole request, if it is there.
    ///
    /// # Errors
    ///
    /// The bytes can never become a request that is allowed; what follows cannot be read either.
    pub fn request(&mut self) -> Result<Option<Request>, Fault> {
        if self.waiting.is_none() {
            let Some(end) = self.end_of_head()? else { return Ok(None) };
            let head = self.buffer.split_to(end);
            self.scanned = 0;
            let request = self.head(&head)?;
            let length = self.length(&request)?;
            self.waiting = Some((request, length));
        }
        match self.waiting.take() {
            Some((request, length)) if self.buffer.len() < length => {
                self.waiting = Some((request, length));
                Ok(None)
            }
            Some((mut request, length)) => {
                if length > 0 {
                    let body = self.buffer.split_to(length);
                    request.body = Some(decode(&body).into_owned());
                }
                if self.buffer.is_empty() {
                    // What one large command took is given back.
                    self.buffer = BytesMut::new();
                }
                Ok(Some(request))
            }
            None => Ok(None),
        }
    }

    /// Where the blank line ends that ends the headers. Blank lines before the command are skipped.
    fn end_of_head(&mut self) -> Result<Option<usize>, Fault> {
        if self.scanned == 0 {
            let blank = self.buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.buffer.advance(blank);
        }
        let mut from = self.scanned;
        while let Some(found) = self.buffer.get(from..).and_then(newline) {
            let end = from + found + 1;
            let rest = self.buffer.get(end..).unwrap_or_default();
            let blank = match rest {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                _ => 0,
            };
            if blank > 0 && end + blank <= self.limits.command {
                return Ok(Some(end + blank));
            }
            if blank > 0 {
                return Err(Fault::CommandTooLong(self.limits.command));
            }
            if rest.len() < 2 {
                // The next bytes decide whether this line is the last.
                from = end - 1;
                break;
            }
            from = end;
        }
        self.scanned = match self.buffer.get(from..).and_then(newline) {
            Some(_) => from,
            None => self.buffer.len(),
        };
        // With its end it would be longer still.
        if self.buffer.len() >= self.limits.command {
            return Err(Fault::CommandTooLong(self.limits.command));
        }
        Ok(None)
    }

    fn head(&self, head: &[u8]) -> Result<Request, Fault> {
        let mut request = Request::default();
        for (number, line) in head.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if number == 0 {
                let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
                request.line = decode(line).into_owned();
                continue;
            }
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            if request.headers.len() == self.limits.headers {
                return Err(Fault::TooManyHeaders(self.limits.headers));
            }
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default();
            request.headers.push((
                decode(name.trim_ascii()).into_owned(),
                decode(value.trim_ascii_start()).into_owned(),
            ));
        }
        Ok(request)
    }

    fn length(&self, request: &Request) -> Result<usize, Fault> {
        let Some(text) = request.header("Content-Length") else { return Ok(0) };
        // A number too large for any body is not wrong, only too long.
        let digits = text.trim();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::BadLength);
        }
        match digits.parse::<usize>() {
            Ok(length) if length <= self.limits.body => Ok(length),
            _ => Err(Fault::BodyTooLong(self.limits.body)),
        }
    }
}

fn newline(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { command: 1000, headers: 5, body: 100 };

    fn all(parser: &mut Parser) -> Vec<Request> {
        std::iter::from_fn(|| parser.request().unwrap()).collect()
    }

    fn read(text: &str) -> Vec<Request> {
        let mut parser = Parser::new(LIMITS);
        parser.feed(text.as_bytes());
        all(&mut parser)
    }

    fn lines(text: &str) -> Vec<String> {
        read(text).into_iter().map(|request| request.line).collect()
    }

    #[test]
    fn commands_end_with_a_blank_line() {
        assert_eq!(lines("\n\n\r\napi echo x\n\n\n\nexit\r\n\r\n"), ["api echo x", "exit"]);
        assert_eq!(lines("api echo x\n"), [""; 0]);
        assert_eq!(lines("api echo a\0b\nc: d\n\n"), ["api echo a"]);
    }

    #[test]
    fn headers_and_bodies() {
        let requests =
            read("sendevent X\r\nA:b\r\nno colon\r\n d: e \nContent-Length: 4\n\nab\n\nexit\n\n");
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].header("a"), Some("b"));
        assert_eq!(requests[0].header("d"), Some("e "));
        assert_eq!(requests[0].body.as_deref(), Some("ab\n\n"));
        assert_eq!(requests[1].line, "exit");
    }

    #[test]
    fn limits_are_told() {
        let fault = |text: String| {
            let mut parser = Parser::new(LIMITS);
            parser.feed(text.as_bytes());
            parser.request().unwrap_err()
        };
        assert_eq!(lines(&format!("{}\n\n", "x".repeat(998))).len(), 1);
        assert_eq!(fault("x".repeat(1000)), Fault::CommandTooLong(1000));
        assert_eq!(fault(format!("{}\n\n", "x".repeat(999))), Fault::CommandTooLong(1000));
        assert_eq!(fault(format!("{}\n\n", "x".repeat(2000))), Fault::CommandTooLong(1000));
        assert_eq!(fault(format!("x\n{}\n", "a: b\n".repeat(6))), Fault::TooManyHeaders(5));
        assert_eq!(fault("x\nContent-Length: 101\n\n".into()), Fault::BodyTooLong(100));
        assert_eq!(
            fault("x\nContent-Length: 99999999999999999999999\n\n".into()),
            Fault::BodyTooLong(100)
        );
        for bad in ["-5", "five", "5 5"] {
            assert_eq!(fault(format!("x\nContent-Length: {bad}\n\n")), Fault::BadLength);
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_the_bytes_arrive(
            pieces in proptest::collection::vec("(a|b: c|Content-Length: 3|\r|\n|\n\n|\0|é|[x]{490,500}){0,9}", 0..9)
        ) {
            let whole = pieces.concat();
            let outcome = |chunks: Vec<&[u8]>| {
                let mut parser = Parser::new(LIMITS);
                let mut found = Vec::new();
                for chunk in chunks {
                    parser.feed(chunk);
                    loop {
                        match parser.request() {
                            Ok(Some(request)) => found.push(Ok(request)),
                            Ok(None) => break,
                            Err(fault) => {
                                found.push(Err(fault));
                                return found;
                            }
                        }
                    }
                }
                found
            };
            prop_assert_eq!(
                outcome(vec![whole.as_bytes()]),
                outcome(whole.as_bytes().chunks(1).collect())
            );
        }
    }
}
