//! sipp: scenarios of SIP messages, run as often as wanted.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::binary::finish;
use crate::{Server, eventually, ports};

/// One run of a scenario of `tests/sipp/`.
pub struct Sipp {
    command: Command,
    folder: TempDir,
    port: u16,
}

/// A scenario that waits to be called. Killed when it goes out of scope.
pub struct Called {
    /// Where it listens for SIP on 127.0.0.1.
    pub port: u16,
    child: Child,
    sipp: Sipp,
}

impl Called {
    /// Waits for its end, and fails the test unless every call went as the scenario says.
    #[track_caller]
    pub fn passes(mut self) {
        let status = eventually("sipp to end", || self.child.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "sipp failed:\n{}", self.sipp.errors());
    }
}

impl Drop for Called {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sipp {
    /// The scenario as a caller of this server.
    pub fn calls(server: &Server, scenario: &str, extension: &str) -> Self {
        let mut sipp = Self::new(scenario, "127.0.0.1");
        sipp.command.arg(format!("127.0.0.1:{}", server.port())).args(["-s", extension]);
        sipp
    }

    /// The same over IPv6.
    pub fn calls_ipv6(server: &Server, scenario: &str, extension: &str) -> Self {
        let mut sipp = Self::new(scenario, "::1");
        sipp.command.arg(format!("[::1]:{}", server.port())).args(["-s", extension]);
        sipp
    }

    /// The scenario as a phone that is called so many times, running already.
    pub fn is_called(scenario: &str, times: u32) -> Called {
        let mut sipp = Self::new(scenario, "127.0.0.1").with(&["-m", &times.to_string()]);
        sipp.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = sipp.command.spawn().expect("sipp (`make setup` installs it)");
        Called { port: sipp.port, child, sipp }
    }

    fn new(scenario: &str, local: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("ringfence-sipp-").tempdir().unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp").join(scenario);
        assert!(file.exists(), "{}", file.display());
        let port = ports::free();
        let mut command = Command::new("sipp");
        command.current_dir(folder.path()).arg("-sf").arg(file);
        command.args([
            "-i",
            local,
            "-mi",
            local,
            "-nostdin",
            "-trace_err",
            "-error_file",
            "errors.log",
        ]);
        command.args(["-p", &port.to_string(), "-mp", &(port + 2).to_string()]);
        command.args(["-m", "1", "-timeout", "60", "-timeout_error", "-trace_stat"]);
        command.args(["-stf", "statistics.csv"]);
        Self { command, folder, port }
    }

    /// Further arguments, after sipp's own manual.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Runs it, and fails the test unless every call went as the scenario says.
    #[track_caller]
    pub fn passes(mut self) -> Statistics {
        let finished = finish(&mut self.command);
        assert_eq!(
            finished.code,
            Some(0),
            "sipp failed:\n{}\n{}",
            self.errors(),
            finished.output()
        );
        Statistics::read(&self.file("statistics.csv"))
    }

    /// Runs it, whatever becomes of the calls.
    pub fn counts(mut self) -> Statistics {
        finish(&mut self.command);
        Statistics::read(&self.file("statistics.csv"))
    }

    fn errors(&self) -> String {
        std::fs::read_to_string(self.file("errors.log")).unwrap_or_default()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What sipp counted.
#[derive(Debug)]
pub struct Statistics {
    /// Calls that went as the scenario says.
    pub successful: u64,
    /// Calls that did not.
    pub failed: u64,
    /// Messages that sipp had to send again.
    pub retransmissions: u64,
    /// From INVITE to 200, on average, in milliseconds.
    pub response_ms: u64,
}

impl Statistics {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("sipp's statistics");
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().expect("a head").split(';').collect();
        let last: Vec<&str> = lines.next_back().expect("a line").split(';').collect();
        let column = |name: &str| {
            let column = names.iter().position(|known| *known == name);
            *column.and_then(|column| last.get(column)).unwrap_or(&"")
        };
        let value =
            |name: &str| column(name).parse().unwrap_or_else(|_| panic!("sipp counts no {name}"));
        Self {
            successful: value("SuccessfulCall(C)"),
            failed: value("FailedCall(C)"),
            retransmissions: value("Retransmissions(C)"),
            response_ms: clock(column("ResponseTime1(C)")),
        }
    }
}

/// Milliseconds of `00:00:00:001000`: hours, minutes, seconds, microseconds; 0 for anything else.
fn clock(text: &str) -> u64 {
    let parts: Vec<u64> = text.split(':').map_while(|part| part.parse().ok()).collect();
    match parts[..] {
        [hours, minutes, seconds, micros] => {
            (hours * 3600 + minutes * 60 + seconds) * 1000 + micros / 1000
        }
        _ => 0,
    }
}
