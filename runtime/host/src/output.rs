//! What scripts print: to the log, a line at a time.

use std::sync::Arc;

use ringfence_sandbox::{Job, Output, Stream};
use tracing::field::display;

use crate::trace::Trace;

/// Logs each line at INFO, and tells the trace.
pub(crate) struct Printed {
    pub(crate) trace: Option<Arc<dyn Trace>>,
}

impl Output for Printed {
    fn line(&self, job: &Job, stream: Stream, line: &[u8]) {
        let line = ringfence_text::decode(line);
        let (call, script) = (job.call().map(display), job.script());
        match stream {
            Stream::Stdout => tracing::info!(call, %script, "{line}"),
            Stream::Stderr => tracing::warn!(call, %script, "{line}"),
        }
        if let Some(trace) = &self.trace {
            trace.printed(&line);
        }
    }
}
