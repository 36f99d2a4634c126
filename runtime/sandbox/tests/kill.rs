//! A kill ends a run whatever it does, and nothing else.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::sync::Arc;

use common::{Lent, SEVEN, SPIN, WAIT, a_run, home, profile, run, until};
use ringfence_sandbox::{EndedBy, JobState, Owner, Place};
use uuid::Uuid;

#[tokio::test]
async fn an_endless_loop() {
    let home = home();
    let mut job = home.start(SPIN, profile()).await;
    until("running", || job.job().state() == JobState::Running).await;
    assert!(home.sandbox.kill(job.id(), "enough"));
    let ended = job.wait().await;
    assert_eq!(ended.result, Err(EndedBy::Killed { reason: "enough".into() }));
    assert_eq!(ended.host, Some(Lent("mine")));
    assert!(ended.cost.cpu > std::time::Duration::ZERO);
    assert!(!home.sandbox.kill(ended.id, "again"), "it is gone");
}

#[tokio::test]
async fn an_endless_start_function() {
    let home = home();
    let mut job = home
        .start(
            r#"(func $forever (loop $l br $l)) (start $forever)
               (func (export "run") (result i32) i32.const 0)"#,
            profile(),
        )
        .await;
    until("spinning", || !job.job().cost().cpu.is_zero()).await;
    assert_eq!(job.job().state(), JobState::Starting);
    assert!(job.kill("enough"));
    assert_eq!(job.wait().await.result.unwrap_err().name(), "killed");
}

#[tokio::test]
async fn waiting_in_a_host_call() {
    let home = home();
    let mut job = home
        .start(
            r#"(func (export "run") (result i32) (call $at (i32.const 12)) call $wait i32.const 1)"#,
            profile(),
        )
        .await;
    let waits = || matches!(job.job().state(), JobState::Waiting { name: "test.wait", .. });
    until("waiting", waits).await;

    let listed = home.sandbox.jobs();
    let [info] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(info.id, job.id());
    assert_eq!(&*info.script, "test.lua");
    assert_eq!(*info.owner, Owner::new("test", job.id().to_string()), "nobody in particular");
    assert_eq!(info.call.as_deref(), Some("a-call"));
    assert_eq!(info.at, Some(Place { source: Arc::from("test.lua"), line: 12 }));
    assert_eq!(info.cost.host_calls, 1);

    assert!(job.kill("enough"));
    assert!(!job.kill("too late"), "the first reason stays");
    let ended = job.wait().await;
    assert_eq!(ended.result, Err(EndedBy::Killed { reason: "enough".into() }));
    assert_eq!(ended.host, Some(Lent("mine")));
}

#[tokio::test]
async fn one_of_a_hundred_that_spin() {
    let home = home();
    let guest = home.load(SPIN);
    let mut jobs = Vec::new();
    for _ in 0..100 {
        jobs.push(home.sandbox.start(&guest, a_run(profile()), run).await.unwrap());
    }
    until("all spinning", || jobs.iter().all(|job| !job.job().cost().cpu.is_zero())).await;

    let mut one = jobs.swap_remove(50);
    assert!(one.kill("you"));
    assert_eq!(one.wait().await.result, Err(EndedBy::Killed { reason: "you".into() }));
    assert_eq!(home.sandbox.jobs().len(), 99);

    // The others leave room for a new one.
    assert_eq!(home.outcome(SEVEN, profile()).await.result, Ok(7));

    assert_eq!(home.sandbox.kill_all("all"), 99);
    home.sandbox.idle().await;
    for mut job in jobs {
        assert_eq!(job.wait().await.result, Err(EndedBy::Killed { reason: "all".into() }));
    }
}

#[tokio::test]
async fn with_its_handle_when_asked_to() {
    let home = home();
    let guest = home.load(WAIT);
    let start = || home.sandbox.start(&guest, a_run(profile()), run);

    let left_alone = start().await.unwrap();
    let id = left_alone.id();
    drop(left_alone);
    drop(start().await.unwrap().kill_on_drop());

    until("one killed", || home.sandbox.jobs().len() == 1).await;
    assert!(home.sandbox.kill(id, "the test is over"));
    home.sandbox.idle().await;
    assert!(!home.sandbox.kill(Uuid::nil(), "nobody"));
}

#[tokio::test]
async fn a_dropped_sandbox_ends_its_runs() {
    let home = home();
    let mut waiting = home.start(WAIT, profile()).await;
    let mut spinning = home.start(SPIN, profile()).await;
    drop(home);
    assert_eq!(waiting.wait().await.result, Err(EndedBy::SandboxGone));
    assert_eq!(spinning.wait().await.result, Err(EndedBy::SandboxGone));
}
