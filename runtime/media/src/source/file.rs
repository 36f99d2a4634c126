//! Sound files: WAV of any rate, and raw G.711.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use super::resample::Resampler;
use super::{Clip, SourceError};
use crate::codec::Codec;
use crate::folders::Links;

/// The largest file that is read: 1 GiB.
const MAX_FILE: u64 = 1 << 30;
/// The longest sound, in samples at 8000 Hz: 4 h (110 MB).
pub(super) const MAX_SAMPLES: usize = 4 * 3600 * 8000;
/// Rates that a WAV file may have.
const RATES: std::ops::RangeInclusive<u32> = 1000..=384_000;
/// Frames that are converted at once.
const PIECE: usize = 8192;
/// WAVE format tags.
const ALAW: u16 = 6;
const MULAW: u16 = 7;

/// Reads a file as a clip of `codec`. Blocks.
pub(super) fn read(path: &Path, links: Links, codec: Codec) -> Result<Clip, SourceError> {
    let unusable = |reason: String| SourceError::Unusable { path: path.to_owned(), reason };
    let opened = links.open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (size, file) = match opened {
        Ok((metadata, file)) if metadata.is_file() => (metadata.len(), file),
        Ok(_) => return Err(unusable("not a file".into())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(SourceError::NotFound { tried: vec![path.to_owned()] });
        }
        Err(error) => return Err(unusable(error.to_string())),
    };
    if size > MAX_FILE {
        return Err(unusable(format!("{size} bytes; at most {MAX_FILE} are read")));
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let bytes = match extension.to_ascii_lowercase().as_str() {
        "ul" | "ulaw" | "pcmu" => raw(file, Codec::Pcmu, codec),
        "al" | "alaw" | "pcma" => raw(file, Codec::Pcma, codec),
        "wav" => wav(path, file, codec),
        other => Err(format!(
            "unknown kind of file {other:?}; known: wav, ul, ulaw, PCMU, al, alaw, PCMA"
        )),
    };
    Ok(Clip { codec, bytes: bytes.map_err(unusable)? })
}

fn raw(mut file: File, from: Codec, to: Codec) -> Result<Box<[u8]>, String> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() > MAX_SAMPLES {
        return Err(too_long());
    }
    for byte in &mut bytes {
        *byte = from.transcode(*byte, to);
    }
    Ok(bytes.into())
}

fn wav(path: &Path, file: File, codec: Codec) -> Result<Box<[u8]>, String> {
    let mut file = BufReader::new(file);
    let head = head(&mut file)?;
    if !RATES.contains(&head.rate) {
        return Err(format!("{} Hz is not a rate of sound", head.rate));
    }
    let channels = usize::from(head.channels);
    if !(1..=8).contains(&channels) {
        return Err(format!("{channels} channels; 1 to 8 can be mixed"));
    }
    let mut encoder =
        Encoder { resampler: Resampler::new(head.rate), codec, channels, out: Vec::new() };
    match head.tag {
        ALAW | MULAW if head.bits == 8 => {
            let from = if head.tag == ALAW { Codec::Pcma } else { Codec::Pcmu };
            file.seek(SeekFrom::Start(head.data)).map_err(|error| error.to_string())?;
            let bytes = file.take(head.length.into()).bytes();
            let decode = |byte: u8| f32::from(from.decode(byte)) / 32_768.0;
            encoder.all(bytes.map(|byte| byte.map(decode).map_err(|error| error.to_string())))?;
        }
        _ => {
            file.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
            let reader = hound::WavReader::new(file).map_err(|error| broken(&error))?;
            let spec = reader.spec();
            match spec.sample_format {
                hound::SampleFormat::Float => {
                    encoder.all(until_cut(path, reader.into_samples()))?;
                }
                hound::SampleFormat::Int => {
                    let full = 2f32.powi(i32::from(spec.bits_per_sample) - 1);
                    let samples = until_cut(path, reader.into_samples::<i32>());
                    encoder.all(samples.map(|sample| sample.map(|sample| sample as f32 / full)))?;
                }
            }
        }
    }
    Ok(encoder.out.into())
}

/// The samples up to where a file was cut off: what is there is played, as FreeSWITCH does (also
/// of files whose header was never finished).
fn until_cut<S>(
    path: &Path,
    samples: impl Iterator<Item = Result<S, hound::Error>>,
) -> impl Iterator<Item = Result<S, String>> {
    samples.map_while(move |sample| match sample {
        Err(error) if is_early_end(&error) => {
            tracing::warn!(path = %path.display(), "sound file is shorter than its header says");
            None
        }
        sample => Some(sample.map_err(|error| broken(&error))),
    })
}

/// hound has no error of its own for it.
fn is_early_end(error: &hound::Error) -> bool {
    match error {
        hound::Error::IoError(error) => {
            error.kind() == ErrorKind::UnexpectedEof || error.to_string().contains("read enough")
        }
        _ => false,
    }
}

fn broken(error: &hound::Error) -> String {
    match error {
        hound::Error::Unsupported => {
            "WAV with a codec that is not read; known: PCM of 8 to 32 bits, float, G.711".into()
        }
        other => format!("broken WAV: {other}"),
    }
}

fn too_long() -> String {
    format!("longer than {} h", MAX_SAMPLES / 3600 / 8000)
}

/// What has to be known before hound, which does not know G.711.
struct Head {
    tag: u16,
    channels: u16,
    rate: u32,
    bits: u16,
    /// Where the samples begin, and their bytes.
    data: u64,
    length: u32,
}

/// Walks through the chunks to the samples.
fn head(file: &mut (impl Read + Seek)) -> Result<Head, String> {
    let early = |_| "broken WAV: it ends before its samples".to_owned();
    let mut riff = [0; 12];
    file.read_exact(&mut riff).map_err(early)?;
    if !riff.starts_with(b"RIFF") || !riff.ends_with(b"WAVE") {
        return Err("not a WAV file: it does not begin with RIFF and WAVE".into());
    }
    let mut format = None;
    loop {
        let mut chunk = [0; 8];
        file.read_exact(&mut chunk).map_err(early)?;
        let [i0, i1, i2, i3, l0, l1, l2, l3] = chunk;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        match &[i0, i1, i2, i3] {
            b"fmt " if length >= 16 => {
                let mut fields = [0; 16];
                file.read_exact(&mut fields).map_err(early)?;
                let [t0, t1, c0, c1, r0, r1, r2, r3, .., b0, b1] = fields;
                format = Some((
                    u16::from_le_bytes([t0, t1]),
                    u16::from_le_bytes([c0, c1]),
                    u32::from_le_bytes([r0, r1, r2, r3]),
                    u16::from_le_bytes([b0, b1]),
                ));
                skip(file, length - 16)?;
            }
            b"data" => {
                let (tag, channels, rate, bits) =
                    format.ok_or("broken WAV: no format before the samples")?;
                let data = file.stream_position().map_err(early)?;
                return Ok(Head { tag, channels, rate, bits, data, length });
            }
            _ => skip(file, length)?,
        }
    }
}

/// Chunks are padded to even lengths.
fn skip(file: &mut impl Seek, length: u32) -> Result<(), String> {
    let length = i64::from(length) + i64::from(length & 1);
    file.seek(SeekFrom::Current(length)).map(drop).map_err(|error| error.to_string())
}

/// Mixes, resamples and encodes.
struct Encoder {
    resampler: Resampler,
    codec: Codec,
    channels: usize,
    out: Vec<u8>,
}

impl Encoder {
    /// Takes all samples, channel by channel within each frame.
    fn all(&mut self, samples: impl Iterator<Item = Result<f32, String>>) -> Result<(), String> {
        let mut piece = Vec::with_capacity(PIECE);
        let (mut sum, mut channel) = (0.0, 0);
        for sample in samples {
            sum += sample?;
            channel += 1;
            if channel == self.channels {
                piece.push(sum / self.channels as f32);
                (sum, channel) = (0.0, 0);
            }
            if piece.len() == PIECE {
                self.piece(&piece)?;
                piece.clear();
            }
        }
        self.piece(&piece)?;
        let mut rest = Vec::new();
        self.resampler.finish(&mut rest);
        self.encode(&rest)
    }

    fn piece(&mut self, samples: &[f32]) -> Result<(), String> {
        let mut resampled = Vec::with_capacity(samples.len());
        self.resampler.push(samples, &mut resampled);
        self.encode(&resampled)
    }

    fn encode(&mut self, samples: &[f32]) -> Result<(), String> {
        if self.out.len() + samples.len() > MAX_SAMPLES {
            return Err(too_long());
        }
        let codec = self.codec;
        // Saturates; NaN is silence.
        self.out
            .extend(samples.iter().map(|sample| codec.encode((sample * 32_768.0).round() as i16)));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
