//! Where log lines go: standard error, filtered as the operator asks.
//!
//! Each line goes through `lines`, which keeps callers and scripts from forging one. A server writes
//! them on a thread of their own, through a queue with an end: a terminal that is held, or a pipe
//! that nobody reads, stops no call. What did not fit is counted in the log.

mod lines;

use std::io::IsTerminal as _;

use anyhow::{Context as _, anyhow};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
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

/// Lines that wait for a slow reader; further ones are lost, and counted in the log. Few are longer
/// than 200 bytes, none than 16 KiB.
const WAITING: usize = 8_192;

/// Starts logging. `filter` is a level or a filter in the language of `RUST_LOG`. Lines that wait
/// are written when the answer is dropped, or lost when that takes longer than a second.
///
/// # Errors
///
/// When the filter cannot be read; the message says where.
pub(crate) fn start(filter: &str, form: Form) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::try_new(filter).map_err(|_| anyhow!("{filter:?}: {NO_FILTER}"))?;
    let colour = std::io::stderr().is_terminal();
    let (queue, writing) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING)
        .lossy(true)
        .thread_name("log")
        .finish(std::io::stderr());
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(lines::Lines::new(queue, colour))
        .with_ansi(colour);
    let registry =
        tracing_subscriber::registry().with(filter).with(ringfence_control::log::layer());
    match form {
        Form::Json => registry.with(layer.json().flatten_event(true)).try_init(),
        Form::Text => registry.with(layer).try_init(),
        Form::Timeless => registry.with(layer.without_time()).try_init(),
    }
    .context("logging was started twice")?;
    Ok(writing)
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
    fn a_filter_that_cannot_be_read_is_told() {
        for good in ["info", "warn,ringfence_sip=debug", "off"] {
            assert_eq!(filter(good).as_deref(), Ok(good));
        }
        for bad in ["ringfence=zz", "a=b=c"] {
            assert!(filter(bad).is_err(), "{bad}");
        }
    }
}
