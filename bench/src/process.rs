//! What a process has used so far, from /proc.

use std::fs;
use std::time::Duration;

/// CPU time of the process, user and system.
pub(crate) fn cpu(pid: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process is there");
    // The name in parentheses may hold blanks; utime and stime are the 14th and 15th field.
    let fields: Vec<&str> =
        text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    // USER_HZ is 100 on every Linux that Rust's standard library supports.
    Duration::from_millis(ticks * 10)
}

/// Memory of the process that is in RAM, in kB.
pub(crate) fn resident(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells it");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}

/// Memory in RAM that the process has for itself, in kB: without what it shares with others, and
/// pages that are mapped several times counted once.
pub(crate) fn own(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("Linux tells it");
    let line = text.lines().find(|line| line.starts_with("Pss:")).expect("the field");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}
