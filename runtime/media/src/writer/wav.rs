//! A WAV file that is valid whenever it is finished, also after the disk was full.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use crate::codec::RATE;
use crate::folders::Links;

/// RIFF, format and data headers of 16-bit PCM.
const HEADER: u64 = 44;
/// A RIFF length has 32 bits.
const MAX_BYTES: u64 = u32::MAX as u64 - HEADER;
/// Silence is written in pieces of so many bytes.
const SILENCE: [u8; 4096] = [0; 4096];

pub(crate) struct Wav {
    file: File,
    channels: u16,
    /// Of samples that are in the file.
    bytes: u64,
    /// Why nothing more can be written.
    pub(super) fault: Option<String>,
}

impl Wav {
    /// Creates the file, and folders that are missing.
    pub(crate) fn create(path: &Path, links: Links, channels: u16) -> Result<Self, String> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)
                .map_err(|error| format!("cannot make folder {}: {error}", folder.display()))?;
        }
        // One thread writes all recordings: a pipe that nobody reads would be waited for at their cost.
        if fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
            return Err("a pipe is not a file".into());
        }
        Self::begin(links.create(path).map_err(|error| say(&error))?, channels)
    }

    /// Begins in an empty file.
    pub(crate) fn begin(file: File, channels: u16) -> Result<Self, String> {
        let mut wav = Self { file, channels, bytes: 0, fault: None };
        // A device that takes nothing (a full disk) fails here; that is the first write's fault.
        wav.header().map_err(|error| say(&error))?;
        Ok(wav)
    }

    /// Samples of each channel.
    pub(super) fn samples(&self) -> u64 {
        self.bytes / self.frame()
    }

    /// Bytes of a sample of all channels.
    fn frame(&self) -> u64 {
        u64::from(self.channels) * 2
    }

    pub(crate) fn write(&mut self, samples: &[i16]) -> Result<(), String> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.append(&bytes)
    }

    pub(super) fn silence(&mut self, samples: u64) -> Result<(), String> {
        let mut left = samples * 2;
        while left > 0 {
            let piece = SILENCE.get(..left.min(SILENCE.len() as u64) as usize).unwrap_or(&SILENCE);
            self.append(piece)?;
            left -= piece.len() as u64;
        }
        Ok(())
    }

    /// Empties the file.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        self.bytes = 0;
        self.file.set_len(HEADER).and_then(|()| self.seek_end()).map_err(|error| say(&error))
    }

    /// Writes the lengths into the header. What a full disk took stays and is valid: the header
    /// lies in blocks that the file has already.
    pub(crate) fn finish(&mut self) -> Result<(), String> {
        let whole = self.bytes - self.bytes % self.frame();
        self.file.set_len(HEADER + whole).and_then(|()| self.header()).map_err(|error| say(&error))
    }

    fn append(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        if self.bytes + bytes.len() as u64 > MAX_BYTES {
            return Err("a WAV file cannot be longer than 4 GiB".into());
        }
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(say(&ErrorKind::WriteZero.into())),
                Ok(written) => {
                    self.bytes += written as u64;
                    bytes = bytes.get(written..).unwrap_or_default();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(say(&error)),
            }
        }
        Ok(())
    }

    fn header(&mut self) -> io::Result<()> {
        let data = (self.bytes - self.bytes % self.frame()) as u32; // append() bounds it.
        let mut header = Vec::with_capacity(HEADER as usize);
        header.extend(b"RIFF");
        header.extend((data + HEADER as u32 - 8).to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend(16u32.to_le_bytes());
        header.extend([1, 0]); // PCM
        header.extend(self.channels.to_le_bytes());
        header.extend(RATE.to_le_bytes());
        header.extend((RATE * self.frame() as u32).to_le_bytes());
        header.extend((self.frame() as u16).to_le_bytes());
        header.extend([16, 0]); // bits a sample
        header.extend(b"data");
        header.extend(data.to_le_bytes());
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header)?;
        self.seek_end()
    }

    fn seek_end(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(HEADER + self.bytes)).map(drop)
    }
}

/// An error as an operator wants to read it.
fn say(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull => format!("disk full ({error})"),
        ErrorKind::PermissionDenied => format!("not permitted ({error})"),
        _ => error.to_string(),
    }
}
