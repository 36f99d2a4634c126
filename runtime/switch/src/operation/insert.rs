//! Putting a sound into a recording: `insertFile`.

use ringfence_media::Codec;

use super::play::{self, Access};
use super::{Failure, place};
use crate::session::Session;

impl Session {
    /// Puts a sound into a WAV file at that sample (of 8000 Hz), or at its end when it is shorter. The
    /// file is named as recordings are, the sound as what is played.
    ///
    /// # Errors
    ///
    /// `Refused` when the script that asks may not record to the one or play the other; `NotFound`,
    /// `Failed` and `Invalid` for what cannot be used. The file is as it was then.
    pub async fn insert_file(&self, file: &str, insert: &str, at: u64) -> Result<(), Failure> {
        if file.is_empty() {
            return Err(Failure::Invalid("no file to insert into is named".into()));
        }
        let (path, links) = place(self, file).await?;
        let sound = play::open(self, Codec::Pcmu, insert, Access::Asked(None)).await?;
        let library = self.switch().media().library();
        library.insert(path, links, sound, at).await.map_err(play::unplayable)
    }
}
