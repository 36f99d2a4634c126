//! What the server's process holds.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ringfence_tests::{Server, eventually};

/// How long what the cases held may take to be given back.
const PATIENCE: Duration = Duration::from_secs(20);

/// Memory and file handles at one moment.
pub(crate) struct Held {
    resident_kib: u64,
    handles: usize,
}

impl Held {
    pub(crate) fn of(server: &Server) -> Self {
        let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let resident_kib = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        let handles = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count();
        Self { resident_kib, handles }
    }
}

/// Waits until no job of a case is left.
pub(crate) fn settle(server: &Server) {
    eventually("the end of all hostile guests", || {
        (!server.api("script list").contains("hostile/")).then_some(())
    });
}

/// What is still there of what was given since `before`. Sockets linger for a moment, so it is looked
/// at until it is gone or the deadline comes.
pub(crate) fn left(server: &Server, before: &Held, kept_kib: u64) -> Vec<String> {
    let mut faults = Vec::new();
    let fits = |held: &Held| {
        held.handles <= before.handles && held.resident_kib <= before.resident_kib + kept_kib
    };
    let deadline = Instant::now() + PATIENCE;
    let mut held = Held::of(server);
    while !fits(&held) && Instant::now() < deadline {
        sleep(Duration::from_millis(100));
        held = Held::of(server);
    }
    println!(
        "memory {} kB before, {} kB after; {} and {} handles",
        before.resident_kib, held.resident_kib, before.handles, held.handles
    );
    if !fits(&held) {
        faults.push(format!(
            "memory {} kB before, {} kB after (at most {kept_kib} more); {} and {} handles",
            before.resident_kib, held.resident_kib, before.handles, held.handles
        ));
    }
    for word in ["panicked", "host-bug"] {
        faults.extend(server.log.with(word).iter().map(|line| format!("the server said: {line}")));
    }
    faults
}
