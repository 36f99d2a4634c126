use std::ops::RangeInclusive;

use super::*;
use crate::codec::Codec;
use crate::dtmf::Dtmf;
use crate::sdp::{Agreement, Direction};
use crate::source::{Clip, Part, Source};
use crate::stream::{
    PlayOptions, PlaybackControl, PlaybackEndReason, RecordOptions, RecordingEndReason,
    SilenceOptions,
};

const PATIENCE: Duration = Duration::from_secs(20);

fn agreement(remote: SocketAddr) -> Agreement {
    Agreement {
        remote: Some(remote),
        rtcp: None,
        codec: Codec::Pcmu,
        payload_type: 0,
        dtmf: Some(101),
        ptime: 20,
        direction: Direction::SendRecv,
        hold: false,
    }
}

/// A sawtooth that is the same every 20 ms and nowhere silent for long.
fn sawtooth(ms: usize) -> Source {
    let bytes = (0..ms * 8).map(|place| Codec::Pcmu.encode(((place % 160) * 100) as i16)).collect();
    let clip = Arc::new(Clip { codec: Codec::Pcmu, bytes });
    Source { parts: Arc::new([Part::Clip { clip, times: Some(1) }]) }
}

type Side = (Stream, mpsc::Receiver<StreamEvent>);

/// Two streams that are connected to each other.
fn pair(media: &Media) -> (Side, Side) {
    let ip = IpAddr::from([127, 0, 0, 1]);
    let (a, b) = (media.open(ip).unwrap(), media.open(ip).unwrap());
    a.0.connect(&agreement(b.0.local()));
    b.0.connect(&agreement(a.0.local()));
    (a, b)
}

fn simulated() -> Media {
    Media::simulated(Config::default(), Network::new()).unwrap()
}

/// The same on both rims: what one side plays is what the other records, and a key arrives.
async fn talk(media: Media, ms: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heard.wav");
    let ((alice, _alice), (bob, mut bob_events)) = pair(&media);
    let mut recording = bob.record(RecordOptions::new(&path));
    let end = alice.play(sawtooth(ms), PlayOptions::default()).finished().await;
    assert_eq!((end.reason, end.milliseconds()), (PlaybackEndReason::Finished, ms as u64));
    alice.send_dtmf(&[Dtmf::new('7').unwrap()]);
    let event = tokio::time::timeout(PATIENCE, bob_events.recv()).await.unwrap();
    assert_eq!(event, Some(StreamEvent::Dtmf { digit: '7', duration: 2000 }));
    recording.control(crate::stream::RecordControl::Stop);
    let end = tokio::time::timeout(PATIENCE, recording.finished()).await.unwrap();
    assert_eq!(end.reason, RecordingEndReason::Stopped);
    let mut wav = hound::WavReader::open(path).unwrap();
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    assert_eq!(samples.len() as u64, end.samples);
    let loud = samples.iter().filter(|sample| **sample > 2000).count();
    // The sawtooth is above 2000 in 139 of 160 samples.
    let wanted = ms * 8 * 139 / 160;
    assert!(loud.abs_diff(wanted) <= wanted / 10, "{loud} of {wanted} loud samples");
    assert!(samples.len() >= (ms + 250) * 8 - 800, "{} samples", samples.len());
    assert_eq!(bob.statistics().invalid + bob.statistics().foreign, 0);
}

#[tokio::test(start_paused = true)]
async fn two_streams_talk_in_a_simulation() {
    let begun = std::time::Instant::now();
    let clock = Instant::now();
    talk(simulated(), 60_000).await;
    assert!(clock.elapsed() >= Duration::from_secs(60));
    assert!(begun.elapsed() < PATIENCE, "simulated time is not real time");
}

#[tokio::test]
async fn two_streams_talk_over_udp() {
    talk(Media::start(Config::default()).unwrap(), 1000).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_does_nothing_for_a_day() {
    let media = simulated();
    let ((alice, _a), (bob, _b)) = pair(&media);
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert_eq!(media.statistics().sent, 0);
    assert_eq!(alice.statistics().sent + bob.statistics().received, 0);
}

#[tokio::test(start_paused = true)]
async fn a_playback_is_paced_by_the_clock() {
    let media = simulated();
    let ((alice, _a), (bob, _b)) = pair(&media);
    let mut playback = alice.play(Source::silence(None), PlayOptions::default());
    tokio::time::sleep(Duration::from_millis(1010)).await;
    assert_eq!(alice.statistics().sent, 51);
    assert_eq!(bob.statistics().received, 51);
    assert_eq!(playback.position(), 51 * 160);
    playback.control(PlaybackControl::Stop);
    assert_eq!(playback.finished().await.reason, PlaybackEndReason::Stopped);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(alice.statistics().sent, 51, "nothing is sent afterwards");
}

#[tokio::test(start_paused = true)]
async fn a_second_playback_replaces_the_first() {
    let media = simulated();
    let ((alice, _a), _bob) = pair(&media);
    let mut first = alice.play(Source::silence(None), PlayOptions::default());
    let mut second = alice.play(sawtooth(100), PlayOptions { offset: 400 });
    assert_eq!(first.finished().await.reason, PlaybackEndReason::Replaced);
    let begun = Instant::now();
    assert_eq!(second.finished().await.position, 800);
    assert!(begun.elapsed() < Duration::from_millis(90), "it began at 50 ms");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_stops_it_and_closing_ends_everything() {
    let folder = tempfile::tempdir().unwrap();
    let media = simulated();
    let ((alice, mut events), (bob, _b)) = pair(&media);
    drop(alice.play(Source::silence(None), PlayOptions::default()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(bob.statistics().received <= 1);
    let mut playback = alice.play(Source::silence(None), PlayOptions::default());
    let mut recording = alice.record(RecordOptions::new(folder.path().join("a.wav")));
    tokio::time::sleep(Duration::from_secs(1)).await;
    alice.close();
    assert_eq!(playback.finished().await.reason, PlaybackEndReason::Closed);
    let end = recording.finished().await;
    assert_eq!((end.reason, end.samples), (RecordingEndReason::Closed, 8000));
    assert_eq!(events.recv().await, None);
    assert_eq!(
        alice.play(sawtooth(100), PlayOptions::default()).finished().await.reason,
        PlaybackEndReason::Closed
    );
}

#[tokio::test(start_paused = true)]
async fn a_recording_without_any_sound_is_as_long_as_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let media = simulated();
    let ((alice, _a), _bob) = pair(&media);
    let path = folder.path().join("a.wav");
    let limit = Some(Duration::from_secs(30));
    let mut recording = alice.record(RecordOptions { limit, ..RecordOptions::new(&path) });
    let begun = Instant::now();
    let end = recording.finished().await;
    assert_eq!((end.reason, end.samples), (RecordingEndReason::Limit, 240_000));
    assert_eq!(begun.elapsed().as_millis(), 30_000);
    let mut wav = hound::WavReader::open(path).unwrap();
    assert!(wav.samples::<i16>().all(|sample| sample.unwrap() == 0));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_recording_and_a_wait() {
    let folder = tempfile::tempdir().unwrap();
    let media = simulated();
    let ((alice, _a), (bob, _b)) = pair(&media);
    let mut recording = bob.record(RecordOptions {
        silence_threshold: 200,
        silence: Some(Duration::from_secs(2)),
        ..RecordOptions::new(folder.path().join("a.wav"))
    });
    let options = SilenceOptions { threshold: 200, hits: 50, listen_hits: 10 };
    let silence = bob.listen_for_silence(options);
    let begun = Instant::now();
    let mut playback = alice.play(sawtooth(3000), PlayOptions::default());
    assert!(silence.await);
    let waited = begun.elapsed().as_millis();
    assert!((3960..4200).contains(&waited), "{waited} ms: 3 s of sound, 1 s of silence");
    assert_eq!(recording.finished().await.reason, RecordingEndReason::Silence);
    let waited = begun.elapsed().as_millis();
    assert!((4960..5200).contains(&waited), "{waited} ms: 3 s of sound, 2 s of silence");
    assert_eq!(playback.finished().await.reason, PlaybackEndReason::Finished);
}

#[tokio::test(start_paused = true)]
async fn an_echo_comes_back_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let media = simulated();
    let ((alice, _a), (bob, _b)) = pair(&media);
    bob.echo(true);
    let path = folder.path().join("a.wav");
    let mut recording = alice.record(RecordOptions::new(&path));
    alice.play(sawtooth(500), PlayOptions::default()).finished().await;
    recording.control(crate::stream::RecordControl::Stop);
    recording.finished().await;
    let samples = hound::WavReader::open(path).unwrap().into_samples::<i16>();
    let loud = samples.filter(|sample| *sample.as_ref().unwrap() > 2000).count();
    assert!(loud > 8 * 400 * 139 / 160, "{loud}");
    bob.echo(false);
    let sent = bob.statistics().sent;
    alice.play(sawtooth(500), PlayOptions::default()).finished().await;
    assert_eq!(bob.statistics().sent, sent);
}

/// Two far ends, and the two streams between which they are bridged; Bob's has the other codec.
async fn bridge(media: Media) {
    let folder = tempfile::tempdir().unwrap();
    let (alice, near) = pair(&media);
    let (bob, far) = pair(&media);
    let pcma =
        |to: &Stream| Agreement { codec: Codec::Pcma, payload_type: 8, ..agreement(to.local()) };
    bob.0.connect(&pcma(&far.0));
    far.0.connect(&pcma(&bob.0));
    let there = near.0.relay(&far.0);
    let back = far.0.relay(&near.0);
    let [to_alice, to_bob] = ["alice.wav", "bob.wav"].map(|name| folder.path().join(name));
    let mut heard =
        [alice.0.record(RecordOptions::new(&to_alice)), bob.0.record(RecordOptions::new(&to_bob))];
    let ends = [&alice.0, &bob.0].map(|side| side.play(sawtooth(400), PlayOptions::default()));
    for mut end in ends {
        end.finished().await;
    }
    for recording in &mut heard {
        recording.control(crate::stream::RecordControl::Stop);
        recording.finished().await;
    }
    for path in [to_alice, to_bob] {
        let samples = hound::WavReader::open(path).unwrap().into_samples::<i16>();
        let loud = samples.filter(|sample| *sample.as_ref().unwrap() > 2000).count();
        assert!(loud > 8 * 300 * 139 / 160, "{loud}");
    }
    drop(there);
    alice.0.play(sawtooth(100), PlayOptions::default()).finished().await;
    let sent = far.0.statistics().sent;
    alice.0.play(sawtooth(100), PlayOptions::default()).finished().await;
    assert_eq!(far.0.statistics().sent, sent, "a relay that was dropped has ended");
    drop(far);
    drop(back);
}

#[tokio::test(start_paused = true)]
async fn streams_are_bridged_in_a_simulation() {
    bridge(simulated()).await;
}

#[tokio::test]
async fn streams_are_bridged_over_udp() {
    bridge(Media::start(Config::default()).unwrap()).await;
}

#[tokio::test(start_paused = true)]
async fn a_listener_hears_packets_as_they_come_and_costs_no_ticks() {
    let media = simulated();
    let ((alice, _a), (bob, _b)) = pair(&media);
    let mut heard = bob.hear();
    alice.play(sawtooth(100), PlayOptions::default()).finished().await;
    for _ in 0..5 {
        let packet = heard.recv().await.unwrap();
        assert_eq!((packet.codec, packet.payload.len()), (Codec::Pcmu, 160));
    }
    alice.play(sawtooth(20 * 200), PlayOptions::default()).finished().await;
    drop(bob);
    let waiting = std::iter::from_fn(|| heard.try_recv().ok()).count();
    assert_eq!(waiting, crate::stream::MAX_HEARD, "what is beyond was lost");
}

#[tokio::test(start_paused = true)]
async fn a_far_end_that_says_nothing_is_reported_once() {
    let config = Config { timeout: Some(Duration::from_secs(10)), ..Config::default() };
    let media = Media::simulated(config, Network::new()).unwrap();
    let ((alice, mut events), (bob, _b)) = pair(&media);
    let begun = Instant::now();
    let silent = Duration::from_secs(10);
    assert_eq!(events.recv().await, Some(StreamEvent::Timeout { silent, ever: false }));
    assert_eq!(begun.elapsed(), silent);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(events.try_recv().is_err(), "once");
    bob.play(sawtooth(100), PlayOptions::default()).finished().await;
    assert!(matches!(events.recv().await, Some(StreamEvent::Timeout { ever: true, .. })));
    let held = Agreement { hold: true, direction: Direction::Inactive, ..agreement(bob.local()) };
    alice.connect(&held);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(events.try_recv().is_err(), "on hold nothing is expected");
}

#[tokio::test(start_paused = true)]
async fn absurd_settings_neither_spin_nor_break() {
    for interval in [Duration::ZERO, Duration::MAX] {
        let config = Config {
            timeout: Some(interval),
            keepalive: Some(interval),
            rtcp_interval: interval,
            jitter: RangeInclusive::new(500, 3),
            ..Config::default()
        };
        let media = Media::simulated(config, Network::new()).unwrap();
        let ((alice, _a), (_bob, _b)) = pair(&media);
        alice.play(sawtooth(1000), PlayOptions::default()).finished().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!((50..100).contains(&alice.statistics().sent), "{:?}", alice.statistics());
    }
}

#[tokio::test]
async fn threads_end_with_the_last_handle_and_ports_are_free_again() {
    let ip = IpAddr::from([127, 0, 0, 1]);
    let media = Media::start(Config::default()).unwrap();
    let (stream, mut events) = media.open(ip).unwrap();
    let local = stream.local();
    drop(media);
    assert_eq!(tokio::time::timeout(PATIENCE, events.recv()).await.unwrap(), None);
    let begun = std::time::Instant::now();
    while std::net::UdpSocket::bind(local).is_err() {
        assert!(begun.elapsed() < PATIENCE, "the port is still in use");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_stream_without_ports_is_refused() {
    let ip = IpAddr::from([127, 0, 0, 1]);
    let (_taken, port) = std::iter::repeat_with(|| std::net::UdpSocket::bind((ip, 0)).unwrap())
        .map(|socket| (socket.local_addr().unwrap().port(), socket))
        .find_map(|(port, socket)| (port % 2 == 0).then_some((socket, port)))
        .unwrap();
    let media = Media::start(Config { ports: port..=port + 1, ..Config::default() }).unwrap();
    let refused = media.open(ip);
    assert!(matches!(refused, Err(OpenError::NoPort { .. })), "{refused:?}");
    let foreign = media.open("192.0.2.1".parse().unwrap());
    assert!(matches!(foreign, Err(OpenError::System { .. })), "{foreign:?}");
    assert!(Media::start(Config { ports: 7..=7, ..Config::default() }).is_err());
}

/// What is heard is on the left, what is sent on the right, and two recordings do not disturb each
/// other, nor one of the far end alone.
#[tokio::test(start_paused = true)]
async fn a_call_is_recorded_from_both_sides() {
    use crate::stream::{MAX_SESSION_RECORDINGS, RecordControl, Sides};
    let folder = tempfile::tempdir().unwrap();
    let media = simulated();
    let ((alice, _a), (bob, _b)) = pair(&media);
    let path = |name: &str| folder.path().join(name);
    let of = |name: &str, sides| RecordOptions { sides, ..RecordOptions::new(path(name)) };
    let mut stereo = alice.record_session(of("stereo.wav", Sides::Stereo));
    let mut mixed = alice.record_session(of("mixed.wav", Sides::Mixed));
    let mut heard = alice.record(RecordOptions::new(path("heard.wav")));
    let second = Duration::from_secs(1);
    alice.play(sawtooth(1000), PlayOptions::default()).finished().await;
    tokio::time::sleep(second).await;
    bob.play(sawtooth(1000), PlayOptions::default()).finished().await;
    tokio::time::sleep(second).await;
    // Masked, it is silent.
    stereo.control(RecordControl::Mask(true));
    bob.play(sawtooth(1000), PlayOptions::default()).finished().await;
    for recording in [&mut stereo, &mut mixed, &mut heard] {
        recording.control(RecordControl::Stop);
        assert_eq!(recording.finished().await.reason, RecordingEndReason::Stopped);
    }
    let loud = |name: &str, channel: usize| {
        let mut wav = hound::WavReader::open(path(name)).unwrap();
        let channels = usize::from(wav.spec().channels);
        let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
        let chosen = samples.iter().skip(channel).step_by(channels);
        // The sawtooth is above 2000 in 139 of 160 samples: seconds of it.
        let count = chosen.filter(|sample| **sample > 2000).count();
        (count as f64 / (8000.0 * 139.0 / 160.0)).round() as u32
    };
    assert_eq!((loud("stereo.wav", 0), loud("stereo.wav", 1)), (1, 1));
    assert_eq!((loud("mixed.wav", 0), loud("heard.wav", 0)), (3, 2));
    let many: Vec<_> = (0..=MAX_SESSION_RECORDINGS)
        .map(|number| alice.record_session(of(&format!("{number}.wav"), Sides::Mixed)))
        .collect();
    let mut last = many.into_iter().next_back().unwrap();
    assert!(matches!(last.finished().await.reason, RecordingEndReason::Failed(_)));
}
