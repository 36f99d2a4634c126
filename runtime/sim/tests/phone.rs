//! The phone on a paused clock and a network in memory, against a far end that does as it is told.

#![expect(clippy::unwrap_used, reason = "a test that cannot be prepared fails")]

use std::net::IpAddr;
use std::time::Duration;

use ringfence_media::{Media, PlayOptions, Stream, StreamEvent, sdp};
use ringfence_rim::Network;
use ringfence_sim::phone::{Dial, Finished, How, Phone};
use ringfence_sim::timeline::{Ender, Happening, Moment};
use ringfence_sip::{CallEvent, Invitation, Listen, Stack};
use tokio::sync::mpsc;
use tokio::time::sleep;

const PHONE: [u8; 4] = [192, 0, 2, 2];
const FAR: [u8; 4] = [192, 0, 2, 1];

/// The far end's stack and media.
struct Far {
    media: Media,
    invitations: mpsc::Receiver<Invitation>,
    /// Kept so that it goes on answering.
    _stack: Stack,
}

/// A phone and a far end on one network.
fn rig() -> (Phone, Far) {
    let network = Network::new();
    let stack = |host: [u8; 4]| {
        let listen = vec![Listen::udp((IpAddr::from(host), 5060).into())];
        let config = ringfence_sip::Config { listen, ..Default::default() };
        Stack::simulated(config, network.clone()).unwrap()
    };
    let media = || Media::simulated(ringfence_media::Config::default(), network.clone()).unwrap();
    let (line, _) = stack(PHONE);
    let (stack, invitations) = stack(FAR);
    let phone = Phone::new(line, media(), "internal", PHONE.into());
    (phone, Far { media: media(), invitations, _stack: stack })
}

impl Far {
    /// Answers the next call.
    async fn answer(&mut self) -> (Invitation, Stream, mpsc::Receiver<StreamEvent>) {
        let invitation = self.invitations.recv().await.unwrap();
        let (stream, events) = self.media.open(FAR.into()).unwrap();
        let offer = invitation.request.sdp().unwrap();
        let (answer, agreement) =
            sdp::answer(&offer, &sdp::Capabilities::default(), stream.local()).unwrap();
        stream.connect(&agreement);
        invitation.call.answer(answer, Vec::new()).unwrap();
        (invitation, stream, events)
    }
}

fn dial() -> Dial {
    Dial {
        target: "sip:5000@192.0.2.1".to_owned(),
        caller: "1000".to_owned(),
        presses: Default::default(),
        info: false,
        play: None,
        record: None,
        hangup_after: None,
        timeout: Duration::from_secs(60),
    }
}

/// Makes a call and keeps what is told.
async fn call(phone: &Phone, dial: Dial) -> (Finished, Vec<Moment>) {
    let mut moments = Vec::new();
    let mut tell = |moment| moments.push(moment);
    let finished = phone.call(dial, &mut tell).await.unwrap();
    (finished, moments)
}

fn find<T>(moments: &[Moment], pick: impl Fn(&Happening) -> Option<T>) -> Vec<(u128, T)> {
    let times = moments.iter().filter_map(|moment| Some((moment.at, pick(&moment.what)?)));
    times.map(|(at, what)| (at.as_millis(), what)).collect()
}

#[tokio::test(start_paused = true)]
async fn it_presses_when_told_and_hangs_up() {
    let (phone, mut far) = rig();
    let keys = tokio::spawn(async move {
        let (invitation, _stream, mut events) = far.answer().await;
        let mut keys = String::new();
        while let Some(event) = events.recv().await {
            if let StreamEvent::Dtmf { digit, .. } = event {
                keys.push(digit);
                if keys.len() == 3 {
                    break;
                }
            }
        }
        let mut signals = invitation.events;
        loop {
            match signals.recv().await {
                Some(CallEvent::Ended { .. }) | None => return keys,
                Some(_) => {}
            }
        }
    });
    let plan = Dial { presses: "1s 12 500ms # 1s hangup".parse().unwrap(), ..dial() };
    let (finished, moments) = call(&phone, plan).await;
    assert_eq!((finished.how, finished.answered), (How::Ended, true));
    let pressed = find(&moments, |what| match what {
        Happening::Presses { key } => Some(*key),
        _ => None,
    });
    assert_eq!(pressed, [(1000, '1'), (1200, '2'), (1900, '#')]);
    assert_eq!(finished.length.as_millis(), 3100);
    assert_eq!(keys.await.unwrap(), "12#");
}

#[tokio::test(start_paused = true)]
async fn it_tells_what_it_hears_and_who_hung_up() {
    let (phone, mut far) = rig();
    let ended = tokio::spawn(async move {
        let (invitation, stream, _events) = far.answer().await;
        sleep(Duration::from_secs(1)).await;
        let tone = far.media.library().open("tone_stream://%(500,0,440)").await.unwrap();
        stream.play(tone, PlayOptions::default()).finished().await;
        sleep(Duration::from_secs(2)).await;
        let reason = ringfence_switch::cause::Cause::USER_BUSY.reason();
        invitation.call.hangup(vec![("Reason".to_owned(), reason)]).unwrap();
        sleep(Duration::from_secs(1)).await;
    });
    let (finished, moments) = call(&phone, dial()).await;
    ended.await.unwrap();
    assert_eq!((finished.how, &*finished.cause), (How::Ended, "USER_BUSY"));
    let sounds = find(&moments, |what| match what {
        Happening::Sound(sound) => Some(sound.to_string()),
        Happening::Silence { lasted } => Some(format!("silence after {} ms", lasted.as_millis())),
        _ => None,
    });
    let [(began, tone), (ended, silence)] = &sounds[..] else { panic!("{sounds:?}") };
    assert!(tone.starts_with("440 Hz"), "{tone}");
    assert!((1000..1100).contains(began) && (1500..1600).contains(ended), "{sounds:?}");
    assert_eq!(silence, "silence after 500 ms");
    let end = Happening::Ended { by: Ender::FarEnd, cause: "USER_BUSY".to_owned() };
    assert!(moments.iter().any(|moment| moment.what == end), "{moments:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_with_its_cause() {
    let (phone, mut far) = rig();
    let ended = tokio::spawn(async move {
        let invitation = far.invitations.recv().await.unwrap();
        invitation.call.ring(Vec::new()).unwrap();
        sleep(Duration::from_secs(3)).await;
        invitation.call.reject(486, None, Vec::new()).unwrap();
        sleep(Duration::from_secs(1)).await;
    });
    let (finished, moments) = call(&phone, dial()).await;
    ended.await.unwrap();
    assert_eq!(
        (finished.how, finished.answered, &*finished.cause),
        (How::Refused, false, "USER_BUSY")
    );
    let statuses = find(&moments, |what| match what {
        Happening::Progress { status, .. } => Some(*status),
        Happening::Refused { status, .. } => *status,
        _ => None,
    });
    assert_eq!(statuses, [(0, 180), (3000, 486)]);
}

#[tokio::test(start_paused = true)]
async fn nobody_answers_in_time() {
    let (phone, mut far) = rig();
    let ended = tokio::spawn(async move {
        let invitation = far.invitations.recv().await.unwrap();
        invitation.call.ring(Vec::new()).unwrap();
        sleep(Duration::from_secs(30)).await;
    });
    let (finished, _) = call(&phone, Dial { timeout: Duration::from_secs(10), ..dial() }).await;
    assert_eq!((finished.how, finished.answered), (How::NoAnswer, false));
    assert!((10_000..10_100).contains(&finished.length.as_millis()), "{finished:?}");
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nobody_is_there() {
    let (phone, _far) = rig();
    let target = "sip:5000@192.0.2.99".to_owned();
    let (finished, moments) = call(&phone, Dial { target, ..dial() }).await;
    assert_eq!((finished.how, finished.answered), (How::NoAnswer, false));
    assert!(
        moments.iter().any(|moment| matches!(moment.what, Happening::Refused { status: None, .. }))
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_cut() {
    let (phone, mut far) = rig();
    let ended = tokio::spawn(async move {
        let answered = far.answer().await;
        sleep(Duration::from_secs(90)).await;
        drop(answered);
    });
    let (finished, _) = call(&phone, dial()).await;
    assert_eq!((finished.how, finished.answered), (How::Cut, true));
    assert_eq!(finished.length.as_secs(), 60);
    ended.await.unwrap();
}
