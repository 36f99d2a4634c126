//! A running server.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::binary::{self, Finished, ringfence};
use crate::deadline::within;
use crate::log::Log;
use crate::{Configuration, eventually, message};

/// How long a start may take: the first on a machine compiles the guests, and so do those beside it.
const START: Duration = Duration::from_secs(600);

/// `ringfence serve` on a configuration of its own. Killed when it goes out of scope; a failing
/// test prints what it said.
pub struct Server {
    child: Child,
    /// What it said so far.
    pub log: Log,
    /// What it serves.
    pub configuration: Configuration,
}

impl Server {
    /// Serves `conf/` as shipped.
    pub fn shipped() -> Self {
        Self::start(|_| {})
    }

    /// Serves `conf/` as changed by `change`, and waits until it answers.
    pub fn start(change: impl FnOnce(&Configuration)) -> Self {
        let configuration = Configuration::shipped();
        change(&configuration);
        Self::serve(configuration, |_| {})
    }

    /// Serves a configuration, started as `prepare` says, and waits until it answers.
    pub fn serve(configuration: Configuration, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = binary::command();
        command.arg("serve").arg("--conf").arg(configuration.path());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        prepare(&mut command);
        let mut child = command.spawn().expect("the server starts");
        let log = Log::default();
        log.follow(child.stdout.take().expect("piped"));
        log.follow(child.stderr.take().expect("piped"));
        let mut server = Self { child, log, configuration };
        server.wait_until_it_answers();
        server
    }

    fn wait_until_it_answers(&mut self) {
        let port = self.port();
        within(START, "the server to say that it listens, and to answer OPTIONS", || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status} instead of serving");
            }
            // SIP is the first that answers; the event socket and the start-up scripts come behind.
            let listens = self.log.with("Ringfence").iter().any(|line| line.contains("listens on"));
            (listens && message::options(port) == Some(200)).then_some(())
        });
    }

    /// Where it listens for SIP on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.configuration.port
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kilobytes of memory that it has in RAM.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells it");
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Files, sockets and the like that it has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }

    /// The URI that dials `extension`.
    pub fn uri(&self, extension: &str) -> String {
        format!("sip:{extension}@127.0.0.1:{}", self.port())
    }

    /// `ringfence call` to an extension of this server.
    pub fn call<S: AsRef<OsStr>>(
        &self,
        extension: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Finished {
        let mut all = vec!["call".into(), self.uri(extension).into()];
        all.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        ringfence(all)
    }

    /// Fails the test unless the server still serves: it answers OPTIONS and a whole call works.
    #[track_caller]
    pub fn assert_serves(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the server ended with {status}");
        }
        let mut caller = crate::Caller::new(self.port());
        caller.invite("9196");
        caller.answered();
        caller.bye();
    }

    /// Sends the signal (`TERM`, `KILL` …).
    pub fn signal(&self, signal: &str) {
        // The shell has a kill of its own, and this process may not call libc.
        let command = format!("kill -{signal} {}", self.pid());
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        eventually("the server to end", || self.child.try_wait().unwrap())
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// A file of its configuration.
    pub fn file(&self, name: &str) -> PathBuf {
        self.configuration.file(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server said:\n{}", self.log);
        }
    }
}
