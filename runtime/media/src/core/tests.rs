use std::time::SystemTime;

use tokio::sync::oneshot;

use super::*;
use crate::dtmf::Dtmf;
use crate::rtp::{HEADER, Header};
use crate::sdp::Direction;
use crate::source::Source;
use crate::stream::{
    Listen, Play, PlayOptions, PlaybackEnd, Record, RecordControl, RecordOptions, RecordingEnd,
    Relayed, SilenceOptions,
};

const TOLD: &str = "198.51.100.1:4000";
const NAT: &str = "203.0.113.9:61000";
const FOREIGN: &str = "192.0.2.66:666";

#[derive(Default)]
struct Sent {
    rtp: Vec<(Vec<u8>, SocketAddr)>,
    rtcp: Vec<(Vec<u8>, SocketAddr)>,
    latched: Vec<Option<SocketAddr>>,
}

impl Wire for Sent {
    fn rtp(&mut self, packet: &[u8], to: SocketAddr) {
        self.rtp.push((packet.to_vec(), to));
    }

    fn rtcp(&mut self, packet: &[u8], to: SocketAddr) {
        self.rtcp.push((packet.to_vec(), to));
    }

    fn latch(&mut self, far: Option<SocketAddr>) {
        self.latched.push(far);
    }
}

struct Bench {
    core: Core,
    now: Instant,
    sent: Sent,
    events: mpsc::Receiver<StreamEvent>,
    counters: Arc<Counters>,
    folder: tempfile::TempDir,
    sequence: u16,
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn agreement() -> Agreement {
    Agreement {
        remote: Some(address(TOLD)),
        rtcp: None,
        codec: Codec::Pcmu,
        payload_type: 0,
        dtmf: Some(101),
        ptime: 20,
        direction: Direction::SendRecv,
        hold: false,
    }
}

impl Bench {
    fn new() -> Self {
        Self::with(agreement(), None)
    }

    fn with(agreement: Agreement, keepalive: Option<Duration>) -> Self {
        let now = Instant::now();
        let settings = Settings {
            timeout: None,
            keepalive,
            rtcp_interval: Duration::from_secs(5),
            jitter: 20..=200,
            writer: Writer::in_place(),
            epoch: Epoch::new(now, SystemTime::UNIX_EPOCH),
        };
        let counters = Arc::new(Counters::default());
        let (sender, events) = mpsc::channel(64);
        let core = Core::new(Arc::new(settings), Arc::clone(&counters), sender, now);
        let folder = tempfile::tempdir().unwrap();
        let sent = Sent::default();
        let mut bench = Self { core, now, sent, events, counters, folder, sequence: 0 };
        bench.command(Command::Connect(Box::new(agreement)));
        bench
    }

    fn command(&mut self, command: Command) {
        self.core.command(self.now, command, &mut self.sent);
    }

    /// Time passes in steps of 20 ms, or of what the stream wants.
    fn pass(&mut self, milliseconds: u64) {
        let end = self.now + Duration::from_millis(milliseconds);
        while self.now < end {
            self.now += self.core.period().unwrap_or(Duration::from_millis(20));
            if self.core.deadline().is_some_and(|due| due <= self.now) {
                self.core.expire(self.now, &mut self.sent);
            }
            if self.core.period().is_some() {
                self.core.tick(self.now, &mut self.sent);
            }
        }
    }

    fn receive_as(
        &mut self,
        source: &str,
        ssrc: u32,
        payload_type: u8,
        frame: u32,
        payload: &[u8],
    ) {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let timestamp = frame.wrapping_mul(160);
        let header = Header { marker: false, payload_type, sequence, timestamp, ssrc };
        let packet = [&header.write(), payload].concat();
        self.core.receive(self.now, address(source), &packet, &mut self.sent);
    }

    /// A loud packet of PCMU.
    fn receive(&mut self, source: &str, frame: u32) {
        self.receive_as(source, 1, 0, frame, &[0x10; 160]);
    }

    fn play(&mut self, source: Source) -> oneshot::Receiver<PlaybackEnd> {
        let (end, ended) = oneshot::channel();
        let options = PlayOptions::default();
        let play = Play { id: 1, source, options, progress: Arc::default(), end };
        self.command(Command::Play(Box::new(play)));
        ended
    }

    fn record(&mut self, options: RecordOptions) -> oneshot::Receiver<RecordingEnd> {
        let (end, ended) = oneshot::channel();
        self.command(Command::Record(Box::new(Record { id: 2, options, end })));
        ended
    }

    fn record_file(&mut self) -> oneshot::Receiver<RecordingEnd> {
        let path = self.folder.path().join("a.wav");
        self.record(RecordOptions::new(path))
    }

    fn control_recording(&mut self, control: RecordControl) {
        self.command(Command::Control { id: 2, control: Control::Recording(control) });
    }

    /// The recorded frames of 20 ms: whether each is loud.
    fn recorded(&self) -> Vec<bool> {
        let wav = hound::WavReader::open(self.folder.path().join("a.wav")).unwrap();
        let samples: Vec<i16> = wav.into_samples().map(Result::unwrap).collect();
        samples.chunks(160).map(|frame| frame[80].abs() > 1000).collect()
    }

    fn headers(&self) -> Vec<Header> {
        self.sent.rtp.iter().map(|(packet, _)| Header::parse(packet).unwrap().0).collect()
    }

    fn keys(&mut self) -> Vec<(char, u32)> {
        let events = std::iter::from_fn(|| self.events.try_recv().ok());
        events
            .map(|event| match event {
                StreamEvent::Dtmf { digit, duration } => (digit, duration),
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

#[test]
fn an_idle_stream_is_small_and_wants_nothing() {
    let bench = Bench::new();
    assert!(size_of::<Core>() <= 640, "{} bytes", size_of::<Core>());
    assert_eq!((bench.core.period(), bench.core.deadline()), (None, None));
}

#[test]
fn packets_follow_one_another_by_sequence_and_timestamp() {
    let mut bench = Bench::new();
    let mut ended = bench.play(Source::silence(Some(100)));
    bench.pass(200);
    let headers = bench.headers();
    assert_eq!(headers.len(), 5);
    assert!(headers[0].marker && headers[1..].iter().all(|header| !header.marker));
    for (place, header) in headers.iter().enumerate() {
        assert_eq!(header.sequence, headers[0].sequence.wrapping_add(place as u16));
        assert_eq!(header.timestamp, headers[0].timestamp.wrapping_add(place as u32 * 160));
        assert_eq!((header.payload_type, header.ssrc), (0, headers[0].ssrc));
    }
    assert!(bench.sent.rtp.iter().all(|(packet, to)| {
        *to == address(TOLD)
            && packet.len() == 172
            && packet[HEADER..].iter().all(|byte| *byte == 0xff)
    }));
    assert_eq!(ended.try_recv().unwrap().position, 800);
    assert_eq!(bench.core.period(), None);
}

#[test]
fn after_a_pause_the_timestamp_tells_how_long_it_was() {
    let mut bench = Bench::new();
    bench.play(Source::silence(Some(20)));
    bench.pass(1000);
    bench.play(Source::silence(Some(20)));
    bench.pass(40);
    let headers = bench.headers();
    assert_eq!(headers.len(), 2);
    assert!(headers[1].marker);
    assert_eq!(headers[1].timestamp.wrapping_sub(headers[0].timestamp), 8000);
    assert_eq!(headers[1].sequence, headers[0].sequence.wrapping_add(1));
}

#[test]
fn the_packet_length_is_what_was_agreed() {
    for ptime in [10, 20, 30, 40, 60] {
        let mut bench = Bench::with(Agreement { ptime, ..agreement() }, None);
        bench.play(Source::silence(Some(240)));
        bench.pass(400);
        let bytes = HEADER + usize::from(ptime) * 8;
        assert_eq!(bench.sent.rtp.len(), 240 / usize::from(ptime), "{ptime} ms");
        assert!(bench.sent.rtp.iter().all(|(packet, _)| packet.len() == bytes));
    }
}

#[test]
fn a_far_end_behind_a_nat_is_answered_where_it_is_and_others_are_ignored() {
    let mut bench = Bench::new();
    bench.receive(NAT, 0);
    bench.receive(FOREIGN, 1);
    bench.receive(TOLD, 2);
    bench.play(Source::silence(None));
    bench.pass(20);
    assert_eq!(bench.sent.rtp[0].1, address(NAT));
    let statistics = bench.counters.read();
    assert_eq!((statistics.received, statistics.foreign), (1, 2));
    assert_eq!(bench.sent.latched, [None, Some(address(NAT))]);
    // A re-INVITE: the far end may be anywhere again.
    bench.command(Command::Connect(Box::new(agreement())));
    bench.pass(20);
    assert_eq!(bench.sent.rtp[1].1, address(TOLD));
    bench.receive(FOREIGN, 3);
    assert_eq!(bench.counters.read().received, 2);
}

#[test]
fn what_is_not_agreed_to_is_not_taken() {
    let mut bench = Bench::new();
    bench.receive_as(FOREIGN, 1, 18, 0, &[0; 20]);
    bench.core.receive(bench.now, address(FOREIGN), b"not RTP", &mut bench.sent);
    let statistics = bench.counters.read();
    assert_eq!((statistics.invalid, statistics.received), (2, 0));
    assert_eq!(bench.core.far.latched(), None, "and nobody is learned from it");
}

#[test]
fn comfort_noise_is_a_sign_of_life_and_no_sound() {
    let mut bench = Bench::new();
    bench.command(Command::Echo(true));
    bench.receive_as(NAT, 1, 13, 0, &[40]);
    assert_eq!(bench.counters.read().received, 1);
    assert_eq!(bench.core.far.latched(), Some(address(NAT)));
    assert!(bench.sent.rtp.is_empty());
}

#[test]
fn nothing_is_sent_to_who_does_not_want_it() {
    for (direction, sends) in [
        (Direction::SendRecv, true),
        (Direction::SendOnly, true),
        (Direction::RecvOnly, false),
        (Direction::Inactive, false),
    ] {
        let mut bench = Bench::with(Agreement { direction, ..agreement() }, None);
        let mut ended = bench.play(Source::silence(Some(100)));
        bench.pass(200);
        assert_eq!(!bench.sent.rtp.is_empty(), sends, "{direction:?}");
        assert_eq!(ended.try_recv().unwrap().position, 800, "it plays on all the same");
    }
}

#[test]
fn a_key_is_sent_over_what_plays() {
    let mut bench = Bench::new();
    bench.play(Source::silence(None));
    bench.pass(100);
    bench.command(Command::SendDtmf(vec![Dtmf { digit: '5', duration: 800 }]));
    bench.pass(400);
    let headers = bench.headers();
    let events: Vec<_> = headers.iter().filter(|header| header.payload_type == 101).collect();
    assert_eq!(events.len(), 7, "100 ms and two more ends");
    assert!(events.iter().all(|header| header.timestamp == events[0].timestamp));
    assert!(events[0].marker && !events[1].marker);
    let sequences =
        headers.windows(2).all(|two| two[1].sequence == two[0].sequence.wrapping_add(1));
    assert!(sequences, "audio and keys are one sequence");
    let audio: Vec<_> = headers.iter().filter(|header| header.payload_type == 0).collect();
    let last = audio[audio.len() - 1].timestamp.wrapping_sub(headers[0].timestamp);
    assert_eq!(last, (headers.len() as u32 - 1) * 160, "audio goes on where it would have been");
}

#[test]
fn without_telephone_event_a_key_is_heard() {
    let mut bench = Bench::with(Agreement { dtmf: None, ..agreement() }, None);
    bench.command(Command::SendDtmf(vec![Dtmf { digit: '5', duration: 800 }]));
    bench.pass(400);
    assert_eq!(bench.sent.rtp.len(), 5);
    let (packet, _) = &bench.sent.rtp[2];
    let loudest = packet[HEADER..].iter().map(|byte| Codec::Pcmu.decode(*byte)).max().unwrap();
    assert!(loudest > 10_000, "{loudest}");
    assert_eq!(bench.core.period(), None);
}

fn key_packet(bench: &mut Bench, frame: u32, event: u8, end: bool, duration: u16) {
    let [d0, d1] = duration.to_be_bytes();
    bench.receive_as(TOLD, 1, 101, frame, &[event, 10 | (u8::from(end) << 7), d0, d1]);
}

#[test]
fn keys_are_reported_once_also_while_idle_and_with_lost_packets() {
    let mut bench = Bench::new();
    for end in [false, false, true, true, true] {
        key_packet(&mut bench, 10, 1, end, 800);
    }
    assert_eq!(bench.keys(), [('1', 800)]);
    key_packet(&mut bench, 100, 2, false, 160);
    assert!(bench.keys().is_empty());
    bench.pass(200);
    assert_eq!(bench.keys(), [('2', 160)], "all ends lost");
    key_packet(&mut bench, 100, 2, true, 320);
    assert!(bench.keys().is_empty(), "a late end");
    assert_eq!(bench.counters.read().dtmf, 2);
}

#[test]
fn a_new_ssrc_is_a_new_beginning() {
    let mut bench = Bench::new();
    bench.record_file();
    bench.receive_as(TOLD, 1, 0, 1_000_000, &[0x10; 160]);
    key_packet(&mut bench, 1_000_001, 7, false, 160);
    bench.sequence = 40_000;
    bench.receive_as(TOLD, 2, 0, 5, &[0x10; 160]);
    assert_eq!(bench.keys(), [('7', 160)]);
    bench.receive_as(TOLD, 2, 101, 6, &[8, 0x80, 1, 0]);
    assert_eq!(bench.keys(), [('8', 256)], "older than the last one by the old clock");
    let statistics = bench.counters.read();
    assert_eq!((statistics.ssrc_changes, statistics.lost), (1, 0));
}

#[test]
fn a_recording_has_what_came_in_order_and_silence_for_what_did_not() {
    let mut bench = Bench::new();
    bench.record_file();
    // 20 ms apart; 3 is lost, 5 and 6 change places, 8 comes twice.
    for frame in [1, 2, 4, 6, 5, 7, 8, 8] {
        bench.receive(TOLD, frame);
        bench.pass(20);
    }
    bench.pass(200);
    bench.control_recording(RecordControl::Stop);
    let recorded = bench.recorded();
    assert_eq!(recorded.len(), 18, "as long as it took");
    let begin = recorded.iter().position(|loud| *loud).unwrap();
    assert!(begin <= 2, "{recorded:?}");
    assert_eq!(recorded.iter().filter(|loud| **loud).count(), 7, "{recorded:?}");
    assert!(!recorded[begin + 2], "frame 3: {recorded:?}");
    assert_eq!(bench.counters.read().lost, 0, "the sequence numbers of this test have no gap");
}

#[test]
fn pausing_restarting_and_truncating_a_recording() {
    let mut bench = Bench::new();
    let mut ended = bench.record_file();
    bench.pass(100);
    bench.control_recording(RecordControl::Pause);
    bench.pass(1000);
    bench.control_recording(RecordControl::Pause);
    bench.pass(100);
    bench.control_recording(RecordControl::Stop);
    assert_eq!(ended.try_recv().unwrap().samples, 1600, "a pause is left out");
    let mut ended = bench.record_file();
    bench.pass(1000);
    bench.control_recording(RecordControl::Restart);
    bench.pass(40);
    bench.control_recording(RecordControl::Stop);
    assert_eq!(ended.try_recv().unwrap().samples, 320);
    let mut ended = bench.record_file();
    bench.pass(1000);
    bench.control_recording(RecordControl::Truncate);
    assert_eq!(ended.try_recv().unwrap().samples, 0);
    assert!(bench.recorded().is_empty());
    assert!(bench.core.jitter.is_none(), "nobody listens any more");
}

#[test]
fn a_disk_that_is_full_ends_the_recording_and_nothing_else() {
    let mut bench = Bench::new();
    let mut ended = bench.record(RecordOptions::new("/dev/full"));
    let mut playing = bench.play(Source::silence(None));
    bench.pass(100);
    let end = ended.try_recv().unwrap();
    assert!(end.error().unwrap().contains("disk full"), "{end:?}");
    assert!(playing.try_recv().is_err(), "what plays goes on");
}

#[test]
fn a_thread_that_was_late_loses_no_recorded_time() {
    let mut bench = Bench::new();
    let mut ended = bench.record_file();
    bench.pass(100);
    bench.now += Duration::from_millis(700);
    bench.core.tick(bench.now, &mut bench.sent);
    bench.control_recording(RecordControl::Stop);
    assert_eq!(ended.try_recv().unwrap().samples, 6400);
}

#[test]
fn silence_is_waited_for_only_after_sound_when_that_is_asked() {
    let mut bench = Bench::new();
    let (end, mut ended) = oneshot::channel();
    let options = SilenceOptions { threshold: 100, hits: 5, listen_hits: 3 };
    bench.command(Command::Listen(Box::new(Listen { options, end })));
    bench.pass(1000);
    assert!(ended.try_recv().is_err(), "nothing was heard yet");
    for frame in 0..10 {
        bench.receive(TOLD, frame);
        bench.pass(20);
    }
    assert!(ended.try_recv().is_err());
    bench.pass(200);
    assert!(ended.try_recv().is_ok());
    assert_eq!(bench.core.period(), None);
    let (end, ended) = oneshot::channel();
    bench.command(Command::Listen(Box::new(Listen { options, end })));
    drop(ended);
    bench.pass(40);
    assert_eq!(bench.core.period(), None, "nobody waits any more");
}

#[test]
fn an_echo_keeps_the_spacing_and_has_its_own_numbers() {
    let mut bench = Bench::new();
    bench.command(Command::Echo(true));
    for frame in [100, 101, 103] {
        bench.receive(TOLD, frame);
        bench.now += Duration::from_millis(20);
    }
    bench.receive_as(TOLD, 1, 8, 104, &[Codec::Pcma.encode(8000); 160]);
    let headers = bench.headers();
    let steps: Vec<_> =
        headers.windows(2).map(|two| two[1].timestamp.wrapping_sub(two[0].timestamp)).collect();
    assert_eq!(steps, [160, 320, 160]);
    assert!(headers[0].marker && headers.iter().all(|header| header.payload_type == 0));
    let recoded = Codec::Pcmu.decode(bench.sent.rtp[3].0[HEADER]);
    assert!((7500..8500).contains(&recoded), "the other codec is recoded: {recoded}");
}

#[test]
fn what_is_relayed_keeps_its_spacing_until_its_sender_begins_anew() {
    let mut bench = Bench::new();
    let relayed = |timestamp: u32| {
        let payload = vec![Codec::Pcma.encode(8000); 160].into();
        Command::Relayed(Box::new(Relayed { codec: Codec::Pcma, timestamp, payload }))
    };
    for timestamp in [1000, 1160, 1480, 4_000_000_000, 4_000_000_160] {
        bench.command(relayed(timestamp));
        bench.now += Duration::from_millis(20);
    }
    let headers = bench.headers();
    let steps: Vec<_> =
        headers.windows(2).map(|two| two[1].timestamp.wrapping_sub(two[0].timestamp)).collect();
    assert_eq!(steps, [160, 320, 160, 160], "a new sender goes on where the old one was");
    let markers: Vec<_> = headers.iter().map(|header| header.marker).collect();
    assert_eq!(markers, [true, false, false, true, false]);
    let recoded = Codec::Pcmu.decode(bench.sent.rtp[0].0[HEADER]);
    assert!((7500..8500).contains(&recoded), "{recoded}");

    bench.play(Source::silence(Some(8000)));
    let before = bench.headers().len();
    bench.command(relayed(4_000_000_320));
    assert_eq!(bench.headers().len(), before, "what plays is heard instead");
}

#[test]
fn reports_flow_while_rtp_does_and_end_with_it() {
    let mut bench = Bench::new();
    bench.play(Source::silence(Some(7000)));
    bench.receive(NAT, 0);
    bench.pass(30_000);
    let sizes: Vec<_> = bench.sent.rtcp.iter().map(|(packet, _)| packet[1]).collect();
    assert_eq!(sizes, [200, 200], "sender reports at 5 and 10 s, then none");
    assert_eq!(bench.sent.rtcp[0].1, address("203.0.113.9:61001"));
    assert_eq!(bench.core.deadline(), None);
    let report = crate::rtcp::parse(&bench.sent.rtcp[0].0, 1).unwrap();
    assert_eq!(report.sender.unwrap().0, bench.headers()[0].ssrc);
    bench.receive(NAT, 1);
    let mut sent = std::mem::take(&mut bench.sent);
    bench.core.close(bench.now, &mut sent);
    assert!(crate::rtcp::parse(&sent.rtcp[2].0, 1).unwrap().bye);
}

#[test]
fn rtcp_goes_where_sdp_says_and_its_source_is_judged() {
    let rtcp = address("198.51.100.1:5555");
    let mut bench = Bench::with(Agreement { rtcp: Some(rtcp), ..agreement() }, None);
    bench.receive(TOLD, 0);
    bench.pass(6000);
    assert_eq!(bench.sent.rtcp[0].1, rtcp);
    bench.core.receive_rtcp(
        bench.now,
        address("198.51.100.1:5555"),
        &[0x80, 201, 0, 1, 0, 0, 0, 1],
    );
    assert_eq!(bench.counters.read().foreign, 0);
    bench.core.receive_rtcp(bench.now, address(FOREIGN), &[0x80, 203, 0, 1, 0, 0, 0, 1]);
    assert_eq!(bench.counters.read().foreign, 1);
}

#[test]
fn keepalives_are_sent_only_when_asked_for() {
    let mut bench = Bench::with(agreement(), Some(Duration::from_secs(10)));
    bench.pass(35_000);
    assert_eq!(bench.sent.rtp.len(), 3);
    let on_hold = Agreement { direction: Direction::Inactive, ..agreement() };
    let mut bench = Bench::with(on_hold, Some(Duration::from_secs(10)));
    bench.pass(35_000);
    assert!(bench.sent.rtp.is_empty());
}

#[test]
fn a_change_of_codec_is_heard_in_the_middle_of_a_prompt() {
    let mut bench = Bench::new();
    bench.play(Source::silence(None));
    bench.pass(40);
    let other = Agreement { codec: Codec::Pcma, payload_type: 8, ..agreement() };
    bench.command(Command::Connect(Box::new(other)));
    bench.pass(40);
    let types: Vec<_> = bench.headers().iter().map(|header| header.payload_type).collect();
    assert_eq!(types, [0, 0, 8, 8]);
    assert_eq!(bench.sent.rtp[3].0[HEADER], 0xd5);
}

#[test]
fn nobody_reading_events_blocks_nothing() {
    let mut bench = Bench::new();
    for press in 0..200 {
        key_packet(&mut bench, press * 100, 1, true, 400);
    }
    assert_eq!(bench.keys().len(), 64);
    assert_eq!(bench.counters.read().dtmf, 200);
}

proptest::proptest! {
    #[test]
    fn whatever_comes_from_the_network_nothing_breaks(
        packets in proptest::collection::vec(
            (proptest::prelude::any::<[u8; 12]>(), proptest::prelude::any::<u8>(), 0usize..700), 1..60)
    ) {
        let mut bench = Bench::new();
        bench.command(Command::Echo(true));
        bench.record_file();
        for (mut head, kind, length) in packets {
            head[0] = 0x80 | (head[0] & 0x3f & kind);
            head[1] = [0, 8, 101, head[1]][usize::from(kind) % 4];
            let packet = [&head[..], &vec![kind; length]].concat();
            bench.core.receive(bench.now, address(TOLD), &packet, &mut bench.sent);
            bench.core.receive_rtcp(bench.now, address(TOLD), &packet);
            bench.pass(20);
        }
        bench.core.close(bench.now, &mut bench.sent);
    }
}
