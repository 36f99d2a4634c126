use super::*;

/// What ITU-T G.711's tables say at the corners: (byte, linear).
const PCMU: &[(u8, i16)] = &[
    (0x00, -32124),
    (0x01, -31100),
    (0x0f, -16764),
    (0x10, -15996),
    (0x7e, -8),
    (0x7f, 0),
    (0x80, 32124),
    (0xef, 132),
    (0xfe, 8),
    (0xff, 0),
];
const PCMA: &[(u8, i16)] = &[
    (0x00, -5504),
    (0x2a, -32256),
    (0x55, -8),
    (0xaa, 32256),
    (0xd5, 8),
    (0xd4, 24),
    (0x80, 5504),
];

#[test]
fn the_tables_are_the_ones_of_g711() {
    for &(byte, linear) in PCMU {
        assert_eq!(Codec::Pcmu.decode(byte), linear, "PCMU {byte:#04x}");
    }
    for &(byte, linear) in PCMA {
        assert_eq!(Codec::Pcma.decode(byte), linear, "PCMA {byte:#04x}");
    }
}

/// FNV-1a over the little-endian tables, the same as over those of an independent implementation
/// (Python's audioop).
#[test]
fn the_tables_are_bit_exact() {
    for (codec, digest) in
        [(Codec::Pcmu, 0xb91e_65d6_8481_a1a8_u64), (Codec::Pcma, 0x693a_40ca_62a3_d2a5)]
    {
        let found = (0..=255u8)
            .flat_map(|byte| codec.decode(byte).to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        assert_eq!(found, digest, "{codec}");
    }
}

#[test]
fn every_byte_survives_the_round_trip() {
    for byte in 0..=255u8 {
        assert_eq!(Codec::Pcma.encode(Codec::Pcma.decode(byte)), byte, "PCMA {byte:#04x}");
        // µ-law has two zeros; the negative one becomes the positive one.
        let expected = if byte == 0x7f { 0xff } else { byte };
        assert_eq!(Codec::Pcmu.encode(Codec::Pcmu.decode(byte)), expected, "PCMU {byte:#04x}");
    }
}

#[test]
fn the_nearest_step_is_taken() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        for sample in i16::MIN..=i16::MAX {
            let error = (i32::from(codec.decode(codec.encode(sample))) - i32::from(sample)).abs();
            let magnitude = i32::from(sample).abs();
            // Half a step: a step is 1/16 of the segment's lower end; the loudest are clipped.
            let bound = (magnitude + 132) / 32 + if magnitude > 32_124 { 700 } else { 8 };
            assert!(error <= bound, "{codec} {sample}: off by {error}");
        }
    }
}

#[test]
fn silence_is_the_byte_that_phones_send() {
    assert_eq!(Codec::Pcmu.silence(), 0xff);
    assert_eq!(Codec::Pcma.silence(), 0xd5);
}

#[test]
fn names_and_payload_types_go_both_ways() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        assert_eq!(Codec::from_name(&codec.name().to_lowercase()), Some(codec));
        assert_eq!(Codec::from_payload_type(codec.payload_type()), Some(codec));
    }
    assert_eq!(Codec::from_name("G729"), None);
    assert_eq!(Codec::from_payload_type(18), None);
}
