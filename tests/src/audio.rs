//! Sounds to play, and how alike two recordings are. 8 kHz, mono.

use std::f64::consts::TAU;
use std::path::Path;

/// Samples a second.
pub const RATE: usize = 8000;

/// A sine that rises from 300 to 3,000 Hz: no part of it is like another one.
pub fn sweep(seconds: f64) -> Vec<i16> {
    let length = (seconds * RATE as f64) as usize;
    (0..length)
        .map(|index| {
            let time = index as f64 / RATE as f64;
            let phase = TAU * (300.0 * time + 2700.0 * time * time / (2.0 * seconds));
            (phase.sin() * 12_000.0) as i16
        })
        .collect()
}

/// A sine of one frequency.
pub fn tone(hertz: f64, seconds: f64) -> Vec<i16> {
    let length = (seconds * RATE as f64) as usize;
    (0..length)
        .map(|index| ((TAU * hertz * index as f64 / RATE as f64).sin() * 12_000.0) as i16)
        .collect()
}

/// Writes a WAV file of 16 bits.
pub fn write(path: &Path, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for sample in samples {
        writer.write_sample(*sample).unwrap();
    }
    writer.finalize().unwrap();
}

/// Reads a WAV file of 16 bits, 8 kHz, mono. One whose writer was stopped, so that its header tells
/// a wrong length, is read as far as it goes.
pub fn read(path: &Path) -> Vec<i16> {
    let mut file =
        hound::WavReader::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(file.spec().sample_rate as usize, RATE, "{}", path.display());
    assert_eq!(file.spec().channels, 1, "{}", path.display());
    file.samples::<i16>().map_while(Result::ok).collect()
}

/// G.711 μ-law octets of these samples.
pub fn pcmu(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|sample| encode(*sample)).collect()
}

/// Samples of G.711 μ-law octets.
pub fn linear(octets: &[u8]) -> Vec<i16> {
    octets.iter().map(|octet| decode(*octet)).collect()
}

// ITU-T G.711, by the definition: sign, exponent and mantissa of a biased magnitude, inverted.
fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let biased = i32::from(sample).abs().min(32_635) + 132;
    let exponent = (7..15).rev().find(|bit| biased >> bit != 0).unwrap_or(7) - 7;
    let mantissa = (biased >> (exponent + 3)) & 0x0f;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

fn decode(octet: u8) -> i16 {
    let octet = !octet;
    let magnitude = ((i32::from(octet & 0x0f) << 3) + 132) << ((octet >> 4) & 7);
    let sample = magnitude - 132;
    (if octet & 0x80 == 0 { sample } else { -sample }) as i16
}

/// How alike `heard` is to `played`, wherever `played` starts in it: the middle one of the
/// correlations of each quarter second, 1 when it is the same, near 0 when it has nothing of it.
/// A lost or late packet spoils one quarter only.
pub fn likeness(played: &[i16], heard: &[i16]) -> f64 {
    const PIECE: usize = RATE / 4;
    /// How far a jitter buffer may shift what follows.
    const DRIFT: usize = RATE / 20;
    let pieces: Vec<&[i16]> = played.chunks_exact(PIECE).collect();
    let Some(first) = pieces.get(pieces.len() / 2) else { return 0.0 };
    let (at, best) = search(first, heard, 0, heard.len());
    if best < 0.3 {
        return best;
    }
    let start = at as isize - (pieces.len() / 2 * PIECE) as isize;
    let mut found: Vec<f64> = pieces
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            let expected = start + (index * PIECE) as isize;
            let from = (expected - DRIFT as isize).max(0) as usize;
            let to = (expected + DRIFT as isize).max(0) as usize;
            search(piece, heard, from, to).1
        })
        .collect();
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

/// Where between `from` and `to` the piece fits best, and how well.
fn search(piece: &[i16], heard: &[i16], from: usize, to: usize) -> (usize, f64) {
    let last = heard.len().saturating_sub(piece.len());
    (from..=to.min(last)).filter(|_| heard.len() >= piece.len()).fold((0, 0.0), |best, at| {
        let fit = correlation(piece, &heard[at..at + piece.len()]);
        if fit > best.1 { (at, fit) } else { best }
    })
}

fn correlation(a: &[i16], b: &[i16]) -> f64 {
    let (mut both, mut left, mut right) = (0i64, 0i64, 0i64);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (i64::from(*a), i64::from(*b));
        both += a * b;
        left += a * a;
        right += b * b;
    }
    if left == 0 || right == 0 { 0.0 } else { both as f64 / (left as f64 * right as f64).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delayed_copy_through_g711_is_alike_and_another_sound_is_not() {
        let played = sweep(2.0);
        let mut heard = vec![0; 3000];
        heard.extend(linear(&pcmu(&played)));
        assert!(likeness(&played, &heard) > 0.99);
        assert!(likeness(&played, &tone(440.0, 2.5)) < 0.5);
        assert!(likeness(&played, &[0; 20_000]) < 0.1);
    }

    #[test]
    fn g711_keeps_every_octet() {
        for octet in 0..=255 {
            // 7f and ff are both zero.
            if octet != 0x7f {
                assert_eq!(encode(decode(octet)), octet, "{octet:x}");
            }
        }
    }
}
