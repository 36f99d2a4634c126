//! What can be played.

mod cache;
mod file;
mod insert;
mod library;
mod resample;
pub(crate) mod tone;

use std::path::PathBuf;
use std::sync::Arc;

pub use library::{Library, Search};

use crate::codec::{Codec, SAMPLES_PER_MS};
use crate::folders::Outside;

/// A sound that is ready to be played: cheap to clone, shared with the cache.
#[derive(Clone, Debug)]
pub struct Source {
    pub(crate) parts: Arc<[Part]>,
}

/// One after the other they are the source.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// A clip, so many times; none is for ever.
    Clip { clip: Arc<Clip>, times: Option<u32> },
    /// So many samples of silence; none is for ever.
    Silence { samples: Option<u64> },
}

/// Sound in a wire codec: one byte a sample.
pub(crate) struct Clip {
    pub(crate) codec: Codec,
    pub(crate) bytes: Box<[u8]>,
}

impl std::fmt::Debug for Clip {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Clip({}, {} bytes)", self.codec, self.bytes.len())
    }
}

impl Part {
    /// Its length in samples; none is endless.
    pub(crate) fn samples(&self) -> Option<u64> {
        match self {
            // A clip without samples is over at once, however often it is repeated.
            Self::Clip { clip, .. } if clip.bytes.is_empty() => Some(0),
            Self::Clip { clip, times } => {
                times.map(|times| u64::from(times) * clip.bytes.len() as u64)
            }
            Self::Silence { samples } => *samples,
        }
    }
}

impl Source {
    /// Silence for some milliseconds; none is for ever.
    #[must_use]
    pub fn silence(milliseconds: Option<u64>) -> Self {
        let samples = milliseconds.map(|ms| ms.saturating_mul(SAMPLES_PER_MS));
        Self { parts: Arc::new([Part::Silence { samples }]) }
    }

    /// Its length in milliseconds; none when it never ends.
    #[must_use]
    pub fn milliseconds(&self) -> Option<u64> {
        self.samples().map(|samples| samples / SAMPLES_PER_MS)
    }

    pub(crate) fn samples(&self) -> Option<u64> {
        self.parts.iter().try_fold(0u64, |sum, part| Some(sum.saturating_add(part.samples()?)))
    }
}

/// Why a source cannot be played.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such file; the paths are the ones that were tried.
    #[error("sound file not found: {}", list(.tried))]
    NotFound {
        /// Where it was looked for.
        tried: Vec<PathBuf>,
    },
    /// The file is there but cannot be used.
    #[error("sound file {}: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It lies in none of the folders that may be played from.
    #[error("sound file {}: {Outside}", path.display())]
    Outside {
        /// As it was given, or below the first folder of sounds.
        path: PathBuf,
    },
    /// The name is not one that can be played: unknown scheme, bad tone script.
    #[error("cannot play {name:?}: {reason}")]
    Invalid {
        /// As it was given.
        name: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
