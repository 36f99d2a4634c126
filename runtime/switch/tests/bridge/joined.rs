//! `Session::bridge` and what may not be bridged.

use std::time::Duration;

use ringfence_switch::{Cause, Failure};

use crate::rig::{Rig, cause, soon, until};

#[tokio::test(start_paused = true)]
async fn what_cannot_be_bridged_says_so_and_loses_nothing() {
    let rig = Rig::new(&[]);
    let (a, b, c) = (rig.null().await, rig.null().await, rig.null().await);
    assert!(matches!(a.bridge(&a).await, Err(Failure::Invalid(_))));
    let bridge = tokio::spawn({
        let (a, b) = (a.clone(), b.clone());
        async move { a.bridge(&b).await }
    });
    until(|| a.bridged()).await;
    let why = c.bridge(&b).await.unwrap_err();
    assert!(why.to_string().contains("is bridged with"), "{why}");
    assert!(matches!(a.bridge(&c).await, Err(Failure::Failed(_))));
    assert!(!c.bridged(), "what was half done is undone");
    assert_eq!(b.partner(), Some(a.clone()));
    a.hangup(Cause::USER_BUSY);
    assert_eq!(soon(bridge).await.unwrap(), Ok(()));
    assert_eq!(cause(&b).await, Cause::USER_BUSY);
    assert!(matches!(a.bridge(&c).await, Err(Failure::Hangup(Cause::USER_BUSY))));
    assert_eq!(a.join(&c), Err(Failure::Hangup(Cause::USER_BUSY)));
    assert!(c.up());
    let why = c.bridge(&a).await.unwrap_err();
    assert!(why.to_string().contains("is over (USER_BUSY)"), "{why}");
    c.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_is_dropped_hangs_up_the_other_leg_only() {
    let rig = Rig::new(&[]);
    let (a, b) = (rig.null().await, rig.null().await);
    assert!(tokio::time::timeout(Duration::from_secs(5), a.bridge(&b)).await.is_err());
    assert_eq!(cause(&b).await, Cause::NORMAL_CLEARING);
    assert!(a.up() && !a.bridged());
    a.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn the_other_leg_may_stay() {
    let rig = Rig::new(&[("300", "sleep 60000\nhangup CALL_REJECTED")]);
    for (name, value, application) in
        [("park_after_bridge", "true", "park"), ("transfer_after_bridge", "300", "sleep")]
    {
        let (a, b) = (rig.null().await, rig.null().await);
        b.set_variable(name, Some(value)).unwrap();
        let bridge = tokio::spawn({
            let (a, b) = (a.clone(), b.clone());
            async move { a.bridge(&b).await }
        });
        until(|| a.bridged()).await;
        a.hangup(Cause::NORMAL_CLEARING);
        soon(bridge).await.unwrap().unwrap();
        until(|| b.own_variable("current_application").as_deref() == Some(application)).await;
        assert!(b.up(), "{name}");
        b.hangup(Cause::NORMAL_CLEARING);
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_answer_ends_with_either_call() {
    let rig = Rig::new(&[]);
    let a = rig.null().await;
    assert_eq!(a.wait_for_answer(None).await, Ok(()));
    let (dialed, ()) = tokio::join!(
        rig.api(
            "originate {origination_uuid=b,originate_timeout=30}sofia/test/200@192.0.2.2 &park()"
        ),
        async {
            rig.peer.expect("INVITE").await;
            let b = rig.switch.session("b").unwrap();
            let waits = b.wait_for_answer(Some(&a));
            let (result, ()) = tokio::join!(waits, async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                a.hangup(Cause::USER_BUSY);
            });
            assert_eq!(result, Err(Failure::Hangup(Cause::USER_BUSY)));
            assert_eq!(b.wait_for_answer(None).await, Err(Failure::Hangup(Cause::NO_ANSWER)));
        }
    );
    assert_eq!(dialed, "-ERR NO_ANSWER\n");
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn two_legs_are_one_call_in_the_lists() {
    let rig = Rig::new(&[]);
    let (a, b, c) = (rig.null().await, rig.null().await, rig.null().await);
    a.join(&b).unwrap();
    until(|| a.bridged() && b.bridged()).await;
    let calls = rig.api("show calls").await;
    assert!(calls.ends_with("\n2 total.\n"), "{calls}");
    let row = |list: &str| {
        let mut lines = list.lines();
        let names = lines.next().unwrap().to_owned();
        let row = lines.find(|line| line.starts_with(&**a.uuid())).unwrap().to_owned();
        let value = move |name: &str| {
            let at = names.split(',').position(|known| known == name).unwrap();
            row.split(',').nth(at).unwrap().to_owned()
        };
        Box::new(value) as Box<dyn Fn(&str) -> String>
    };
    let of_a = row(&calls);
    assert_eq!((of_a("b_uuid"), of_a("call_uuid")), (b.uuid().to_string(), a.uuid().to_string()));
    assert_eq!(
        (of_a("b_state"), of_a("callee_direction")),
        ("CS_EXCHANGE_MEDIA".into(), "SEND".into())
    );
    assert_ne!(of_a("call_created_epoch"), "");
    for list in ["bridged_calls", "detailed_bridged_calls"] {
        let calls = rig.api(&format!("show {list}")).await;
        assert!(calls.ends_with("\n1 total.\n"), "{calls}");
        assert_eq!(row(&calls)("b_name"), "null/x");
    }
    assert!(rig.api("show channels count").await.contains("3 total"));
    assert_eq!(rig.api(&format!("show calls like {}", c.uuid())).await.lines().count(), 4);
    drop(rig.api("hupall").await);
    rig.empty().await;
    assert_eq!(rig.api("show bridged_calls").await, "\n0 total.\n");
}
