//! Reading a recorded session.

use std::fs;
use std::path::{Path, PathBuf};

/// A line of a session.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    /// The client sent this.
    Sent(Vec<u8>),
    /// The server sent this.
    Received(Vec<u8>),
    /// Something else happened.
    Note(String),
}

/// A recorded session.
#[derive(Debug)]
pub(crate) struct Case {
    /// `group/name`.
    pub(crate) name: String,
    /// What stands behind `# state before`.
    pub(crate) state: String,
    pub(crate) records: Vec<Record>,
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/event-socket")
}

/// All sessions of a group of folders, by name.
pub(crate) fn all(which: impl Fn(&str) -> bool) -> Vec<Case> {
    let mut cases = Vec::new();
    for folder in fs::read_dir(corpus()).unwrap().flatten() {
        let group = folder.file_name().into_string().unwrap();
        if !folder.path().is_dir() || !which(&group) {
            continue;
        }
        for file in fs::read_dir(folder.path()).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            let name = format!("{group}/{}", name.trim_end_matches(".txt"));
            cases.push(read(name, &fs::read(file.path()).unwrap()));
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    cases
}

fn read(name: String, mut rest: &[u8]) -> Case {
    let mut case = Case { name, state: String::new(), records: Vec::new() };
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = rest.get(end + 1..).unwrap_or_default();
        if let Some(state) = line.strip_prefix("# state before: ") {
            case.state = state.to_owned();
        } else if let Some(note) = line.strip_prefix("--- ") {
            case.records.push(Record::Note(note.to_owned()));
        } else if line.starts_with(">>> ") || line.starts_with("<<< ") {
            let length: usize = line.split(' ').nth(1).unwrap().parse().unwrap();
            let data = rest[..length].to_vec();
            rest = rest.get(length + 1..).unwrap_or_default();
            case.records.push(if line.starts_with('>') {
                Record::Sent(data)
            } else {
                Record::Received(data)
            });
        }
    }
    case
}
