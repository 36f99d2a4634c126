use proptest::prelude::*;

use super::*;

const HEAD: Header =
    Header { marker: true, payload_type: 8, sequence: 0xfffe, timestamp: 7, ssrc: 0xdead_beef };

#[test]
fn a_header_goes_both_ways() {
    let mut packet = HEAD.write().to_vec();
    packet.extend([1, 2, 3]);
    assert_eq!(Header::parse(&packet), Some((HEAD, &[1, 2, 3][..])));
}

#[test]
fn sources_extension_and_padding_are_skipped() {
    let mut packet = HEAD.write().to_vec();
    packet[0] |= 0x32; // padding, extension, two contributing sources
    packet.extend([0; 8]);
    packet.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
    packet.extend([42, 43, 0, 2]);
    assert_eq!(Header::parse(&packet).map(|(_, payload)| payload), Some(&[42, 43][..]));
}

#[test]
fn what_is_not_rtp_is_refused() {
    assert_eq!(Header::parse(b""), None);
    assert_eq!(Header::parse(&[0x80; 11]), None, "short");
    assert_eq!(Header::parse(&[0x40; 20]), None, "version 1");
    assert_eq!(Header::parse(&[0x8f; 20]), None, "fewer sources than it says");
    let mut padded = HEAD.write().to_vec();
    padded[0] |= 0x20;
    padded.push(9);
    assert_eq!(Header::parse(&padded), None, "more padding than payload");
    padded[12] = 0;
    assert_eq!(Header::parse(&padded), None, "padding of no bytes");
}

#[test]
fn a_wrap_is_not_a_loss() {
    let mut sequence = Sequence::new(0xfffe, 0, 0);
    assert_eq!(sequence.note(0xffff, 160, 160), 0xffff);
    assert_eq!(sequence.note(0, 320, 320), 0x1_0000);
    assert_eq!(sequence.note(1, 480, 480), 0x1_0001);
    assert_eq!(sequence.lost(), 0);
    assert_eq!(sequence.report().highest, 0x1_0001);
}

#[test]
fn loss_is_counted_until_the_packet_comes_late() {
    let mut sequence = Sequence::new(10, 0, 0);
    sequence.note(13, 480, 480);
    assert_eq!(sequence.lost(), 2);
    let report = sequence.report();
    assert_eq!((report.lost, report.fraction_lost), (2, 128));
    assert_eq!(sequence.note(11, 160, 500), 11);
    assert_eq!(sequence.lost(), 1);
}

#[test]
fn jitter_converges_to_the_mean_difference() {
    let mut sequence = Sequence::new(0, 0, 0);
    for packet in 1..400u32 {
        let late = if packet % 2 == 0 { 40 } else { 0 };
        sequence.note(packet as u16, packet * 160, packet * 160 + late);
    }
    assert!((36..=40).contains(&sequence.jitter()), "{}", sequence.jitter());
}

proptest! {
    #[test]
    fn parsing_never_panics(packet in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Some((_, payload)) = Header::parse(&packet) {
            prop_assert!(payload.len() + HEADER <= packet.len());
        }
    }

    #[test]
    fn counting_never_panics(numbers in proptest::collection::vec(any::<(u16, u32, u32)>(), 1..300)) {
        let mut sequence = Sequence::new(numbers[0].0, numbers[0].1, numbers[0].2);
        for (number, timestamp, arrival) in numbers {
            sequence.note(number, timestamp, arrival);
            sequence.report();
        }
    }
}
