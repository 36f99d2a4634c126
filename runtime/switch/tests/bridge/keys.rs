//! Keys that do something: `bind_digit_action`, `bind_meta_app`, `block_dtmf`; and hold music.

use std::time::Duration;

use ringfence_switch::event::{Event, EventName};
use ringfence_switch::{Cause, Dtmf, Operation, OperationEvent, Session, Sleep};

use crate::rig::{Rig, soon, until};

fn press(session: &Session, keys: &str) {
    for key in keys.chars() {
        session.receive_dtmf(Dtmf::new(key).unwrap());
    }
}

fn value(session: &Session, name: &str) -> Option<String> {
    session.own_variable(name)
}

async fn joined(rig: &Rig) -> (Session, Session) {
    let (a, b) = (rig.null().await, rig.null().await);
    let (one, other) = (a.clone(), b.clone());
    tokio::spawn(async move { one.bridge(&other).await });
    until(|| a.bridged()).await;
    (a, b)
}

async fn execute(session: &Session, application: &str, data: &str) {
    soon(session.execute(application, data)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn sequences_act_and_all_other_keys_go_on() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    for bound in [
        "menu,12,exec:set,pressed=12",
        "menu,125,exec:set,pressed=125",
        "menu,~^9[0-9]$,api:uuid_setvar,UUID pressed nine",
        "other,7,exec:set,pressed=seven",
    ] {
        execute(&session, "bind_digit_action", &bound.replace("UUID", session.uuid())).await;
    }
    // A longer one may follow: the short one waits for that.
    press(&session, "12");
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(value(&session, "pressed"), None);
    until(|| value(&session, "pressed").as_deref() == Some("12")).await;
    press(&session, "125");
    until(|| value(&session, "pressed").as_deref() == Some("125")).await;
    // A pattern acts when no further key comes in time.
    press(&session, "94");
    until(|| value(&session, "pressed").as_deref() == Some("nine")).await;
    assert_eq!(session.pending_digits(), 0, "nobody else has seen them");
    // What turns out to be nothing goes on, in order; so do keys of another realm.
    press(&session, "19");
    until(|| session.pending_digits() == 2).await;
    press(&session, "7");
    until(|| session.pending_digits() == 3).await;
    execute(&session, "digit_action_set_realm", "other").await;
    press(&session, "7");
    until(|| value(&session, "pressed").as_deref() == Some("seven")).await;
    execute(&session, "clear_digit_action", "all").await;
    press(&session, "7");
    assert_eq!(session.pending_digits(), 4);
    for wrong in ["menu", "menu,1", "menu,~(,exec:set,a=b", "menu,1,exec:set,a=b,nobody"] {
        assert!(session.execute("bind_digit_action", wrong).await.is_err(), "{wrong}");
    }
    let long = format!("menu,{},exec:set,a=b", "1".repeat(65));
    let why = session.execute("bind_digit_action", &long).await.unwrap_err().to_string();
    assert!(why.contains("1 to 64 keys"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn so_many_sequences_may_be_bound() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    for number in 0..256 {
        let bound = format!("menu,{},exec:set,a=b", 1000 + number);
        execute(&session, "bind_digit_action", &bound).await;
    }
    // One that is bound again takes its own place.
    execute(&session, "bind_digit_action", "menu,1000,exec:set,a=c").await;
    let why = session.execute("bind_digit_action", "menu,9999,exec:set,a=b").await.unwrap_err();
    assert!(why.to_string().contains("256 sequences are bound already"), "{why}");
    execute(&session, "clear_digit_action", "all").await;
    for number in 0..16 {
        execute(&session, "bind_digit_action", &format!("menu,~^{number}$,exec:set,a=b")).await;
    }
    let why = session.execute("bind_digit_action", "menu,~^x$,exec:set,a=b").await.unwrap_err();
    assert!(why.to_string().contains("16 patterns are bound already"), "{why}");
    let long = "x".repeat(4096);
    for (application, bound) in [
        ("bind_digit_action", format!("menu,1,exec:set,a={long}")),
        ("bind_meta_app", format!("1 a a set::a={long}")),
    ] {
        let why = session.execute(application, &bound).await.unwrap_err().to_string();
        assert!(why.contains("takes 4096 bytes"), "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_commands_run_for_keys() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    execute(&session, "bind_digit_action", "menu,5,api:msleep,1000").await;
    let bound = format!("menu,6,api:uuid_setvar,{} late yes", session.uuid());
    execute(&session, "bind_digit_action", &bound).await;
    press(&session, &"5".repeat(16));
    press(&session, "6");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(value(&session, "late"), None, "16 run");
    tokio::time::sleep(Duration::from_millis(1000)).await;
    press(&session, "6");
    until(|| value(&session, "late").as_deref() == Some("yes")).await;
}

#[tokio::test(start_paused = true)]
async fn each_key_waits_for_the_next_one_anew_and_not_for_ever() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    execute(&session, "bind_digit_action", "menu,123,exec:set,pressed=123").await;
    for key in ["1", "2", "3"] {
        press(&session, key);
        tokio::time::sleep(Duration::from_millis(1400)).await;
    }
    until(|| value(&session, "pressed").as_deref() == Some("123")).await;
    session.set_variable("bind_digit_digit_timeout", Some("9223372036854775807")).unwrap();
    press(&session, "12");
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert_eq!(session.pending_digits(), 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(session.pending_digits(), 2);
}

#[tokio::test(start_paused = true)]
async fn other_actions_are_events_for_the_call() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    execute(&session, "bind_digit_action", "menu,5,choice,five").await;
    press(&session, "5");
    let sleep = Operation::Sleep(Sleep { ms: 1000, input: true });
    let mut running = session.start(sleep).await.unwrap();
    let OperationEvent::Message(event) = soon(running.next_event()).await else {
        panic!("no event");
    };
    assert_eq!(event.header("choice").as_deref(), Some("five"));
    assert_eq!(event.header("digits").as_deref(), Some("5"));
}

#[tokio::test(start_paused = true)]
async fn a_star_and_a_key_run_an_application_on_either_leg() {
    let rig = Rig::new(&[]);
    let (a, b) = joined(&rig).await;
    for bound in [
        "1 a a set::pressed=own",
        "2 b s set::pressed=theirs",
        "3 ab o set::pressed=other",
        "4 a a1 set::pressed=once",
    ] {
        execute(&a, "bind_meta_app", bound).await;
    }
    press(&a, "*1");
    until(|| value(&a, "pressed").as_deref() == Some("own")).await;
    press(&b, "*2");
    until(|| value(&b, "pressed").as_deref() == Some("theirs")).await;
    press(&a, "*3");
    until(|| value(&b, "pressed").as_deref() == Some("other")).await;
    press(&b, "*3");
    until(|| value(&a, "pressed").as_deref() == Some("other")).await;
    press(&a, "*4");
    until(|| value(&a, "pressed").as_deref() == Some("once")).await;
    a.set_variable("pressed", None).unwrap();
    // Only once; not by the other leg; not so late; not any more.
    press(&a, "*4");
    press(&b, "*1");
    press(&a, "*");
    tokio::time::sleep(Duration::from_secs(6)).await;
    press(&a, "1");
    execute(&a, "unbind_meta_app", "1").await;
    press(&a, "*1");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(value(&a, "pressed"), None);
    assert!(a.bridged());
    for wrong in ["", "1 a a", "x a a set::b=c"] {
        assert!(a.execute("bind_meta_app", wrong).await.is_err(), "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn blocked_keys_are_dropped() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    execute(&session, "block_dtmf", "").await;
    press(&session, "123");
    execute(&session, "unblock_dtmf", "").await;
    press(&session, "4");
    assert_eq!(session.pending_digits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_done_or_waits_for_whoever_listens() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let message = |headers: &[(&str, &str)]| {
        let mut event = Event::bare(EventName::Custom);
        for (name, value) in headers {
            event.set(name, *value);
        }
        event
    };
    let command = ("call-command", "execute");
    let told = [command, ("execute-app-name", "set"), ("execute-app-arg", "told=yes")];
    session.receive(message(&told)).unwrap();
    until(|| value(&session, "told").as_deref() == Some("yes")).await;
    let why = session.receive(message(&[command])).unwrap_err().to_string();
    assert!(why.contains("execute-app-name"), "{why}");
    session.receive(message(&[("a", "b")])).unwrap();
    let sleep = Operation::Sleep(Sleep { ms: 1000, input: true });
    let mut running = session.start(sleep).await.unwrap();
    assert!(matches!(soon(running.next_event()).await, OperationEvent::Message(_)));
    let hangup = [("call-command", "hangup"), ("hangup-cause", "USER_BUSY")];
    session.receive(message(&hangup)).unwrap();
    assert_eq!(session.hangup_cause(), Cause::USER_BUSY);
    assert!(session.receive(message(&[("a", "b")])).is_err());
}
