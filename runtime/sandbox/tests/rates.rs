//! What a guest may do in a while: compute, execute, call the host, log. (What it prints: `wasi`.)
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::time::Duration;

use common::{SPIN, a_run, config, home, link, run, until, with};
use ringfence_sandbox::{EndedBy, FAR, LOG_LINE, Sandbox};

/// Counts host calls for ever.
const CALLS: &str = r#"(func (export "run") (result i32) (loop $l call $count br $l) unreachable)"#;

#[tokio::test]
async fn a_burst() {
    let limit = Duration::from_millis(20);
    let ended = home().outcome(SPIN, with(|profile| profile.burst = Some(limit))).await;
    let why = ended.result.unwrap_err();
    assert_eq!(why, EndedBy::BurstLimit { limit });
    assert_eq!(why.name(), "burst-limit");
    assert!(ended.cost.cpu >= limit);
}

#[tokio::test]
async fn a_host_call_ends_a_burst() {
    let limit = Duration::from_millis(20);
    let home = home();
    let job = home.start(CALLS, with(|profile| profile.burst = Some(limit))).await;
    until("ten bursts' time", || job.job().cost().cpu > 10 * limit).await;
    assert_eq!(job.job().ending(), None);
    job.kill("the test is over");
}

#[tokio::test]
async fn fuel() {
    let home = home();
    let core = |rounds: u32| {
        format!(
            r#"(func (export "run") (result i32) (local i32)
                (loop $l
                    (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                    (br_if $l (i32.lt_u (local.get 0) (i32.const {rounds}))))
                local.get 0)"#
        )
    };
    // A round is some ten instructions.
    let limit = 10_000;
    let fueled = || with(|profile| profile.fuel = Some(limit));
    assert_eq!(home.outcome(&core(100), fueled()).await.result, Ok(100));
    let why = home.outcome(&core(100_000), fueled()).await.result.unwrap_err();
    assert_eq!(why, EndedBy::FuelLimit { limit });
    assert_eq!(why.name(), "fuel-limit");
    let whole = with(|profile| profile.fuel = Some(u64::MAX));
    assert_eq!(home.outcome(&core(100_000), whole).await.result, Ok(100_000));
}

#[tokio::test]
async fn a_run_that_counts_fuel_can_be_killed() {
    let home = home();
    let mut job = home.start(SPIN, with(|profile| profile.fuel = Some(u64::MAX))).await;
    until("spinning", || !job.job().cost().cpu.is_zero()).await;
    assert!(job.kill("enough"));
    assert_eq!(job.wait().await.result.unwrap_err().name(), "killed");
}

#[tokio::test]
async fn host_calls() {
    let limit = 1_000;
    let ended = home().outcome(CALLS, with(|profile| profile.host_calls = Some(limit))).await;
    let why = ended.result.unwrap_err();
    assert_eq!(why, EndedBy::HostCallLimit { limit });
    assert_eq!(why.name(), "host-call-limit");
    assert!(ended.cost.host_calls > u64::from(limit));
}

#[tokio::test]
async fn as_many_host_calls_as_allowed() {
    let core = r#"(func (export "run") (result i32) (local i32)
        (loop $l
            call $count
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get 0) (i32.const 1000))))
        local.get 0)"#;
    let ended = home().outcome(core, with(|profile| profile.host_calls = Some(1_000))).await;
    assert_eq!(ended.result, Ok(1_000));
}

/// On virtual time: an hour with a call a second is no burst of 3,600 calls.
#[tokio::test(start_paused = true)]
async fn host_calls_on_a_paused_clock() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::on(config(&folder), tokio::runtime::Handle::current()).unwrap();
    let core = r#"(func (export "run") (result i32) (local i32)
        (loop $l
            call $nap
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get 0) (i32.const 3600))))
        local.get 0)"#;
    let guest = sandbox.load("test", &common::component(core, false), link, None).unwrap();
    let profile = with(|profile| profile.host_calls = Some(2));
    let mut job = sandbox.start(&guest, a_run(profile), run).await.unwrap();
    assert_eq!(job.wait().await.result, Ok(3_600));
}

#[tokio::test]
async fn the_log() {
    let home = home();
    let log = |sizes: [usize; 3]| {
        let [a, b, c] = sizes;
        format!(
            r#"(func (export "run") (result i32)
                (i32.add (call $log (i32.const {a}))
                    (i32.add (i32.mul (call $log (i32.const {b})) (i32.const 10))
                             (i32.mul (call $log (i32.const {c})) (i32.const 100)))))"#
        )
    };
    let limit = 1_000;
    let outcome = async |sizes| {
        home.outcome(&log(sizes), with(|profile| profile.log = Some(limit))).await.result
    };
    assert_eq!(outcome([500, 500, 1]).await, Ok(11), "the third is refused");
    assert_eq!(outcome([1_000, 5_000, 4_000]).await, Ok(1), "refused, but not far");
    let room = limit - LOG_LINE - 1;
    assert_eq!(outcome([room, 0, 0]).await, Ok(11), "an empty message counts, too");
    let why = outcome([1, limit * FAR, 1]).await.unwrap_err();
    assert_eq!(why, EndedBy::LogLimit { limit });
    assert_eq!(why.name(), "log-limit");
}

#[tokio::test]
async fn a_log_without_a_limit() {
    let core = r#"(func (export "run") (result i32) (call $log (i32.const -1)))"#;
    assert_eq!(home().outcome(core, with(|profile| profile.log = None)).await.result, Ok(1));
}
