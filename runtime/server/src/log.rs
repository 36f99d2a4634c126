//! Where log lines go: standard error, filtered as the operator asks.

use std::io::IsTerminal as _;

use anyhow::Context as _;
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

/// Starts logging. `filter` is a level or a filter in the language of `RUST_LOG`.
///
/// # Errors
///
/// When the filter cannot be read; the message says where.
pub(crate) fn start(filter: &str, form: Form) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("--log {filter:?}: not a level (error, warn, info, debug, trace) or filter")
    })?;
    let colour = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
    let registry = tracing_subscriber::registry().with(filter);
    match form {
        Form::Json => registry.with(lines.json().flatten_event(true)).try_init(),
        Form::Text => registry.with(lines).try_init(),
        Form::Timeless => registry.with(lines.without_time()).try_init(),
    }
    .context("logging was started twice")
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
