//! What recognises speech, and what it is told to listen for.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;
use ringfence_media::Links;
use tokio::sync::mpsc;

use crate::authority;
use crate::operation::Failure;
use crate::switch::Switch;

/// The largest grammar, in bytes; a larger one is refused as `Invalid`.
pub const MAX_GRAMMAR: usize = 64 << 10;

/// Pieces of sound that wait for an engine that is slow; more are lost. 2 s of it.
pub(super) const MAX_WAITING: usize = 20;

/// What recognises speech.
pub trait Recogniser: Send + Sync {
    /// Begins to listen for what the grammar says.
    ///
    /// The future may be dropped before its end. The error is for the log and the script, in one line.
    fn start<'r>(&'r self, grammar: &'r Grammar) -> BoxFuture<'r, Result<Recognition, String>>;
}

/// An engine at work on one call; it ends when this is dropped.
#[derive(Debug)]
pub struct Recognition {
    /// The far end's sound: 16 bits, 8000 Hz, pieces of 100 ms.
    pub sound: mpsc::Sender<Vec<i16>>,
    /// What was said, once for each time that somebody has spoken; empty matches nothing. An error ends
    /// it, in one line.
    pub heard: mpsc::Receiver<Result<String, String>>,
}

/// What is listened for: JSGF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grammar {
    /// What results call it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What one detection does otherwise than the engine's settings say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(HashMap<String, String>);

impl Parameters {
    /// `{name=value,name=value}` in front of a grammar, and the grammar.
    pub(crate) fn split(text: &str) -> (Self, &str) {
        let split = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let Some((list, grammar)) = split else { return (Self::default(), text) };
        let mut parameters = Self::default();
        for (name, value) in list.split(',').filter_map(|pair| pair.split_once('=')) {
            parameters.set(name, value);
        }
        (parameters, grammar)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
    }

    /// These, and what others say otherwise.
    pub(super) fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// A number of milliseconds.
    pub(super) fn milliseconds(&self, name: &str) -> Option<Duration> {
        self.0.get(name)?.parse().ok().map(Duration::from_millis)
    }

    pub(super) fn is_false(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| ["false", "no", "off", "0"].contains(&value.as_str()))
    }
}

impl Grammar {
    /// A grammar by what a script calls it: `yesno`, `yesno.gram` (below `$${grammar_dir}`), a path,
    /// `inline:#JSGF V1.0; …` or that text itself.
    ///
    /// # Errors
    ///
    /// `NotFound` for a file that is missing, `Refused` for one that the script may not read, `Invalid`
    /// for one that is too large or no grammar.
    pub(crate) async fn find(switch: &Switch, asked: &str) -> Result<Self, Failure> {
        let asked = asked.trim();
        let inline = asked.strip_prefix("inline:").or(asked.starts_with("#JSGF").then_some(asked));
        if let Some(text) = inline {
            return Self::checked("inline", text.to_owned());
        }
        if asked.is_empty() {
            return Err(Failure::Invalid("no grammar is named".into()));
        }
        let (path, links) = place(switch, asked).await?;
        let name = Path::new(asked).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let read = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || read(&path, links))
        };
        let read =
            read.await.map_err(|error| Failure::Failed(format!("grammar {asked}: {error}")))?;
        match read {
            Ok(bytes) => Self::checked(&name, String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                Err(Failure::NotFound(format!("grammar {asked}: {}: {error}", path.display())))
            }
        }
    }

    fn checked(name: &str, text: String) -> Result<Self, Failure> {
        if text.len() > MAX_GRAMMAR {
            let why = format!("grammar {name}: it has more than {MAX_GRAMMAR} bytes");
            return Err(Failure::Invalid(why));
        }
        if !text.trim_start_matches('\u{feff}').trim_start().starts_with("#JSGF") {
            let why = format!("grammar {name}: it does not begin with #JSGF V1.0;");
            return Err(Failure::Invalid(why));
        }
        Ok(Self { name: name.to_owned(), text })
    }
}

/// A file as far as a grammar may be long, and one byte more. A device or a file that still grows has
/// no end, whatever its size says.
fn read(path: &Path, links: Links) -> std::io::Result<Vec<u8>> {
    let file = links.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_GRAMMAR as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file of a grammar that is named.
async fn place(switch: &Switch, asked: &str) -> Result<(PathBuf, Links), Failure> {
    let asked = Path::new(asked.strip_prefix("jsgf:").unwrap_or(asked));
    let with_ending = |path: &Path| match path.extension() {
        Some(_) => path.to_owned(),
        None => path.with_extension("gram"),
    };
    let plain = asked.components().count() == 1 && asked.file_name().is_some();
    if plain {
        // The operator's grammars are for every script.
        let folder = switch.variables().text("grammar_dir").unwrap_or_default();
        return Ok((with_ending(&Path::new(&folder).join(asked)), Links::Follow));
    }
    let path = with_ending(asked);
    let Some(folders) = authority::playable() else { return Ok((path, Links::Follow)) };
    let placed = folders.place(path.clone()).await;
    placed
        .map(|path| (path, Links::Refuse))
        .map_err(|_| authority::refuse_play(&path.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_before_a_grammar() {
        let (parameters, grammar) =
            Parameters::split("{No-Input-Timeout=300, start-input-timers=false}yesno");
        assert_eq!(grammar, "yesno");
        assert_eq!(parameters.milliseconds("no-input-timeout"), Some(Duration::from_millis(300)));
        assert!(parameters.is_false("start-input-timers"));
        assert_eq!(Parameters::split("{yesno").1, "{yesno");
        assert_eq!(parameters.milliseconds("speech-timeout"), None);
    }

    #[test]
    fn only_files_are_read_and_no_further_than_needed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.gram");
        std::fs::write(&file, vec![b'#'; 2 * MAX_GRAMMAR]).unwrap();
        let bytes = read(&file, Links::Refuse).unwrap();
        assert_eq!(bytes.len(), MAX_GRAMMAR + 1);
        let text = String::from_utf8(bytes).unwrap();
        assert!(Grammar::checked("a", text).unwrap_err().to_string().contains("65536"));
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for other in [Path::new("/dev/zero"), folder.path(), &pipe] {
            let why = read(other, Links::Follow).unwrap_err().to_string();
            assert_eq!(why, "not a file", "{}", other.display());
        }
    }

    #[test]
    fn a_grammar_says_that_it_is_one() {
        assert!(Grammar::checked("a", "#JSGF V1.0;".into()).is_ok());
        let wrong = Grammar::checked("a", "<grammar/>".into()).unwrap_err().to_string();
        assert!(wrong.contains("#JSGF"), "{wrong}");
        let large = format!("#JSGF{}", " ".repeat(MAX_GRAMMAR));
        assert!(Grammar::checked("a", large).unwrap_err().to_string().contains("65536"));
    }
}
