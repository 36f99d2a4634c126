//! Giving all memory back.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;

use common::{SEVEN, WAIT, a_run, config, home, link, profile, run};
use ringfence_sandbox::{Config, Guest, Sandbox};

/// Address space of this process, in bytes.
fn address_space() -> u64 {
    let status = fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test]
async fn not_while_a_job_lives() {
    let home = home();
    let mut job = home.start(WAIT, profile()).await;
    assert!(!home.sandbox.release());
    job.kill("make room");
    job.wait().await;
    assert!(home.sandbox.release());
    assert_eq!(home.outcome(SEVEN, profile()).await.result, Ok(7), "loaded anew");
}

#[test]
fn the_slots_go_with_the_last_guest() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = Config { instances: 2_000, ..config(&folder) };
    // Each slot reserves two memories of 4 GiB.
    let slots = 2_000 * (8 << 30);
    let sandbox = Sandbox::on(config, runtime.handle().clone()).unwrap();
    let with_slots = address_space();
    let load = || -> Guest<common::Lent> {
        sandbox.load("test", &common::component(SEVEN, false), link, None).unwrap()
    };
    let guest = load();
    let once = |guest: &Guest<_>| {
        runtime.block_on(async {
            let mut job = sandbox.start(guest, a_run(profile()), run).await.unwrap();
            assert_eq!(job.wait().await.result, Ok(7));
        });
    };
    once(&guest);
    assert!(sandbox.release());
    once(&guest);
    drop(guest);
    let released = address_space();
    // Other tests of this file have few slots.
    assert!(with_slots - released > slots / 2, "{with_slots} before, {released} after");
    once(&load());
}
