use proptest::prelude::*;

use super::*;

/// A buffer and its clock; frames are 160 bytes that all are the packet's number (below 256).
struct Bench {
    jitter: Jitter,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        Self { jitter: Jitter::new(&(20..=200)), now: Instant::now() }
    }

    fn push(&mut self, number: u32) {
        self.push_at(number * 160, number);
    }

    fn push_at(&mut self, timestamp: u32, number: u32) {
        self.jitter.push(self.now, timestamp, Codec::Pcma, &[number as u8; 160]);
    }

    /// 20 ms pass; the number of the frame that is heard then.
    fn pull(&mut self) -> Option<u32> {
        self.now += Duration::from_millis(20);
        let mut out = [0; 160];
        let heard = self.jitter.pull(self.now, 0, &mut out);
        assert!(heard || out.iter().all(|sample| *sample == 0), "what is lost is silent");
        heard.then(|| u32::from(Codec::Pcma.encode(out[80])))
    }
}

#[test]
fn frames_come_out_in_order_whatever_order_they_came_in() {
    let mut bench = Bench::new();
    [2, 1, 4, 3].into_iter().for_each(|number| bench.push(number));
    let heard: Vec<_> = (0..5).map(|_| bench.pull()).collect();
    assert_eq!(heard, [Some(1), Some(2), Some(3), Some(4), None]);
}

#[test]
fn a_steady_stream_never_runs_dry() {
    let mut bench = Bench::new();
    for number in 1..200 {
        bench.push(number);
        let heard = bench.pull();
        assert_eq!(heard, Some(number));
    }
}

#[test]
fn a_lost_frame_is_silence_and_nothing_shifts() {
    let mut bench = Bench::new();
    [1, 2, 4].into_iter().for_each(|number| bench.push(number));
    let heard: Vec<_> = (0..4).map(|_| bench.pull()).collect();
    assert_eq!(heard, [Some(1), Some(2), None, Some(4)]);
}

#[test]
fn late_and_double_packets_are_counted_and_dropped() {
    let mut bench = Bench::new();
    [1, 1, 2].into_iter().for_each(|number| bench.push(number));
    assert_eq!(bench.pull(), Some(1));
    bench.push(1);
    assert_eq!(bench.pull(), Some(2));
    assert_eq!(bench.jitter.take_late(), 2);
}

#[test]
fn it_waits_for_the_measured_jitter() {
    let mut bench = Bench::new();
    bench.push(1);
    let mut out = [0; 160];
    // 100 samples of jitter ask for 300: 37.5 ms.
    for (ms, heard) in [(20, false), (37, false), (38, true)] {
        let now = bench.now + Duration::from_millis(ms);
        assert_eq!(bench.jitter.pull(now, 100, &mut out), heard, "{ms} ms");
    }
}

#[test]
fn it_is_bounded_in_packets_and_in_time() {
    let mut bench = Bench::new();
    (1..200).for_each(|number| bench.push(number));
    assert_eq!(bench.jitter.packets.len(), MAX_PACKETS);
    assert_eq!(bench.pull(), Some(200 - MAX_PACKETS as u32));
    bench.push(100_000);
    assert_eq!(bench.jitter.packets.len(), 1, "a jump ahead begins anew");
    bench.jitter.push(bench.now, 0, Codec::Pcmu, &[0; 9000]);
    bench.jitter.push(bench.now, 0, Codec::Pcmu, &[]);
    assert_eq!(bench.jitter.packets.len(), 1, "absurd packets are not kept");
}

#[test]
fn what_piles_up_is_left_out_after_a_while() {
    let mut bench = Bench::new();
    (1..=20).for_each(|number| bench.push(number));
    let mut held = Vec::new();
    for number in 21..140 {
        bench.push(number);
        bench.pull();
        held.push(bench.jitter.packets.len());
    }
    assert_eq!(held[10], 20, "patience first");
    assert!(held[118] <= 2, "then down to the aim: {}", held[118]);
}

#[test]
fn timestamps_may_wrap_and_jump_back() {
    let mut bench = Bench::new();
    let start = 0u32.wrapping_sub(320);
    (0..4).for_each(|frame| bench.push_at(start.wrapping_add(frame * 160), frame + 1));
    let heard: Vec<_> = (0..4).map(|_| bench.pull()).collect();
    assert_eq!(heard, [Some(1), Some(2), Some(3), Some(4)]);
    // The sender begins again far in the past without changing its SSRC: after some late packets
    // that is believed.
    for frame in 0..20 {
        bench.push_at(1_000_000u32.wrapping_neg() + frame * 160, 50 + frame);
    }
    assert!((0..3).any(|_| bench.pull().is_some_and(|number| number >= 50)));
}

proptest! {
    #[test]
    fn any_sequence_of_packets_keeps_it_bounded(
        steps in proptest::collection::vec((any::<u32>(), 0usize..400, any::<bool>()), 1..300)
    ) {
        let mut bench = Bench::new();
        let mut out = [0; 160];
        for (timestamp, length, pull) in steps {
            bench.jitter.push(bench.now, timestamp, Codec::Pcmu, &vec![1; length]);
            if pull {
                bench.now += Duration::from_millis(20);
                bench.jitter.pull(bench.now, timestamp % 2000, &mut out);
            }
            prop_assert!(bench.jitter.packets.len() <= MAX_PACKETS);
        }
    }
}
