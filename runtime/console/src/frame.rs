//! What a server sends, cut into messages: headers, a blank line, perhaps a body.

use std::borrow::Cow;

/// The headers of one message, in bytes. Events have many, with all variables of a call.
const MAX_HEAD: usize = 1 << 20;
/// The body of one message, in bytes: lists of very many calls.
const MAX_BODY: usize = 64 << 20;

/// One message.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Frame {
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// As many bytes as `Content-Length` says.
    pub body: String,
}

impl Frame {
    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// What kind of message it is.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.header("Content-Type").unwrap_or_default()
    }

    fn head(text: &str) -> Self {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        let headers =
            lines.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
        Self { headers, body: String::new() }
    }
}

/// The server does not speak the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotTheProtocol {
    /// The headers do not end.
    #[error("this is no event socket: {MAX_HEAD} bytes came without a blank line")]
    Endless,
    /// `Content-Length` is no number, or a very large one.
    #[error("this is no event socket: its Content-Length is no number up to {MAX_BODY}")]
    BadLength,
}

/// Bytes in, messages out.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    /// Bytes that were looked at for the end of a head.
    seen: usize,
}

impl Frames {
    /// Takes what came.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole message, if there is one.
    ///
    /// # Errors
    ///
    /// What came is no message; nothing more can be read.
    pub fn frame(&mut self) -> Result<Option<Frame>, NotTheProtocol> {
        let blank = self.bytes.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        self.bytes.drain(..blank);
        self.seen = self.seen.saturating_sub(blank);
        // The two newlines may have come apart.
        let from = self.seen.saturating_sub(1);
        let fresh = self.bytes.get(from..).unwrap_or_default();
        let Some(end) = fresh.windows(2).position(|two| two == b"\n\n").map(|at| from + at) else {
            self.seen = self.bytes.len();
            return if self.bytes.len() > MAX_HEAD {
                Err(NotTheProtocol::Endless)
            } else {
                Ok(None)
            };
        };
        self.seen = end;
        let mut frame = Frame::head(&text(self.bytes.get(..end).unwrap_or_default()));
        let length = frame.header("Content-Length").map_or(Ok(0), str::parse::<usize>);
        let length = length.ok().filter(|length| *length <= MAX_BODY);
        let length = length.ok_or(NotTheProtocol::BadLength)?;
        let begin = end + 2;
        let Some(body) = self.bytes.get(begin..begin + length) else { return Ok(None) };
        frame.body = text(body).into_owned();
        self.bytes.drain(..begin + length);
        self.seen = 0;
        Ok(Some(frame))
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_come_out_however_they_are_cut() {
        let bytes =
            b"Content-Type: auth/request\n\nContent-Type: api/response\nContent-Length: 7\n\n\
                      +OK\n\n\nxContent-Type: command/reply\nReply-Text: +OK a: b\n\n";
        for size in 1..bytes.len() {
            let mut frames = Frames::default();
            let mut all = Vec::new();
            for chunk in bytes.chunks(size) {
                frames.feed(chunk);
                while let Some(frame) = frames.frame().unwrap() {
                    all.push(frame);
                }
            }
            let kinds: Vec<_> = all.iter().map(Frame::kind).collect();
            assert_eq!(kinds, ["auth/request", "api/response", "command/reply"], "{size}");
            assert_eq!(all[1].body, "+OK\n\n\nx");
            assert_eq!(all[2].header("reply-text"), Some("+OK a: b"));
        }
    }

    #[test]
    fn what_is_no_event_socket_is_told() {
        let mut frames = Frames::default();
        frames.feed(&vec![b'x'; MAX_HEAD + 1]);
        assert_eq!(frames.frame(), Err(NotTheProtocol::Endless));
        for length in ["-1", "x", "99999999999"] {
            let mut frames = Frames::default();
            frames.feed(format!("Content-Length: {length}\n\n").as_bytes());
            assert_eq!(frames.frame(), Err(NotTheProtocol::BadLength), "{length}");
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(chunks: Vec<Vec<u8>>) {
            let mut frames = Frames::default();
            for chunk in chunks {
                frames.feed(&chunk);
                while let Ok(Some(_)) = frames.frame() {}
            }
        }
    }
}
