//! Runs that belong together: of one script, for one owner, within each other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::sync::Arc;

use common::{Home, Lent, SEVEN, WAIT, a_run, home, run, with};
use ringfence_sandbox::{Guest, Job, JobHandle, Owner, Profile, Refusal, Run};

type Started = Result<JobHandle<Lent, u32>, Refusal>;

async fn start(home: &Home, guest: &Guest<Lent>, run_: Run<Lent>) -> Started {
    home.sandbox.start(guest, run_, run).await.map_err(|refused| {
        assert_eq!(refused.host, Lent("mine"), "what was lent comes back");
        refused.why
    })
}

fn owned(owner: Owner, profile: Profile) -> Run<Lent> {
    Run { owner, ..a_run(profile) }
}

fn within(parent: &JobHandle<Lent, u32>, profile: Profile) -> Run<Lent> {
    Run { parent: Some(Arc::clone(parent.job())), ..a_run(profile) }
}

#[tokio::test]
async fn instances_of_a_script() {
    let home = home();
    let wait = home.load(WAIT);
    let limited = || with(|profile| profile.of_script = Some(2));
    let mut first = start(&home, &wait, a_run(limited())).await.unwrap();
    start(&home, &wait, a_run(limited())).await.unwrap();
    let why = start(&home, &wait, a_run(limited())).await.unwrap_err();
    assert_eq!(why, Refusal::ScriptInstances { script: "test.lua".into(), limit: 2 });
    assert_eq!(why.name(), "script-instances");
    assert_eq!(home.sandbox.statistics().refused.get("script-instances"), Some(&1));

    // Another script is another matter, and so is this one when a run has ended.
    let other = Run { script: "other.lua".into(), ..a_run(limited()) };
    start(&home, &wait, other).await.unwrap();
    first.kill("make room");
    first.wait().await;
    start(&home, &wait, a_run(limited())).await.unwrap();
    home.sandbox.kill_all("the test is over");
}

#[tokio::test]
async fn instances_of_an_owner() {
    let home = home();
    let wait = home.load(WAIT);
    let limited = || with(|profile| profile.of_owner = Some(2));
    let mine = || owned(Owner::new("call", "mine"), limited());
    let mut first = start(&home, &wait, mine()).await.unwrap();
    // What a run starts counts for its owner, whatever is said.
    let child = start(&home, &wait, within(&first, limited())).await.unwrap();
    assert_eq!(*child.job().owner(), Owner::new("call", "mine"));
    for refused in [mine(), within(&first, limited()), within(&child, limited())] {
        let why = start(&home, &wait, refused).await.unwrap_err();
        assert_eq!(why, Refusal::OwnerInstances { owner: "call mine".into(), limit: 2 });
        assert_eq!(why.name(), "owner-instances");
    }
    start(&home, &wait, owned(Owner::new("call", "yours"), limited())).await.unwrap();
    first.kill("make room");
    first.wait().await;
    start(&home, &wait, mine()).await.unwrap();
    home.sandbox.kill_all("the test is over");
}

#[tokio::test]
async fn what_it_starts_can_be_granted_no_more_than_itself() {
    let home = home();
    let wait = home.load(WAIT);
    let first =
        start(&home, &wait, a_run(with(|profile| profile.of_owner = Some(1)))).await.unwrap();
    let generous = with(|profile| profile.of_owner = None);
    let why = start(&home, &wait, within(&first, generous)).await.unwrap_err();
    assert_eq!(why.name(), "owner-instances");
    home.sandbox.kill_all("the test is over");
}

#[tokio::test]
async fn scripts_within_each_other() {
    let home = home();
    let wait = home.load(WAIT);
    let nested = |limit| with(|profile| profile.nested = limit);
    let first = start(&home, &wait, a_run(nested(3))).await.unwrap();
    let mut second = start(&home, &wait, within(&first, nested(64))).await.unwrap();
    let third = start(&home, &wait, within(&second, nested(64))).await.unwrap();
    let why = start(&home, &wait, within(&third, nested(64))).await.unwrap_err();
    assert_eq!(why, Refusal::Nested { limit: 3 });
    assert_eq!(why.name(), "nested-limit");

    // Who has ended is not within anything any more: a script may start the next one for ever.
    second.kill("make room");
    second.wait().await;
    start(&home, &wait, within(&third, nested(64))).await.unwrap();
    home.sandbox.kill_all("the test is over");
}

#[tokio::test]
async fn a_run_that_is_ending_starts_nothing() {
    let home = home();
    let (wait, seven) = (home.load(WAIT), home.load(SEVEN));
    let first = start(&home, &wait, a_run(common::profile())).await.unwrap();
    let other = Run { script: "other.lua".into(), ..a_run(common::profile()) };
    let other = start(&home, &wait, other).await.unwrap();

    let chosen = |job: &Job| job.script() == "test.lua";
    assert_eq!(home.sandbox.kill_where(chosen, "enough"), 1);
    let why = start(&home, &seven, within(&first, common::profile())).await.unwrap_err();
    assert_eq!(why, Refusal::ParentEnding);
    assert_eq!(why.name(), "ending");
    assert_eq!(other.job().ending(), None);
    let mut child = start(&home, &seven, within(&other, common::profile())).await.unwrap();
    assert_eq!(child.wait().await.result, Ok(7));
    home.sandbox.kill_all("the test is over");
}
