//! What is ordered for a call or for the server: limits, pauses, tasks, recordings, jobs.

use std::time::Duration;

use ringfence_switch::config::Permissions;
use ringfence_switch::config::permission::Names;
use ringfence_switch::event::EventName;
use ringfence_switch::{Authority, Cause};

use crate::rig::{Dialog, OFFER, Rig, header, soon, until};

async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_too_many_goes_elsewhere_and_an_ended_one_makes_room() {
    let rig = Rig::new(&[
        ("5000", "limit hash office lines 2\nanswer\npark"),
        ("limit_exceeded", "hangup USER_BUSY"),
    ]);
    let call = |rig: &Rig| {
        let switch = rig.switch.clone();
        async move { switch.command("originate", "null/x 5000 XML default", None).await.unwrap() }
    };
    let first = call(&rig).await;
    call(&rig).await;
    until(|| rig.switch.usage().of("office", "lines").0 == 2).await;
    let third = call(&rig).await;
    let uuid = third.strip_prefix("+OK ").unwrap().trim();
    until(|| rig.switch.session(uuid).is_none()).await;
    assert_eq!(rig.api("limit_usage hash office lines").await, "2");
    let first = first.strip_prefix("+OK ").unwrap().trim();
    rig.api(&format!("uuid_kill {first}")).await;
    until(|| rig.switch.usage().of("office", "lines").0 == 1).await;
    call(&rig).await;
    until(|| rig.switch.usage().of("office", "lines").0 == 2).await;
    assert_eq!(rig.switch.sessions().len(), 2);
    rig.switch.hangup_all(Cause::NORMAL_CLEARING, |_| true);
    rig.empty().await;
    assert_eq!(rig.switch.usage().of("office", "lines").0, 0);
}

#[tokio::test(start_paused = true)]
async fn paused_calls_are_refused_until_they_are_resumed() {
    let rig = Rig::new(&[("5000", "answer\nhangup")]);
    assert_eq!(rig.api("fsctl pause inbound").await, "+OK\n");
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite(OFFER));
    let (response, _) = rig.peer.final_response(&dialog).await;
    assert!(response.starts_with("SIP/2.0 503"), "{response}");
    assert!(header(&response, "Retry-After").is_some());
    assert_eq!(rig.api("originate null/x &park()").await.get(..4), Some("+OK "));
    assert_eq!(rig.api("fsctl pause outbound").await, "+OK\n");
    assert_eq!(rig.api("originate null/x &park()").await, "-ERR SWITCH_CONGESTION\n");
    assert_eq!(rig.api("fsctl ready_check").await, "false");
    assert_eq!(rig.api("fsctl resume").await, "+OK\n");
    assert_eq!(rig.api("originate null/x &park()").await.get(..4), Some("+OK "));
    rig.api("hupall").await;
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn tasks_are_done_at_their_time_and_again_and_not_after_they_were_taken_off() {
    let rig = Rig::new(&[]);
    let count = || rig.switch.variables().text("count").unwrap_or_default().len();
    assert!(rig.api("sched_api @10 again global_setvar count=${count}x").await.starts_with("+OK"));
    let mut events = rig.listen(&[EventName::Api, EventName::ReSchedule]);
    wait(25).await;
    let mut told = 0;
    while let Some(delivery) = events.try_next() {
        told += usize::from(delivery.event.name() == EventName::ReSchedule);
    }
    assert_eq!(told, 2);
    assert_eq!(rig.api("sched_del again").await, "+OK Deleted: 1\n");
    wait(60).await;
    assert!(events.try_next().is_some_and(|delivery| delivery.event.name() == EventName::Api));
    assert!(events.try_next().is_none() && rig.switch.tasks().is_empty(), "{}", count());
    // What belongs to a call goes with it.
    let session = rig.null().await;
    let uuid = session.uuid().to_string();
    assert_eq!(rig.api(&format!("sched_transfer +100 {uuid} 1000")).await, "+OK\n");
    assert_eq!(rig.api(&format!("sched_hangup +5 {uuid} USER_BUSY")).await, "+OK\n");
    assert_eq!(rig.switch.tasks().len(), 2);
    soon(session.gone()).await;
    assert_eq!(session.hangup_cause(), Cause::USER_BUSY);
    until(|| rig.switch.tasks().is_empty()).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_script_schedules_is_done_with_its_rights() {
    let rig = Rig::new(&[]);
    let api = ["sched_api", "bgapi"].map(str::to_owned).to_vec();
    let permissions = Permissions { api: Names(api), ..Permissions::default() };
    let authority = Authority::new("a.lua", "p", &permissions).unwrap();
    let order = rig.api("sched_api +1 g global_setvar evil=1");
    assert!(authority.under(order).await.starts_with("+OK"));
    let order = rig.api("bgapi global_setvar evil=1");
    assert!(authority.under(order).await.starts_with("+OK"));
    until(|| rig.switch.tasks().is_empty()).await;
    wait(2).await;
    assert_eq!(rig.switch.variables().text("evil"), None);
    let refused = authority.take_refusal().unwrap();
    assert!(refused.contains("global_setvar"), "{refused}");
}

/// What is run later, when the operator's dialplan answers, runs with the server's rights.
#[tokio::test(start_paused = true)]
async fn a_script_leaves_a_call_only_what_it_may_run_itself() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let permissions = Permissions {
        api: Names(["echo", "originate"].map(str::to_owned).to_vec()),
        application: Names(["push", "log", "park"].map(str::to_owned).to_vec()),
        originate: Names(vec!["*".to_owned()]),
        ..Permissions::default()
    };
    let authority = Authority::new("a.lua", "p", &permissions).unwrap();
    let set = |name: &str, value: &str| {
        authority.under_now(|| session.set_variable(name, Some(value))).is_ok()
    };
    assert!(set("execute_on_answer", "log INFO hello") && set("api_on_answer", "echo x"));
    assert!(set("execute_on_answer", "log::INFO hello"));
    for (name, value) in [
        ("execute_on_answer", "set_global evil=1"),
        ("EXECUTE_on_media_2", "set_global::evil=1"),
        ("api_on_answer_1", "global_setvar evil=1"),
        ("api_hangup_hook", "global_setvar evil=1"),
    ] {
        assert!(!set(name, value), "{name}");
        let data = format!("{name}={value}");
        assert!(authority.under(session.execute("push", &data)).await.is_err(), "{name}");
    }
    for (dial, start) in [
        ("{a=b}null/x &park()", "+OK "),
        ("{execute_on_answer='set_global evil=1'}null/x &park()", "-ERR "),
        ("[API_on_answer='global_setvar evil=1']null/x &park()", "-ERR "),
    ] {
        let answer = authority.under(rig.api(&format!("originate {dial}"))).await;
        assert!(answer.starts_with(start), "{dial}: {answer}");
    }
}

/// A hook that may be left must not leave one that may not.
#[tokio::test(start_paused = true)]
async fn what_a_script_left_runs_with_its_rights() {
    let rig = Rig::new(&[]);
    let permissions = Permissions {
        api: Names(["uuid_setvar", "originate"].map(str::to_owned).to_vec()),
        application: Names(["set", "park"].map(str::to_owned).to_vec()),
        originate: Names(vec!["*".to_owned()]),
        ..Permissions::default()
    };
    let authority = Authority::new("a.lua", "p", &permissions).unwrap();
    let session = rig.null().await;
    let uuid = session.uuid().to_string();
    let hook = format!("uuid_setvar {uuid} api_reporting_hook global_setvar evil=1");
    authority.under_now(|| session.set_variable("api_hangup_hook", Some(&hook))).unwrap();
    session.hangup(Cause::NORMAL_CLEARING);
    until(|| rig.switch.session(&uuid).is_none()).await;
    assert_eq!(rig.switch.variables().text("evil"), None);
    assert!(authority.take_refusal().is_some_and(|refused| refused.contains("global_setvar")));
    // The operator's own hook runs with the server's.
    let session = rig.null().await;
    let uuid = session.uuid().to_string();
    session.set_variable("api_hangup_hook", Some("global_setvar own=1")).unwrap();
    session.hangup(Cause::NORMAL_CLEARING);
    until(|| rig.switch.session(&uuid).is_none()).await;
    assert_eq!(rig.switch.variables().text("own").as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_recorded_until_it_is_told_to_stop_or_ends() {
    let rig = Rig::new(&[]);
    let folder = tempfile::tempdir().unwrap();
    let session = rig.null().await;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let uuid = session.uuid().to_string();
    session.set_variable("RECORD_STEREO", Some("true")).unwrap();
    let (one, two) = (path("one.wav"), path("new/two.wav"));
    for file in [&one, &one, &two] {
        assert_eq!(rig.api(&format!("uuid_record {uuid} start {file}")).await, "+OK Success\n");
    }
    assert_eq!(session.recordings(), [one.clone(), two.clone()]);
    wait(1).await;
    assert_eq!(rig.api(&format!("uuid_record {uuid} stop {one}")).await, "+OK Success\n");
    let samples = |file: &str| {
        let wav = std::fs::read(file).unwrap();
        (u16::from_le_bytes([wav[22], wav[23]]), wav.len() - 44)
    };
    let (channels, bytes) = samples(&one);
    assert_eq!(channels, 2);
    assert!((28_000..36_000).contains(&bytes), "{bytes} bytes of a second");
    assert_eq!(session.variable("record_completion_cause").as_deref(), Some("success-maxtime"));
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
    assert!(samples(&two).1 >= bytes);
}

#[tokio::test(start_paused = true)]
async fn a_job_in_the_background_tells_its_output() {
    let rig = Rig::new(&[]);
    let mut events = rig.listen(&[EventName::BackgroundJob]);
    let answer = rig.api("bgapi echo a b").await;
    let uuid = answer.strip_prefix("+OK Job-UUID: ").unwrap().trim();
    let event = soon(events.next()).await.event;
    assert_eq!(event.header("Job-UUID").as_deref(), Some(uuid));
    assert_eq!((event.header("Job-Command").as_deref(), event.body()), (Some("echo"), Some("a b")));
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_was_set_comes_before_one_that_is_known_anyway() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    rig.peer.call_up("5000").await;
    let session = rig.only().await;
    assert_eq!(session.variable("READ_codec").as_deref(), Some("PCMU"));
    assert_eq!(session.variable("sip_to_tag").is_some(), session.answered());
    assert_eq!(session.variable("billsec"), None, "before the end");
    session.set_variable("read_codec", Some("mine")).unwrap();
    assert_eq!(session.variable("read_codec").as_deref(), Some("mine"));
    session.set_variable("read_codec", None).unwrap();
    assert_eq!(session.variable("read_codec").as_deref(), Some("PCMU"));
    session.hangup(Cause::NORMAL_CLEARING);
    soon(session.gone()).await;
    assert_eq!(session.variable("billsec").as_deref(), Some("0"));
    rig.empty().await;
}
