//! Where log lines go: standard error, files, and clients of the event socket.
//!
//! What is logged at all is [`ringfence_switch::log::levels`], which commands change. Each line goes
//! through `lines`, which keeps callers and scripts from forging one. A server writes them on threads
//! of their own, one for each place, through queues with an end: a terminal that is held, a pipe that
//! nobody reads, a disk that hangs stops no call. What did not fit is counted in the log.

pub(crate) mod file;
mod lines;

use std::io::{IsTerminal as _, Write};

use anyhow::{Context as _, anyhow};
use ringfence_switch::config::LogFile;
use ringfence_switch::log::{Level, Levels, levels};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
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

/// A filter of the command line, when it can be read.
pub(crate) fn filter(text: &str) -> Result<String, String> {
    match Levels::check(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Lines that wait for a slow reader; further ones are lost, and counted in the log. Few are longer
/// than 200 bytes, none than 16 KiB.
const WAITING: usize = 8_192;

/// Starts logging: to standard error, and to these files. `filter` is a level, or levels for parts of
/// the server. Lines that wait are written when the answer is dropped, or lost when that takes longer
/// than a second.
///
/// # Errors
///
/// The filter cannot be read, or a file cannot be written; the message says which.
pub(crate) fn start(
    filter: &str,
    form: Form,
    files: &[LogFile],
) -> anyhow::Result<Vec<WorkerGuard>> {
    levels().set(filter, true)?;
    let colour = std::io::stderr().is_terminal();
    let (queue, writing) = writer("log", std::io::stderr());
    let mut sinks = vec![sink(queue, form, colour).with_filter(levels().shown()).boxed()];
    let mut guards = vec![writing];
    for settings in files {
        let path = settings.path.display();
        let file = file::Rotating::open(settings)
            .map_err(|error| anyhow!("{}: the log file {path}: {error}", settings.place))?;
        let (queue, writing) = writer("log-file", file);
        let form = if settings.json { Form::Json } else { Form::Text };
        let level = settings.level;
        let shown = filter_fn(move |metadata| Level::of(metadata) <= level);
        sinks.push(sink(queue, form, false).with_filter(shown).boxed());
        guards.push(writing);
    }
    tracing_subscriber::registry()
        .with(sinks)
        .with(levels().layer())
        .with(ringfence_control::log::layer())
        .try_init()
        .context("logging was started twice")?;
    Ok(guards)
}

/// A thread that writes lines, and the queue into it.
fn writer(name: &str, to: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    let queue = NonBlockingBuilder::default().buffered_lines_limit(WAITING).lossy(true);
    queue.thread_name(name).finish(to)
}

fn sink(queue: NonBlocking, form: Form, colour: bool) -> Box<dyn Layer<Registry> + Send + Sync> {
    let lines = lines::Lines::new(queue, colour);
    let layer = tracing_subscriber::fmt::layer().with_writer(lines).with_ansi(colour);
    match form {
        Form::Json => layer.json().flatten_event(true).boxed(),
        Form::Text => layer.boxed(),
        Form::Timeless => layer.without_time().boxed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
