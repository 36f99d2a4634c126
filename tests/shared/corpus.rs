//! What was recorded from FreeSWITCH: tests/corpus.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file or folder of it.
pub fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus").join(name)
}

/// The cases of a file, one a line.
pub fn cases(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(corpus(name)).unwrap();
    // `\udcXX` stands for the byte XX that is not UTF-8; ours is U+F7XX.
    let lines = text.lines().map(|line| line.replace("\\udc", "\\uf7"));
    lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
}
