//! What comes from the server, as text for a terminal.
//!
//! Much of it was said by callers and scripts: what steers a terminal is shown instead of sent.

use ringfence_text::percent::unescape;

use crate::frame::Frame;

const RESET: &str = "\u{1b}[0m";
const BOLD: &str = "\u{1b}[1m";

/// How things are shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// The reader is a terminal that knows colours.
    pub(crate) colour: bool,
    /// Only lines of the log with that text.
    pub(crate) log_filter: Option<String>,
    /// Only lines of the log of that call.
    pub(crate) uuid: Option<String>,
}

impl Look {
    /// A line of the log; none when it is not wanted.
    pub(crate) fn log(&self, frame: &Frame) -> Option<String> {
        let wanted = |filter: &Option<String>, text: &str| {
            filter.as_ref().is_none_or(|filter| text.contains(filter.as_str()))
        };
        let call = frame.header("User-Data").unwrap_or_default();
        if !wanted(&self.log_filter, &frame.body) || !wanted(&self.uuid, call) {
            return None;
        }
        let mut text = harmless(frame.body.trim_end());
        // FreeSWITCH puts the call in front, too.
        if !call.is_empty() {
            text = format!("{} {text}", harmless(call));
        }
        Some(self.paint(level_colour(frame.header("Log-Level").unwrap_or_default()), &text))
    }

    /// An event: a line of its own, and its headers.
    pub(crate) fn event(&self, frame: &Frame) -> String {
        let body = match frame.kind() {
            "text/event-plain" => decoded(&frame.body),
            _ => frame.body.clone(),
        };
        let title = self.paint(BOLD, "RECV EVENT");
        format!("{title}\n{}\n", harmless(body.trim_end()))
    }

    /// What a command printed.
    pub(crate) fn output(&self, text: &str) -> String {
        let text = harmless(text.trim_end_matches('\n'));
        let failed = text.starts_with("-ERR") || text.starts_with("-USAGE");
        if failed { self.paint("\u{1b}[31m", &text) } else { text }
    }

    /// What the console itself says.
    pub(crate) fn own(&self, text: &str) -> String {
        self.paint(BOLD, &harmless(text))
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour && !colour.is_empty() {
            format!("{colour}{text}{RESET}")
        } else {
            text.to_owned()
        }
    }
}

/// The colour of a level, by its number.
fn level_colour(level: &str) -> &'static str {
    match level {
        "1" | "2" | "3" => "\u{1b}[31m",
        "4" => "\u{1b}[35m",
        "5" => "\u{1b}[36m",
        "6" => "\u{1b}[32m",
        "7" => "\u{1b}[33m",
        _ => "",
    }
}

/// Text without what steers a terminal; lines and tabs stay.
pub(crate) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// The headers of a plain event with their values as they are, and its body.
fn decoded(text: &str) -> String {
    let (headers, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut shown = String::with_capacity(text.len());
    for line in headers.lines() {
        match line.split_once(": ") {
            Some((name, value)) => {
                let value = unescape(value.as_bytes());
                shown.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
            }
            None => shown.push_str(&format!("{line}\n")),
        }
    }
    if !body.is_empty() {
        shown.push_str(&format!("\n{body}"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: &str, call: &str, body: &str) -> Frame {
        let headers = [("Content-Type", "log/data"), ("Log-Level", level), ("User-Data", call)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Frame { headers: headers.into(), body: body.to_owned() }
    }

    #[test]
    fn lines_have_the_colour_of_their_level_and_steer_no_terminal() {
        let look = Look { colour: true, ..Look::default() };
        let shown = look.log(&line("3", "", "x\u{1b}[2J\u{7}y\n")).unwrap();
        assert_eq!(shown, "\u{1b}[31mx\\u{1b}[2J\\u{7}y\u{1b}[0m");
        let plain = Look::default();
        assert_eq!(plain.log(&line("3", "u-1", "x\n")).unwrap(), "u-1 x");
        assert_eq!(plain.output("-ERR\u{1b} x\n\n"), "-ERR\\u{1b} x");
    }

    #[test]
    fn lines_can_be_chosen() {
        let mut look = Look { log_filter: Some("pin".into()), ..Look::default() };
        assert!(look.log(&line("6", "u-1", "the pin\n")).is_some());
        assert!(look.log(&line("6", "u-1", "the key\n")).is_none());
        look.uuid = Some("u-2".into());
        assert!(look.log(&line("6", "u-1", "the pin\n")).is_none());
    }

    #[test]
    fn plain_events_are_read_for_people() {
        let body = "Event-Name: CUSTOM\nX: a%20%C3%A4%zz%\nContent-Length: 4\n\n50%2";
        let headers = vec![("Content-Type".to_owned(), "text/event-plain".to_owned())];
        let frame = Frame { headers, body: body.to_owned() };
        let shown = Look::default().event(&frame);
        assert_eq!(
            shown,
            "RECV EVENT\nEvent-Name: CUSTOM\nX: a ä%zz%\nContent-Length: 4\n\n50%2\n"
        );
    }
}
