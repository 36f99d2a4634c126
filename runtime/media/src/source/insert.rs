//! Putting a sound into a file.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags};

use super::file::MAX_SAMPLES;
use super::{Clip, Library, Part, Source, SourceError, file};
use crate::codec::Codec;
use crate::folders::Links;
use crate::writer::Wav;

/// Samples that are written at once.
const PIECE: usize = 8192;

impl Library {
    /// Puts `sound` into a WAV file at that sample, or at its end when it is shorter. The file is a WAV of
    /// 8000 Hz and one channel then.
    ///
    /// Until all of it is on disk the file is what it was: the new one takes its place at once.
    ///
    /// # Errors
    ///
    /// The file is not there or no WAV, the sound never ends, both are more than 4 h, or it cannot be
    /// written.
    pub async fn insert(
        &self,
        path: PathBuf,
        links: Links,
        sound: Source,
        at: u64,
    ) -> Result<(), SourceError> {
        let unusable =
            |path: &Path, reason: String| SourceError::Unusable { path: path.to_owned(), reason };
        let own = path.clone();
        let work = move || {
            // What is a WAV stays one: raw G.711 would have to be written as it was.
            if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav")) {
                return Err(unusable(&path, "only a .wav file can be inserted into".into()));
            }
            let Clip { codec, bytes } = file::read(&path, links, Codec::Pcmu)?;
            let fits = fits(&sound, MAX_SAMPLES.saturating_sub(bytes.len()));
            fits.map_err(|reason| unusable(&path, reason))?;
            let at = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
            let (before, after) = bytes.split_at(at);
            let all = pieces(codec, before).chain(sounding(&sound)).chain(pieces(codec, after));
            replace(&path, links, all).map_err(|reason| unusable(&path, reason))
        };
        let done = tokio::task::spawn_blocking(work).await;
        self.forget(&own);
        done.unwrap_or_else(|error| Err(unusable(&own, format!("it was interrupted: {error}"))))
    }
}

/// Whether a sound ends, after at most so many samples.
fn fits(sound: &Source, most: usize) -> Result<(), String> {
    let length = sound.samples().ok_or("what never ends cannot be inserted")?;
    if usize::try_from(length).map_or(true, |length| length > most) {
        return Err("it would be longer than 4 h".into());
    }
    Ok(())
}

/// A sound that ends, in pieces: a few words make hours of silence, which are never in memory at once.
fn sounding(sound: &Source) -> impl Iterator<Item = Vec<i16>> {
    sound.parts.iter().flat_map(part)
}

fn part(part: &Part) -> Box<dyn Iterator<Item = Vec<i16>> + '_> {
    match part {
        Part::Clip { clip, times } => {
            Box::new((0..times.unwrap_or(0)).flat_map(|_| pieces(clip.codec, &clip.bytes)))
        }
        Part::Silence { samples } => {
            let mut left = usize::try_from(samples.unwrap_or(0)).unwrap_or(0);
            Box::new(std::iter::from_fn(move || {
                let piece = left.min(PIECE);
                left -= piece;
                (piece > 0).then(|| vec![0; piece])
            }))
        }
    }
}

fn pieces(codec: Codec, bytes: &[u8]) -> impl Iterator<Item = Vec<i16>> {
    let decoded = move |piece: &[u8]| piece.iter().map(|byte| codec.decode(*byte)).collect();
    bytes.chunks(PIECE).map(decoded)
}

/// Writes a file beside it and puts that in its place. The folder is opened once: a link that is put on
/// the way meanwhile leads nowhere else.
fn replace(
    path: &Path,
    links: Links,
    pieces: impl Iterator<Item = Vec<i16>>,
) -> Result<(), String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let say = |error: io::Error| error.to_string();
    let name = path.file_name().ok_or("it is no file")?;
    let folder = links.folder(path).map_err(say)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let new = format!(".{}.{}.{number}", name.to_string_lossy(), std::process::id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&folder, &*new, flags, Mode::from_raw_mode(0o666));
    let file = File::from(file.map_err(|error| say(error.into()))?);
    let written = write(file, pieces).and_then(|()| {
        rustix::fs::renameat(&folder, &*new, &folder, name).map_err(|error| say(error.into()))
    });
    if written.is_err()
        && let Err(error) = rustix::fs::unlinkat(&folder, &*new, AtFlags::empty())
    {
        tracing::warn!(path = %path.display(), "cannot remove {new} beside it: {error}");
    }
    written
}

fn write(file: File, pieces: impl Iterator<Item = Vec<i16>>) -> Result<(), String> {
    let mut wav = Wav::begin(file, 1)?;
    for piece in pieces {
        wav.write(&piece)?;
    }
    wav.finish()
}

#[cfg(test)]
mod tests;
