//! A deadline that is set from outside while the run goes on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::time::Duration;

use common::{SPIN, WAIT, a_run, config, home, link, profile, run, until, with};
use ringfence_sandbox::{End, EndedBy, JobState, Sandbox};
use tokio::time::Instant;

fn grace() -> End {
    End::new("hangup-grace", "it did not end after the hangup")
}

#[tokio::test(start_paused = true)]
async fn it_ends_a_run_that_waits() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::on(config(&folder), tokio::runtime::Handle::current()).unwrap();
    let guest = sandbox.load("test", &common::component(WAIT, false), link, None).unwrap();
    let wall = Duration::from_secs(60);
    let limited = with(|profile| profile.wall = Some(wall));
    let mut job = sandbox.start(&guest, a_run(limited), run).await.unwrap();
    while !matches!(job.job().state(), JobState::Waiting { .. }) {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    job.job().end_at(began + Duration::from_secs(5), grace());
    job.job().end_at(began + Duration::from_secs(9), End::new("other", "later"));
    let why = job.wait().await.result.unwrap_err();
    assert_eq!(why, EndedBy::Host(grace()));
    assert_eq!(why.name(), "hangup-grace");
    assert_eq!(began.elapsed().as_secs(), 5);

    // The profile's own limit holds when it comes first.
    let limited = with(|profile| profile.wall = Some(wall));
    let mut job = sandbox.start(&guest, a_run(limited), run).await.unwrap();
    job.job().end_at(Instant::now() + 2 * wall, grace());
    assert_eq!(job.wait().await.result, Err(EndedBy::WallLimit { limit: wall }));
}

#[tokio::test]
async fn it_ends_a_run_that_spins() {
    let home = home();
    let mut job = home.start(SPIN, profile()).await;
    until("spinning", || !job.job().cost().cpu.is_zero()).await;
    job.job().end_at(Instant::now() + Duration::from_millis(5), grace());
    assert_eq!(job.wait().await.result, Err(EndedBy::Host(grace())));
}

#[tokio::test]
async fn one_that_has_passed_already() {
    let home = home();
    let mut job = home.start(WAIT, profile()).await;
    job.job().end_at(Instant::now(), grace());
    assert_eq!(job.wait().await.result, Err(EndedBy::Host(grace())));
}
