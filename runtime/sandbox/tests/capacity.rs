//! More starts than slots.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Lent, SEVEN, WAIT, a_run, component, config, link, profile, run};
use ringfence_sandbox::{Config, Guest, JobState, Refusal, Sandbox};

fn one_slot() -> (tempfile::TempDir, Sandbox, Guest<Lent>, Guest<Lent>) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { instances: 1, ..config(&folder) };
    let sandbox = Sandbox::on(config, tokio::runtime::Handle::current()).unwrap();
    let load = |core| sandbox.load("test", &component(core, false), link, None).unwrap();
    let (wait, seven) = (load(WAIT), load(SEVEN));
    (folder, sandbox, wait, seven)
}

#[tokio::test(start_paused = true)]
async fn it_waits_a_while_and_is_refused_by_name() {
    let (_folder, sandbox, wait, seven) = one_slot();
    let job = sandbox.start(&wait, a_run(profile()), run).await.unwrap();

    let before = tokio::time::Instant::now();
    let refused = sandbox.start(&seven, a_run(profile()), run).await.unwrap_err();
    assert_eq!(refused.why, Refusal::Capacity { instances: 1 });
    assert_eq!(refused.why.name(), "capacity");
    assert_eq!(refused.host, Lent("mine"));
    assert_eq!(before.elapsed().as_millis(), ringfence_sandbox::PATIENCE.as_millis());

    let statistics = sandbox.statistics();
    assert_eq!((statistics.live, statistics.waiting, statistics.started), (1, 0, 1));
    assert_eq!(statistics.refused.get("capacity"), Some(&1));
    job.kill("the test is over");
}

#[tokio::test(start_paused = true)]
async fn it_gets_the_slot_of_one_that_ends() {
    let (_folder, sandbox, wait, seven) = one_slot();
    let job = sandbox.start(&wait, a_run(profile()), run).await.unwrap();
    let (second, ()) = tokio::join!(sandbox.start(&seven, a_run(profile()), run), async {
        while !matches!(job.job().state(), JobState::Waiting { .. }) {
            tokio::task::yield_now().await;
        }
        job.kill("make room");
    });
    assert_eq!(second.unwrap().wait().await.result, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn only_as_many_wait_as_may_run() {
    let (_folder, sandbox, wait, seven) = one_slot();
    let job = sandbox.start(&wait, a_run(profile()), run).await.unwrap();
    let before = tokio::time::Instant::now();
    let (first, second) = tokio::join!(sandbox.start(&seven, a_run(profile()), run), async {
        let refused = sandbox.start(&seven, a_run(profile()), run).await.unwrap_err();
        (refused.why, before.elapsed())
    });
    assert_eq!(second, (Refusal::Capacity { instances: 1 }, std::time::Duration::ZERO));
    assert_eq!(first.unwrap_err().why, Refusal::Capacity { instances: 1 });
    job.kill("the test is over");
}

#[tokio::test(start_paused = true)]
async fn a_closed_sandbox_starts_nothing_until_it_is_opened() {
    let (_folder, sandbox, _, seven) = one_slot();
    sandbox.close();
    let refused = sandbox.start(&seven, a_run(profile()), run).await.unwrap_err();
    assert_eq!((refused.why, refused.host), (Refusal::Closed, Lent("mine")));
    sandbox.open();
    let mut job = sandbox.start(&seven, a_run(profile()), run).await.unwrap();
    assert_eq!(job.wait().await.result, Ok(7));
}

#[tokio::test]
async fn more_guests_than_there_are_warm_slots() {
    let home = common::home();
    let guest = home.load(WAIT);
    // The sandbox keeps 128 slots warm; these take more.
    for _ in 0..150 {
        home.sandbox.start(&guest, a_run(profile()), run).await.unwrap();
    }
    assert_eq!(home.outcome(SEVEN, profile()).await.result, Ok(7));
    let trapped = home.outcome(r#"(func (export "run") (result i32) unreachable)"#, profile());
    assert_eq!(trapped.await.result.unwrap_err().name(), "trap");
    let spinning = home.start(common::SPIN, profile()).await;
    common::until("spinning", || !spinning.job().cost().cpu.is_zero()).await;
    assert_eq!(home.sandbox.kill_all("the test is over"), 151);
    home.sandbox.idle().await;
}
