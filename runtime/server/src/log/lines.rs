//! What lines look like when they leave.
//!
//! Much of what is logged was said by callers and scripts. Only what this server says begins at the
//! left margin: further lines of a message are indented, and characters that steer a terminal are
//! shown instead of sent, so that nobody can forge a line or hide one.

use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::fmt::MakeWriter;

/// Writes events as [`tame`] makes them, into a queue.
#[derive(Clone)]
pub(super) struct Lines {
    queue: NonBlocking,
    colour: bool,
    /// The lost lines that were told.
    told: Arc<AtomicUsize>,
}

impl Lines {
    /// Lines for that queue; `colour` says that the reader is a terminal.
    pub(super) fn new(queue: NonBlocking, colour: bool) -> Self {
        Self { queue, colour, told: Arc::default() }
    }

    /// Tells how many lines were lost since it was told last.
    fn tell_lost(&mut self) -> std::io::Result<()> {
        let lost = self.queue.error_counter().dropped_lines();
        let told = self.told.swap(lost, Ordering::Relaxed);
        if lost <= told {
            return Ok(());
        }
        let more = lost - told;
        // When this does not fit either, it is lost and told with the next.
        let account =
            format!("log: {more} lines were lost before this one: it is read too slowly\n");
        self.queue.write_all(account.as_bytes())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Lines {
    /// Each event comes as one piece. Never blocks.
    fn write(&mut self, event: &[u8]) -> std::io::Result<usize> {
        self.tell_lost()?;
        match std::str::from_utf8(event) {
            Ok(text) => self.queue.write_all(tame(text, self.colour).as_bytes())?,
            // Events are made of strings.
            Err(_) => self.queue.write_all(event)?,
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.queue.flush()
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tracing_appender::non_blocking::NonBlockingBuilder;

    use super::*;

    /// Long enough for any machine; a test that waits so long has failed.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// A reader that takes a line when it is let.
    struct Slow {
        may: mpsc::Receiver<()>,
        read: mpsc::Sender<String>,
    }

    impl Write for Slow {
        fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
            // A test that is over lets everything through.
            let _ = self.may.recv();
            let _ = self.read.send(String::from_utf8_lossy(line).into_owned());
            Ok(line.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_forges_a_line() {
        assert_eq!(tame("INFO one\ttwo\n", false), "INFO one\ttwo\n");
        assert_eq!(
            tame("INFO x\nERROR forged\r\u{1b}[2J\0\u{9b}\n", false),
            "INFO x\n    ERROR forged\\r\\u{1b}[2J\\u{0}\\u{9b}\n"
        );
        assert_eq!(tame("\u{1b}[32mINFO\u{1b}[0m x\n", true), "\u{1b}[32mINFO\u{1b}[0m x\n");
    }

    #[test]
    fn a_slow_reader_stops_nobody_and_is_told_what_it_missed() {
        let (let_it, may) = mpsc::channel();
        let (read, heard) = mpsc::channel();
        let (queue, _writing) = NonBlockingBuilder::default()
            .buffered_lines_limit(4)
            .lossy(true)
            .finish(Slow { may, read });
        let lost = queue.error_counter();
        let mut lines = Lines::new(queue, false);
        // Nobody reads: were this to block, the test would never end.
        let mut written = 0;
        while lost.dropped_lines() < 3 {
            lines.write_all(format!("line {written}\n").as_bytes()).unwrap();
            written += 1;
        }
        for _ in 0..2 * written {
            let_it.send(()).unwrap();
        }
        let first = heard.recv_timeout(PATIENCE).unwrap();
        assert_eq!(first, "line 0\n");
        // Behind the others comes the account, as soon as there is room for it.
        let end = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < end {
            lines.write_all(b"later\n").unwrap();
            let line = heard.recv_timeout(PATIENCE).unwrap();
            if line.starts_with("log: ") && line.contains("lines were lost before this one") {
                return;
            }
        }
        panic!("the loss was never told");
    }
}
