//! `interface log`: what scripts write to the log.

use ringfence_sandbox::State;

use crate::{
    bindings::ringfence::call::{
        log::{self, Level},
        types::Failure,
    },
    host::Host,
};

/// The longest line, in bytes; the rest is cut. FreeSWITCH's own limit is 8 KiB, too.
const MAX_LINE: usize = 8 << 10;

impl log::Host for State<Host> {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<Result<(), Failure>> {
        let job = self.job();
        job.count();
        if !job.log(message.len()) {
            return Ok(Err(Failure::Refused(format!(
                "log-limit: script {} has logged as much as profile {} allows in a minute",
                job.script(),
                job.profile().name
            ))));
        }
        let message = message.trim_end_matches(['\n', '\r']);
        let message = message.get(..message.floor_char_boundary(MAX_LINE)).unwrap_or_default();
        let place = job.place();
        let (call, script) = (job.call().unwrap_or_default(), job.script());
        let at = place.as_ref().map(ToString::to_string).unwrap_or_default();
        match level {
            Level::Alert | Level::Critical | Level::Error => {
                tracing::error!(%call, %script, %at, "{message}");
            }
            Level::Warning => tracing::warn!(%call, %script, %at, "{message}"),
            Level::Console | Level::Notice | Level::Info => {
                tracing::info!(%call, %script, %at, "{message}");
            }
            Level::Debug => tracing::debug!(%call, %script, %at, "{message}"),
        }
        if let Some(trace) = &self.host.trace {
            trace.logged(place.as_ref(), name(level), message);
        }
        Ok(Ok(()))
    }
}

/// As FreeSWITCH writes it in its log.
fn name(level: Level) -> &'static str {
    match level {
        Level::Console => "CONSOLE",
        Level::Alert => "ALERT",
        Level::Critical => "CRIT",
        Level::Error => "ERR",
        Level::Warning => "WARNING",
        Level::Notice => "NOTICE",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
    }
}
