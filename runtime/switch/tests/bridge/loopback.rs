//! `loopback/…`: calls to ourselves.

use std::time::Duration;

use ringfence_switch::Cause;

use crate::rig::{Rig, cause, until};

#[tokio::test(start_paused = true)]
async fn a_loopback_call_is_routed_answered_and_ended_on_both_sides() {
    let rig =
        Rig::new(&[("300", "set seen=${max_forwards}\nring_ready\nsleep 1000\nanswer\npark")]);
    let (answer, ()) = tokio::join!(
        rig.api("originate {origination_uuid=a,color=red}loopback/300/default &park()"),
        async {
            until(|| rig.switch.session("a").is_some()).await;
            let a = rig.switch.session("a").unwrap();
            until(|| a.call_state().name() == "RINGING").await;
        }
    );
    assert_eq!(answer, "+OK a\n");
    let [a, b] = <[_; 2]>::try_from(rig.switch.sessions()).unwrap();
    assert_eq!((a.name(), b.name()), ("loopback/300-a", "loopback/300-b"));
    assert!(a.answered() && b.answered() && a.media_ready() && b.media_ready());
    assert_eq!(a.own_variable("other_loopback_leg_uuid").as_deref(), Some(&**b.uuid()));
    assert_eq!(b.own_variable("loopback_leg").as_deref(), Some("B"));
    assert_eq!(b.direction().name(), "inbound");
    b.hangup(Cause::USER_BUSY);
    assert_eq!(cause(&a).await, Cause::USER_BUSY);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn keys_go_through_a_loopback_call_and_a_bridge() {
    let rig = Rig::new(&[
        ("300", "answer\nread 1 3 silence_stream://1 got 60000 #\nsleep 60000"),
        ("400", "answer\nbridge loopback/300/default"),
    ]);
    let answer = rig.api("originate {origination_uuid=a}loopback/400/default &park()").await;
    assert_eq!(answer, "+OK a\n");
    until(|| rig.switch.sessions().len() == 4).await;
    let sessions = rig.switch.sessions();
    until(|| sessions[1].bridged()).await;
    sessions[0].send_dtmf("12#").unwrap();
    until(|| sessions[3].own_variable("got").is_some()).await;
    assert_eq!(sessions[3].own_variable("got").as_deref(), Some("12"));
    assert_eq!(sessions[1].pending_digits(), 0, "they went through");
    drop(rig.api("hupall").await);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_played_is_heard_at_the_other_end_of_the_bridge() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heard.wav");
    let record = format!("answer\nrecord {} 2", file.display());
    let rig = Rig::new(&[("300", &record), ("400", "answer\nbridge loopback/300/default")]);
    rig.api("originate {origination_uuid=a}loopback/400/default &park()").await;
    let a = rig.switch.session("a").unwrap();
    a.execute("playback", "tone_stream://%(1500,0,440)").await.unwrap();
    rig.empty().await;
    let samples: Vec<i16> =
        hound::WavReader::open(&file).unwrap().into_samples().map(Result::unwrap).collect();
    let loud = samples.iter().filter(|sample| sample.unsigned_abs() > 1000).count();
    assert!(loud > 8_000 / 2, "{loud} of {}", samples.len());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_goes_in_circles_ends() {
    let rig = Rig::new(&[("300", "bridge loopback/300")]);
    let start = tokio::time::Instant::now();
    let answer = rig.api("originate loopback/300/default &park()").await;
    assert!(answer.starts_with("-ERR "), "{answer}");
    assert!(start.elapsed() < Duration::from_secs(60));
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn an_extension_that_is_not_there_is_a_cause() {
    let rig = Rig::new(&[]);
    let answer = rig.api("originate loopback/nobody/default &park()").await;
    assert_eq!(answer, "-ERR NO_ROUTE_DESTINATION\n");
    rig.empty().await;
}
