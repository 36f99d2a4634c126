//! The engine `pocketsphinx`: a command of the operator's that hears sound and writes lines.
//!
//! Its model is for 16 kHz, a telephone has 8. The sound is doubled by interpolation, without a
//! filter: what a filter would take away above 4 kHz is a mirror of what is below, and the model makes
//! more of that than of nothing (37 of 51 short words against 20, measured with synthetic voices).

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;
use ringfence_outside::Outside;
use ringfence_outside::command::{AT_ONCE, Child, Command, Program};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::command::WORDS;
use super::recogniser::MAX_WAITING;
use super::{Grammar, Recogniser, Recognition};
use crate::config::AsrSettings;

/// The longest line that is taken from the command, in bytes; more ends the recognition.
const MAX_LINE: usize = 8 << 10;

/// How long it may wait for other commands to end before it is started.
const START: Duration = Duration::from_secs(10);

/// What of its log is looked at for a reason, in bytes.
const MAX_LOG: u64 = 256 << 10;

/// A command as an engine.
pub(super) struct Pocketsphinx {
    settings: AsrSettings,
    outside: Outside,
    /// Names its files.
    id: String,
}

/// Its files; deleted with this.
struct Files {
    grammar: PathBuf,
    log: PathBuf,
}

impl Drop for Files {
    fn drop(&mut self) {
        let both = [self.grammar.clone(), self.log.clone()];
        let delete = move || {
            for file in both {
                // It may not have written a log.
                let _ = std::fs::remove_file(file);
            }
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(delete)),
            Err(_) => delete(),
        }
    }
}

impl Pocketsphinx {
    pub(super) fn new(settings: AsrSettings, outside: Outside, id: String) -> Self {
        Self { settings, outside, id }
    }

    async fn begin(&self, grammar: &Grammar) -> Result<Recognition, String> {
        let folder = self.settings.folder.clone();
        let file = |ending: &str| folder.join(format!("{}.{ending}", self.id));
        let files = Files { grammar: file("gram"), log: file("log") };
        let (text, path) = (grammar.text.clone(), files.grammar.clone());
        let write = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, text))
        });
        let written = write.await.map_err(|error| error.to_string())?;
        written.map_err(|error| format!("cannot write {}: {error}", files.grammar.display()))?;
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        let AsrSettings { command, model, dictionary, language_weight, max_time, .. } =
            &self.settings;
        let environment = [
            ("grammar", shown(&files.grammar)),
            ("log", shown(&files.log)),
            ("model", model.clone()),
            ("dictionary", dictionary.clone()),
            ("language_weight", language_weight.to_string()),
        ];
        let command = Command {
            program: Program::Shell(format!("{WORDS}{command}")),
            folder: None,
            environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
            deadline: *max_time,
            who: "pocketsphinx".to_owned(),
        };
        let child = tokio::time::timeout(START, command.both(&self.outside)).await;
        let child = child
            .map_err(|_| format!("{AT_ONCE} commands run already, and none ended in time"))?
            .map_err(|fault| fault.to_string())?;
        let (sound, listening) = mpsc::channel(MAX_WAITING);
        let (told, heard) = mpsc::channel(MAX_WAITING);
        tokio::spawn(write_sound(child.clone(), listening));
        tokio::spawn(read_lines(child, files, told));
        Ok(Recognition { sound, heard })
    }
}

impl Recogniser for Pocketsphinx {
    fn start<'r>(&'r self, grammar: &'r Grammar) -> BoxFuture<'r, Result<Recognition, String>> {
        Box::pin(self.begin(grammar))
    }
}

/// Gives the command what the far end says, until nobody listens any more.
async fn write_sound(child: Child, mut sound: mpsc::Receiver<Vec<i16>>) {
    let mut last = 0;
    while let Some(samples) = sound.recv().await {
        let mut bytes = Vec::with_capacity(samples.len() * 4);
        for sample in samples {
            let between = ((i32::from(last) + i32::from(sample)) / 2) as i16;
            bytes.extend(between.to_le_bytes());
            bytes.extend(sample.to_le_bytes());
            last = sample;
        }
        // Why it does not read any more is told by whoever reads from it.
        if child.write(bytes).await.is_err() {
            return;
        }
    }
}

/// Tells each line that the command writes, until nobody wants to know.
async fn read_lines(child: Child, files: Files, told: mpsc::Sender<Result<String, String>>) {
    let mut line = Vec::new();
    loop {
        let read = tokio::select! {
            biased;
            () = told.closed() => return,
            read = child.read(MAX_LINE) => read,
        };
        let piece = match read {
            Ok(piece) if !piece.is_empty() => piece,
            Ok(_) => {
                let _ = told.send(Err(reason(child, &files).await)).await;
                return;
            }
            Err(fault) => {
                let _ = told.send(Err(fault.to_string())).await;
                return;
            }
        };
        for byte in piece {
            if byte != b'\n' {
                line.push(byte);
            } else if told.send(Ok(String::from_utf8_lossy(&line).trim().to_owned())).await.is_err()
            {
                return;
            } else {
                line.clear();
            }
        }
        if line.len() > MAX_LINE {
            let _ = told.send(Err("its command wrote a line without end".to_owned())).await;
            return;
        }
    }
}

/// Why a command ended: the first error of its log, or how it ended.
async fn reason(child: Child, files: &Files) -> String {
    let ended = child.close().await;
    let log = files.log.clone();
    let read = tokio::task::spawn_blocking(move || {
        use std::io::Read as _;
        let mut text = String::new();
        // A log that is not there, or not text, tells nothing.
        let file = std::fs::File::open(log).ok()?;
        file.take(MAX_LOG).read_to_string(&mut text).ok()?;
        let wrong = |line: &&str| line.starts_with("ERROR") || line.starts_with("FATAL");
        text.lines().find(wrong).map(str::to_owned)
    });
    match (read.await.ok().flatten(), ended) {
        (Some(line), _) => format!("its command ended: {line}"),
        (None, Ok(ended)) => {
            format!("its command ended with {ended}; what it said is in the log")
        }
        (None, Err(fault)) => fault.to_string(),
    }
}
