//! Where log lines go: standard error, filtered as the operator asks.
//!
//! Much of what is logged was said by callers and scripts. Only what this server says begins at the
//! left margin: further lines of a message are indented, and characters that steer a terminal are
//! shown instead of sent, so that nobody can forge a line or hide one.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write};

use anyhow::{Context as _, anyhow};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What a line looks like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// One JSON object a line.
    Json,
    /// For people, with the time.
    Text,
    /// For people, without the time: in a simulation the wall clock says nothing.
    Timeless,
}

/// What is wrong with a filter that cannot be read. The parser's own words name neither the part
/// nor what it takes.
const NO_FILTER: &str =
    "neither a level (error, warn, info, debug, trace) nor a filter, as info,ringfence_sip=debug";

/// A filter of the command line, when it can be read.
pub(crate) fn filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(NO_FILTER.to_owned()),
    }
}

/// Starts logging. `filter` is a level or a filter in the language of `RUST_LOG`.
///
/// # Errors
///
/// When the filter cannot be read; the message says where.
pub(crate) fn start(filter: &str, form: Form) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|_| anyhow!("{filter:?}: {NO_FILTER}"))?;
    let colour = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || Tamed { out: std::io::stderr(), colour })
        .with_ansi(colour);
    let registry =
        tracing_subscriber::registry().with(filter).with(ringfence_control::log::layer());
    match form {
        Form::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        Form::Text => registry.with(lines).try_init(),
        Form::Timeless => registry.with(lines.without_time()).try_init(),
    }
    .context("logging was started twice")
}

/// Writes events as [`tame`] makes them. Each event comes as one piece.
struct Tamed<W> {
    out: W,
    colour: bool,
}

impl<W: Write> Write for Tamed<W> {
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        match std::str::from_utf8(event) {
            Ok(text) => self.out.write_all(tame(text, self.colour).as_bytes())?,
            // Events are made of strings.
            Err(_) => self.out.write_all(event)?,
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// What further lines of an event begin with.
const INDENT: &str = "\n    ";

/// An event whose further lines are indented and whose control characters are visible. With `colour`
/// the escape character stays: the event's own colours need it, and those in its text were made
/// visible before.
fn tame(event: &str, colour: bool) -> Cow<'_, str> {
    let (body, end) = match event.strip_suffix('\n') {
        Some(body) => (body, "\n"),
        None => (event, ""),
    };
    let harmless = |c: char| !c.is_control() || c == '\t' || (colour && c == '\u{1b}');
    if body.chars().all(harmless) {
        return Cow::Borrowed(event);
    }
    let mut tamed = String::with_capacity(event.len() + 64);
    for c in body.chars() {
        match c {
            '\n' => tamed.push_str(INDENT),
            c if harmless(c) => tamed.push(c),
            c => tamed.extend(c.escape_default()),
        }
    }
    tamed.push_str(end);
    Cow::Owned(tamed)
}

/// Our level for one of FreeSWITCH's (`loglevel` of switch.conf.xml, which checks the name).
pub(crate) fn level(freeswitch: &str) -> &'static str {
    match freeswitch {
        "console" | "alert" | "crit" | "err" => "error",
        "warning" => "warn",
        "debug" => "debug",
        _ => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_forges_a_line() {
        assert_eq!(tame("INFO one\ttwo\n", false), "INFO one\ttwo\n");
        assert_eq!(
            tame("INFO x\nERROR forged\r\u{1b}[2J\0\u{9b}\n", false),
            "INFO x\n    ERROR forged\\r\\u{1b}[2J\\u{0}\\u{9b}\n"
        );
        assert_eq!(tame("\u{1b}[32mINFO\u{1b}[0m x\n", true), "\u{1b}[32mINFO\u{1b}[0m x\n");
        let mut out = Vec::new();
        Tamed { out: &mut out, colour: false }.write_all(b"a\nb\n").unwrap();
        assert_eq!(out, b"a\n    b\n");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_told() {
        for good in ["info", "warn,ringfence_sip=debug", "off"] {
            assert_eq!(filter(good).as_deref(), Ok(good));
        }
        for bad in ["ringfence=zz", "a=b=c"] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
