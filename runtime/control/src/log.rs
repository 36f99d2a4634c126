//! The log as clients of the event socket read it (`log/data`).
//!
//! [`layer`] stands beside what writes the log, behind the same filter: what the server does not
//! log, no client sees. Without a client that asked, a line costs one atomic load.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use chrono::Local;
use parking_lot::RwLock;
use ringfence_switch::log::Level;
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Lines that wait for one client; while it is slower, lines are dropped and the number told.
pub(crate) const MAX_LINES: usize = 1_000;
/// A line longer than this is cut, in bytes.
const MAX_LINE: usize = 16 * 1024;

/// The number of a level, as `log` takes it: a name, or a number that is brought into range.
pub(crate) fn level(text: &str) -> Option<u8> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(u8::try_from(number.clamp(0, 7)).unwrap_or(0));
    }
    let level = Level::ALL.iter().find(|level| level.name().eq_ignore_ascii_case(text))?;
    Some(number(*level))
}

/// A line of the log.
#[derive(Debug)]
pub(crate) struct Line {
    level: u8,
    /// Of the script when one wrote it, else of this server.
    file: String,
    number: String,
    target: String,
    call: String,
    text: String,
}

impl Line {
    /// As it is sent. `missed` lines before it were dropped.
    pub(crate) fn frame(&self, missed: u64) -> String {
        let missed = if missed > 0 { format!("Missed-Lines: {missed}\n") } else { String::new() };
        format!(
            "Content-Type: log/data\nContent-Length: {}\nLog-Level: {}\nText-Channel: 3\nLog-File: {}\n\
             Log-Func: {}\nLog-Line: {}\n{missed}User-Data: {}\n\n{}",
            ringfence_text::encode(&self.text).len(),
            self.level,
            self.file,
            self.target,
            self.number,
            self.call,
            self.text
        )
    }
}

struct Client {
    level: u8,
    /// Lines, each with the number of those that were dropped before it.
    queue: mpsc::Sender<(Arc<Line>, u64)>,
    missed: AtomicU64,
}

/// All clients that read the log. One list for the process, as there is one log.
struct Clients {
    /// The highest level that anybody asked for, plus one; 0 when nobody did.
    highest: AtomicU8,
    list: RwLock<Vec<Arc<Client>>>,
}

static CLIENTS: LazyLock<Clients> =
    LazyLock::new(|| Clients { highest: AtomicU8::new(0), list: RwLock::default() });

impl Clients {
    fn changed(&self, list: &[Arc<Client>]) {
        let highest = list.iter().map(|client| client.level + 1).max().unwrap_or(0);
        self.highest.store(highest, Ordering::Relaxed);
    }
}

/// A client's end of the log.
pub(crate) struct Reader {
    client: Arc<Client>,
    lines: mpsc::Receiver<(Arc<Line>, u64)>,
}

impl Reader {
    /// The lines of that level and the more urgent ones, from now on.
    pub(crate) fn new(level: u8) -> Self {
        let (queue, lines) = mpsc::channel(MAX_LINES);
        let client = Arc::new(Client { level, queue, missed: AtomicU64::new(0) });
        let mut list = CLIENTS.list.write();
        list.push(Arc::clone(&client));
        CLIENTS.changed(&list);
        Self { client, lines }
    }

    /// The next line, and how many were dropped before it.
    pub(crate) async fn next(&mut self) -> (Arc<Line>, u64) {
        match self.lines.recv().await {
            Some(line) => line,
            // The sender is kept alive by `self.client`.
            None => std::future::pending().await,
        }
    }

    /// The same when one is there.
    #[cfg(test)]
    fn try_next(&mut self) -> Option<(Arc<Line>, u64)> {
        self.lines.try_recv().ok()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut list = CLIENTS.list.write();
        list.retain(|client| !Arc::ptr_eq(client, &self.client));
        CLIENTS.changed(&list);
    }
}

/// What brings the log to the clients; belongs into the process's subscriber, behind its filter.
#[must_use]
pub fn layer<S: Subscriber>() -> impl Layer<S> {
    Log
}

struct Log;

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let severity = Level::of(metadata);
        let level = number(severity);
        if level >= CLIENTS.highest.load(Ordering::Relaxed) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (file, line) = match fields.at.rsplit_once(':') {
            Some((file, line)) => (file, line.to_owned()),
            None => {
                let line = metadata.line().unwrap_or_default();
                (metadata.file().unwrap_or_default(), line.to_string())
            }
        };
        let file = file.rsplit('/').next().unwrap_or_default().to_owned();
        let now = Local::now().format("%Y-%m-%d %H:%M:%S%.6f");
        let mut text =
            format!("{now} [{severity}] {file}:{line} {}{}", fields.message, fields.others);
        if text.len() > MAX_LINE {
            text.truncate(text.floor_char_boundary(MAX_LINE));
        }
        text.push('\n');
        let line = Arc::new(Line {
            level,
            file,
            number: line,
            target: metadata.target().to_owned(),
            call: fields.call,
            text,
        });
        for client in CLIENTS.list.read().iter().filter(|client| client.level >= level) {
            let missed = client.missed.swap(0, Ordering::Relaxed);
            if client.queue.try_send((Arc::clone(&line), missed)).is_err() {
                client.missed.fetch_add(missed + 1, Ordering::Relaxed);
            }
        }
    }
}

/// As clients count it: what FreeSWITCH has no level for is DEBUG.
fn number(level: Level) -> u8 {
    u8::try_from(level.number().clamp(0, 7)).unwrap_or_default()
}

/// The fields of a line: the message, the call, where a script wrote it, and the rest as
/// `name=value`.
#[derive(Default)]
struct Fields {
    message: String,
    call: String,
    at: String,
    others: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "call" => write!(self.call, "{value:?}"),
            "at" => write!(self.at, "{value:?}"),
            name => write!(self.others, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message.push_str(value),
            "call" => self.call.push_str(value),
            "at" => self.at.push_str(value),
            name => {
                let _ = write!(self.others, " {name}={value}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ringfence_switch::log::Source;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn levels_are_names_or_numbers() {
        let levels = ["debug", "CONSOLE", "-1", "9", "3", "nosuch", ""].map(level);
        assert_eq!(levels, [Some(7), Some(0), Some(0), Some(7), Some(3), None, None]);
    }

    #[test]
    fn lines_come_up_to_the_level_that_was_asked_for() {
        let subscriber = tracing_subscriber::registry().with(layer());
        tracing::subscriber::with_default(subscriber, || {
            let mut reader = Reader::new(4);
            tracing::info!("too quiet");
            tracing::warn!(call = %"uuid-1", digit = 5, "loud enough");
            let (line, missed) = reader.try_next().unwrap();
            let frame = line.frame(missed);
            assert!(frame.starts_with("Content-Type: log/data\nContent-Length: "), "{frame}");
            assert!(frame.contains("\nLog-Level: 4\n") && frame.contains("\nLog-File: log.rs\n"));
            assert!(frame.contains("\nUser-Data: uuid-1\n\n"), "{frame}");
            assert!(frame.ends_with("loud enough digit=5\n"), "{frame}");
            assert!(reader.try_next().is_none());
            let source = Source { script: Some("ivr.lua"), at: Some("/x/ivr.lua:12"), call: None };
            ringfence_switch::log::write(Level::Crit, source, "of a script");
            let frame = reader.try_next().unwrap().0.frame(0);
            for part in ["Log-Level: 2\n", "Log-File: ivr.lua\n", "Log-Line: 12\n"] {
                assert!(frame.contains(part), "no {part} in {frame}");
            }
            assert!(frame.ends_with(" [CRIT] ivr.lua:12 of a script script=ivr.lua\n"), "{frame}");
            for number in 0..MAX_LINES + 7 {
                tracing::error!("line {number}");
            }
            assert!(reader.try_next().unwrap().0.text.ends_with("line 0\n"));
            let missed: u64 =
                std::iter::from_fn(|| reader.try_next()).map(|(_, missed)| missed).sum();
            assert_eq!(missed, 0, "what was dropped was dropped after the last line that waited");
            tracing::error!("after");
            assert_eq!(reader.try_next().map(|(_, missed)| missed), Some(7));
        });
    }
}
