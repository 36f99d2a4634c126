//! Hangups in the middle of everything, CANCEL and 200 at the same time, panics.

use std::time::Duration;

use futures_util::FutureExt;
use ringfence_switch::application::{Application, Flags};
use ringfence_switch::{
    Cause, Digits, Failure, Module, Operation, OperationEvent, Play, Prompt, Record, Session, Sleep,
};
use tokio::time::sleep;

use crate::rig::{Dialog, OFFER, Rig, cause, soon, until};

fn operations(folder: &std::path::Path) -> Vec<Operation> {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let tone = "tone_stream://%(60000,0,440)".to_owned();
    vec![
        Operation::Play(Play { path: tone.clone(), offset: 0, input: true }),
        Operation::Record(Record { path: path("a.wav"), input: true, ..Record::default() }),
        Operation::Sleep(Sleep { ms: 60_000, input: true }),
        Operation::Digits(Digits { max: 4, ..Digits::default() }),
        Operation::Prompt(Prompt {
            min: 1,
            max: 4,
            tries: 3,
            timeout: 9_000,
            file: tone,
            ..Prompt::default()
        }),
    ]
}

/// What ends a call from outside.
#[derive(Clone, Copy, Debug)]
enum By {
    Bye,
    Kill,
    Transfer,
}

#[tokio::test(start_paused = true)]
async fn every_operation_is_ended_at_once_by_every_end() {
    let folder = tempfile::tempdir().unwrap();
    for by in [By::Bye, By::Kill, By::Transfer] {
        for operation in operations(folder.path()) {
            let rig = Rig::new(&[("5000", "answer\npark"), ("next", "set here=yes\nhangup")]);
            let dialog = rig.peer.call_up("5000").await;
            let session = rig.only().await;
            let mut running = session.start(operation.clone()).await.unwrap();
            sleep(Duration::from_millis(300)).await;
            let start = tokio::time::Instant::now();
            match by {
                By::Bye => rig.peer.send(&dialog.bye("")),
                By::Kill => drop(rig.api(&format!("uuid_kill {} USER_BUSY", session.uuid())).await),
                By::Transfer => session.transfer("next", None, None).unwrap(),
            }
            let event = soon(running.next_event()).await;
            let expected = match by {
                By::Bye => Cause::NORMAL_CLEARING,
                By::Kill => Cause::USER_BUSY,
                By::Transfer => Cause::NONE,
            };
            assert!(
                matches!(event, OperationEvent::Hangup(cause) if cause == expected),
                "{by:?} {operation:?}: {event:?}"
            );
            assert!(start.elapsed() < Duration::from_millis(20), "{by:?} {operation:?}");
            assert!(matches!(running.next_event().await, OperationEvent::Hangup(_)));
            drop(running);
            rig.empty().await;
            let again = session.start(operation).await;
            assert!(matches!(again, Err(Failure::Hangup(_))), "{again:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cancel_and_answer_at_the_same_time_end_the_call_once() {
    // Answered before the CANCEL is read, in the same instant, and after it.
    for wait in [0, 1, 2, 5] {
        let rig = Rig::new(&[("5000", "sleep 2\nanswer\npark")]);
        let dialog = Dialog::new("5000");
        rig.peer.send(&dialog.invite(OFFER));
        let session = rig.only().await;
        sleep(Duration::from_millis(wait)).await;
        rig.peer.send(&dialog.cancel(""));
        let (response, _) = rig.peer.final_response(&dialog).await;
        // The CANCEL's own 200 may come first; either way the call is over or up, not both.
        sleep(Duration::from_millis(50)).await;
        if session.up() {
            assert!(session.answered(), "{response}");
            session.hangup(Cause::NORMAL_CLEARING);
        } else {
            assert_eq!(session.hangup_cause(), Cause::ORIGINATOR_CANCEL);
        }
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_what_the_dialplan_does() {
    let rig =
        Rig::new(&[("5000", "pre_answer\nplayback tone_stream://%(60000,0,440)\nset not=reached")]);
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite(OFFER));
    rig.peer.expect("SIP/2.0 183").await;
    let session = rig.only().await;
    rig.peer.send(&dialog.cancel(""));
    assert_eq!(cause(&session).await, Cause::ORIGINATOR_CANCEL);
    assert_eq!(session.variable("not"), None);
    assert_eq!(session.variable("sip_hangup_disposition").as_deref(), Some("recv_cancel"));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_its_own_call_only() {
    let rig = Rig::new(&[("5000", "bug")]);
    let boom =
        Application::new("bug", "", "Panics", "", Flags::NOMEDIA, |_: Session, _: String| async {
            panic!("as told")
        });
    rig.switch.register(Module { name: "mod_test", applications: vec![boom], ..Module::default() });
    let other = rig.null().await;
    rig.peer.send(&Dialog::new("5000").invite(OFFER));
    until(|| rig.switch.statistics().causes == [(Cause::CRASH, 1)]).await;
    assert!(other.ready());
    // In a broadcast as well.
    rig.api(&format!("uuid_broadcast {} bug::x", other.uuid())).await;
    assert_eq!(cause(&other).await, Cause::CRASH);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_script_that_outlives_its_call_keeps_its_session() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    rig.api(&format!("uuid_kill {}", session.uuid())).await;
    soon(session.gone()).await;
    assert_eq!(rig.api(&format!("uuid_exists {}", session.uuid())).await, "false");
    assert_eq!(session.state().name(), "CS_DESTROY");
    session.set_variable("late", Some("1")).unwrap();
    assert_eq!(session.variable("late").as_deref(), Some("1"));
    session.hangup(Cause::USER_BUSY);
    assert_eq!(session.hangup_cause(), Cause::NORMAL_CLEARING);
    assert!(session.transfer("5000", None, None).is_err());
    assert!(session.broadcast("playback".into(), "x".into()).is_err());
    assert!(matches!(session.execute("sleep", "10").await, Err(Failure::Hangup(_))));
    // What is flagged to run after hangup does.
    assert_eq!(session.execute("set", "a=b").await, Ok(()));
    assert_eq!(session.ended().now_or_never(), Some(Cause::NORMAL_CLEARING));
}

#[tokio::test(start_paused = true)]
async fn extensions_that_transfer_to_each_other_end() {
    let rig = Rig::new(&[("a", "transfer b"), ("b", "transfer a")]);
    let answer = rig.api("originate null/x a").await;
    assert!(answer.starts_with("+OK"), "{answer}");
    rig.empty().await;
    let causes = rig.switch.statistics().causes;
    assert_eq!(causes, [(Cause::EXCHANGE_ROUTING_ERROR, 1)]);
}

/// A busy machine needs its time to do nothing.
#[tokio::test(start_paused = true)]
async fn extensions_that_transfer_to_each_other_slowly_end() {
    let rig = Rig::new(&[("a", "sleep 5\ntransfer b"), ("b", "sleep 5\ntransfer a")]);
    rig.api("originate null/x a").await;
    rig.empty().await;
    let causes = rig.switch.statistics().causes;
    assert_eq!(causes, [(Cause::EXCHANGE_ROUTING_ERROR, 1)]);
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_executes_itself_ends() {
    let rig = Rig::new(&[("a", "execute_extension a\nset done=yes\npark")]);
    rig.api("originate null/x a").await;
    let session = rig.only().await;
    until(|| session.variable("done").is_some()).await;
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn waits_are_bounded() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    for _ in 0..ringfence_switch::channel::MAX_PENDING_BROADCASTS {
        session.broadcast("sleep".into(), "1000".into()).unwrap();
    }
    let one_more = session.broadcast("sleep".into(), "1".into());
    assert!(matches!(one_more, Err(Failure::Failed(_))), "{one_more:?}");
    let event = || rig.switch.events().event(ringfence_switch::event::EventName::Message);
    for _ in 0..ringfence_switch::channel::MAX_PENDING_MESSAGES {
        session.send_message(event()).unwrap();
    }
    assert!(matches!(session.send_message(event()), Err(Failure::Failed(_))));
    session.flush_messages();
    let mut large = event();
    large.set_body("x".repeat(ringfence_switch::channel::MAX_PENDING_MESSAGE_BYTES));
    session.send_message(large).unwrap();
    assert!(matches!(session.send_message(event()), Err(Failure::Failed(_))));
    let keys = "1".repeat(200);
    assert!(matches!(session.send_dtmf(&keys), Err(Failure::Invalid(_))));
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}
