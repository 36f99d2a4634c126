//! Sounds that are played over what a call hears.

use std::time::Duration;

use ringfence_switch::event::{EventName, Filter};
use ringfence_switch::session::MAX_DISPLACED;
use ringfence_switch::{Cause, Play};
use ringfence_switch::{Operation, Outcome};

use crate::next;
use crate::rig::{Rig, soon};

const TONE: &str = "tone_stream://%(500,0,440)";

#[tokio::test(start_paused = true)]
async fn a_sound_is_heard_instead_and_the_call_goes_on_after_it() {
    let rig = Rig::new(&[("100", "answer\nplayback silence_stream://3000\nhangup USER_BUSY")]);
    let mut stops =
        rig.switch.events().subscribe(Filter::none().with(EventName::PlaybackStop), 100);
    let _call = rig.peer.call_up("100").await;
    let session = rig.only().await;
    let uuid = session.uuid().to_string();
    assert_eq!(rig.api(&format!("uuid_displace {uuid} start {TONE}")).await, "+OK Success\n");
    assert_eq!(next(&mut stops).await.header("Playback-Status").as_deref(), Some("done"));
    // Over and over, until it is ended.
    session.execute("displace_session", &format!("{TONE} l")).await.unwrap();
    let again = session.execute("displace_session", &format!("{TONE} l")).await.unwrap_err();
    assert!(again.to_string().contains("already"), "{again}");
    assert_eq!(next(&mut stops).await.header("Playback-Status").as_deref(), Some("done"));
    assert_eq!(next(&mut stops).await.header("Playback-Status").as_deref(), Some("done"));
    assert_eq!(rig.api(&format!("uuid_displace {uuid} stop {TONE}")).await, "+OK Success\n");
    let nothing = rig.api(&format!("uuid_displace {uuid} stop {TONE}")).await;
    assert!(nothing.starts_with("-ERR"), "{nothing}");
    // What it was doing goes on to its end.
    assert_eq!(soon(session.ended()).await, Cause::USER_BUSY);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn it_ends_in_time_and_is_bounded() {
    let rig = Rig::new(&[("100", "answer\npark")]);
    let _call = rig.peer.call_up("100").await;
    let session = rig.only().await;
    session.displace(TONE, true, 2).unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(!session.stop_displacing(TONE), "its time is over");
    for number in 0..MAX_DISPLACED {
        session.displace(&format!("silence_stream://{}", 10_000 + number), false, 0).unwrap();
    }
    let why = session.displace(TONE, false, 0).unwrap_err().to_string();
    assert!(why.contains("8 sounds"), "{why}");
    for wrong in ["", "a.wav m", "a.wav lr +3", "a.wav l +soon"] {
        assert!(session.execute("displace_session", wrong).await.is_err(), "{wrong}");
    }
    let soon = format!("uuid_displace {} start {TONE} soon", session.uuid());
    assert_eq!(rig.api(&soon).await, "-ERR \"soon\" is no time in seconds\n");
    let mux = format!("uuid_displace {} start {TONE} 0 mux", session.uuid());
    assert!(rig.api(&mux).await.starts_with("-ERR mux"));
    assert!(rig.api("uuid_displace nosuch start a.wav").await.starts_with("-ERR"));
    assert!(rig.api("uuid_displace nosuch").await.starts_with("-USAGE"));
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
    assert!(session.displace(TONE, false, 0).is_err());
}

#[tokio::test(start_paused = true)]
async fn the_end_of_one_is_not_the_end_of_the_next() {
    let rig = Rig::new(&[("100", "answer\npark")]);
    let _call = rig.peer.call_up("100").await;
    let session = rig.only().await;
    session.displace(TONE, true, 0).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(session.stop_displacing(TONE));
    session.displace(TONE, true, 0).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(session.stop_displacing(TONE), "it plays");
}

#[tokio::test(start_paused = true)]
async fn sounds_may_be_played_again_and_again() {
    let rig = Rig::new(&[("100", "answer\npark")]);
    let _call = rig.peer.call_up("100").await;
    let session = rig.only().await;
    soon(session.execute("loop_playback", &format!("+3 {TONE}"))).await.unwrap();
    let endless = tokio::spawn({
        let session = session.clone();
        async move { session.execute("endless_playback", TONE).await }
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    session.execute("break", "").await.unwrap();
    soon(endless).await.unwrap().unwrap();
    for wrong in ["nosuch.wav", "+often silence_stream://20"] {
        assert!(soon(session.execute("loop_playback", wrong)).await.is_err(), "{wrong}");
    }
    let play = Play { path: TONE.into(), ..Play::default() };
    assert_eq!(soon(session.perform(Operation::Play(play))).await, Ok(Outcome::Done));
}
