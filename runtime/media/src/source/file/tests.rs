use std::path::PathBuf;

use hound::{SampleFormat, WavSpec, WavWriter};

use std::fs;

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }
}

/// Half a second of a sine of 500 Hz at half amplitude; the second channel is silent.
fn sine(
    path: &Path,
    sample_rate: u32,
    channels: u16,
    bits_per_sample: u16,
    sample_format: SampleFormat,
) {
    let spec = WavSpec { channels, sample_rate, bits_per_sample, sample_format };
    let mut writer = WavWriter::create(path, spec).unwrap();
    for place in 0..sample_rate / 2 {
        let angle = std::f64::consts::TAU * 500.0 * f64::from(place) / f64::from(sample_rate);
        for channel in 0..channels {
            let value = if channel == 0 { angle.sin() / 2.0 } else { 0.0 };
            match sample_format {
                SampleFormat::Float => writer.write_sample(value as f32).unwrap(),
                SampleFormat::Int => {
                    let full = 2f64.powi(i32::from(bits_per_sample) - 1);
                    writer.write_sample((value * full) as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
}

fn loudest(clip: &Clip) -> i16 {
    clip.bytes.iter().map(|byte| clip.codec.decode(*byte).abs()).max().unwrap()
}

#[test]
fn wav_files_of_every_shape_sound_the_same() {
    let folder = Folder::new();
    let int = SampleFormat::Int;
    for (rate, bits, format) in [
        (8000, 16, int),
        (8000, 8, int),
        (16_000, 24, int),
        (44_100, 32, int),
        (48_000, 16, int),
        (22_050, 32, SampleFormat::Float),
    ] {
        for channels in [1, 2] {
            let path = folder.path("a.wav");
            sine(&path, rate, channels, bits, format);
            let clip = read(&path, Links::Follow, Codec::Pcmu).unwrap();
            assert!(clip.bytes.len().abs_diff(4000) <= 1, "{rate} Hz: {}", clip.bytes.len());
            let wanted = 16_384 / channels as i16;
            let found = loudest(&clip);
            assert!(
                (found - wanted).abs() < wanted / 20,
                "{rate} Hz {bits} bits {channels}: {found}"
            );
        }
    }
}

fn g711_wav(tag: u16, samples: &[u8]) -> Vec<u8> {
    let mut wav = b"RIFF\0\0\0\0WAVEfact\x03\0\0\0abc\0fmt \x12\0\0\0".to_vec();
    wav.extend(tag.to_le_bytes());
    wav.extend([1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, 0, 0]);
    wav.extend(b"data");
    wav.extend((samples.len() as u32).to_le_bytes());
    wav.extend(samples);
    wav
}

#[test]
fn g711_is_taken_as_it_is() {
    let folder = Folder::new();
    let samples: Vec<u8> = (0..=255).filter(|byte| *byte != 0x7f).collect();
    for (name, content, codec) in [
        ("u.wav", g711_wav(MULAW, &samples), Codec::Pcmu),
        ("a.wav", g711_wav(ALAW, &samples), Codec::Pcma),
        ("a.ul", samples.clone(), Codec::Pcmu),
        ("a.PCMA", samples.clone(), Codec::Pcma),
    ] {
        let path = folder.write(name, &content);
        assert_eq!(*read(&path, Links::Follow, codec).unwrap().bytes, samples, "{name}");
    }
}

#[test]
fn a_file_that_was_cut_off_is_played_as_far_as_it_goes() {
    let folder = Folder::new();
    sine(&folder.path("a.wav"), 8000, 1, 16, SampleFormat::Int);
    let whole = fs::read(folder.path("a.wav")).unwrap();
    let path = folder.write("half.wav", &whole[..whole.len() - 2001]);
    assert_eq!(read(&path, Links::Follow, Codec::Pcmu).unwrap().bytes.len(), 2999);
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = Folder::new();
    sine(&folder.path("good.wav"), 8000, 1, 16, SampleFormat::Int);
    let good = fs::read(folder.path("good.wav")).unwrap();
    let mut gsm = good.clone();
    gsm[20] = 49;
    for (name, content, part) in [
        ("text.wav", &b"this is no sound, whatever its name says"[..], "does not begin with RIFF"),
        ("empty.wav", b"", "ends before its samples"),
        ("head.wav", &good[..40], "ends before its samples"),
        ("gsm.wav", &gsm, "codec that is not read"),
        ("a.mp3", b"ID3", "unknown kind of file \"mp3\""),
    ] {
        let path = folder.write(name, content);
        let error = read(&path, Links::Follow, Codec::Pcmu).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains(name), "{name}: {error}");
    }
    let folder = read(folder.0.path(), Links::Follow, Codec::Pcmu).unwrap_err();
    assert!(folder.to_string().contains("not a file"), "{folder}");
}

proptest::proptest! {
    #[test]
    fn damaged_files_never_panic(
        place in 0usize..200, byte in proptest::prelude::any::<u8>(), length in 0usize..400
    ) {
        let folder = Folder::new();
        let mut wav = g711_wav(1, &[0; 200]);
        if let Some(damaged) = wav.get_mut(place) {
            *damaged = byte;
        }
        wav.truncate(length);
        let _ = read(&folder.write("a.wav", &wav), Links::Follow, Codec::Pcmu);
    }
}
