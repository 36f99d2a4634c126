//! `interface log`: what scripts write to the log.

use ringfence_sandbox::State;
use ringfence_switch::log::{Level as Severity, Source};

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
        let (call, script) = (job.call(), job.script());
        let at = place.as_ref().map(ToString::to_string);
        let source = Source { call, script: Some(script), at: at.as_deref() };
        ringfence_switch::log::write(severity(level), source, message);
        if let Some(trace) = &self.host.trace {
            trace.logged(place.as_ref(), severity(level).name(), message);
        }
        Ok(Ok(()))
    }
}

/// FreeSWITCH's level.
fn severity(level: Level) -> Severity {
    match level {
        Level::Console => Severity::Console,
        Level::Alert => Severity::Alert,
        Level::Critical => Severity::Crit,
        Level::Error => Severity::Err,
        Level::Warning => Severity::Warning,
        Level::Notice => Severity::Notice,
        Level::Info => Severity::Info,
        Level::Debug => Severity::Debug,
    }
}
