//! The `ringfence` under test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use crate::DEADLINE;
use crate::log::Log;

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in it").to_owned()
}

/// The binary: `$RINGFENCE` if set, else the one beside these tests, built anew when it is older
/// than its source. `cargo test --workspace` has just built it; `cargo test -p ringfence-tests`
/// has not.
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        if let Some(given) = std::env::var_os("RINGFENCE") {
            return given.into();
        }
        // A test is target/debug/deps/blackbox-…, the bench is target/release/ringfence-bench.
        let test = std::env::current_exe().expect("a program runs");
        let folder = test.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
        let folder = folder.expect("the folder of a profile").to_owned();
        let binary = folder.join("ringfence");
        let newest_source = ["runtime", "wit", "lua-guest/src"]
            .iter()
            .map(|folder| newest(&repository().join(folder)))
            .max()
            .expect("three folders");
        // The server starts `ringfence-odbc` from its own folder.
        let current = |name| {
            let built = folder.join(name).metadata().and_then(|data| data.modified());
            built.is_ok_and(|built| built >= newest_source)
        };
        if current("ringfence") && current("ringfence-odbc") {
            return binary;
        }
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", "ringfence", "--target-dir"]);
        build.arg(folder.parent().expect("the target folder")).current_dir(repository());
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo").success(), "the server does not build");
        binary
    })
}

fn newest(folder: &Path) -> SystemTime {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
        let data = entry.metadata().expect("a source");
        newest = newest.max(if data.is_dir() {
            self::newest(&entry.path())
        } else {
            data.modified().expect("a time")
        });
    }
    newest
}

/// A `ringfence` command, with its compiled guests cached beside the tests and nothing of the
/// developer's environment that would change what it prints.
pub fn command() -> Command {
    let mut command = Command::new(path());
    let folder = path().parent().expect("in a folder");
    command
        .env("XDG_CACHE_HOME", folder.join("test-cache"))
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

/// How a command ended.
#[derive(Debug)]
pub struct Finished {
    /// None when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Finished {
    /// Both outputs.
    pub fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails the test unless the command ended with `code` and printed all of `texts`.
    #[track_caller]
    pub fn assert(&self, code: i32, texts: &[&str]) {
        let output = self.output();
        assert_eq!(self.code, Some(code), "exit code; it said:\n{output}");
        for text in texts {
            assert!(output.contains(text), "no `{text}` in:\n{output}");
        }
    }
}

/// Runs `ringfence` with these arguments to its end.
pub fn ringfence<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Finished {
    finish(command().args(arguments))
}

/// Runs a command to its end, and fails the test when it does not come to one.
pub fn finish(command: &mut Command) -> Finished {
    let name = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let (stdout, stderr) = (Log::default(), Log::default());
    let readers = [
        stdout.follow(child.stdout.take().expect("piped")),
        stderr.follow(child.stderr.take().expect("piped")),
    ];
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if start.elapsed() > DEADLINE * 2 {
            let _ = child.kill();
            panic!("{name} does not end; it said:\n{stdout}{stderr}");
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    for reader in readers {
        reader.join().expect("a reader");
    }
    let text = |log: &Log| log.lines().into_iter().map(|line| line + "\n").collect();
    Finished { code: status.code(), stdout: text(&stdout), stderr: text(&stderr) }
}
