//! What a process said, line by line.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::eventually;

/// The lines of a process so far, of both its outputs. Clones share them.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Collects from `output` on a thread of its own, until it ends.
    pub fn follow(&self, output: impl Read + Send + 'static) -> JoinHandle<()> {
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                log.0.lock().unwrap().push(line);
            }
        })
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// How many lines there are so far.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Whether nothing was said yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lines that came after the first `count`.
    pub fn since(&self, count: usize) -> Vec<String> {
        self.0.lock().unwrap().get(count..).unwrap_or_default().to_vec()
    }

    /// The lines so far that contain `text`.
    pub fn with(&self, text: &str) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.contains(text)).collect()
    }

    /// Waits until `count` lines contain `text`, and answers those that do.
    pub fn wait_for_lines(&self, count: usize, text: &str) -> Vec<String> {
        eventually(&format!("{count} lines with {text:?}"), || {
            let lines = self.with(text);
            (lines.len() >= count).then_some(lines)
        })
    }

    /// Waits for a line that contains all of `texts`, and answers it.
    pub fn wait_for(&self, texts: &[&str]) -> String {
        eventually(&format!("a line with {texts:?}"), || {
            self.lines().into_iter().find(|line| texts.iter().all(|text| line.contains(text)))
        })
    }
}

impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in self.lines() {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}
