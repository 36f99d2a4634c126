//! The documents point at files that exist: every relative link, and every path in backticks that
//! begins with a folder of this repository. And ARCHITECTURE.md says what each dependency is for.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders whose names begin a path in running text.
const FOLDERS: &[&str] =
    &["bench/", "conf/", "docs/", "fuzz/", "lua-guest/", "runtime/", "tests/", "wit/"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documents() -> Vec<PathBuf> {
    let folders = [root(), root().join("docs")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

/// The targets of `[text](target)`, without fragments; not those that lead elsewhere.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter_map(|target| target.split('#').next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
}

/// Paths in backticks that name a file of this repository.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| FOLDERS.iter().any(|folder| code.starts_with(folder)))
        .filter(|code| !code.contains(['*', '<', ' ', '$', '…', '{']))
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        dead.extend(
            links(&text)
                .filter(|target| !folder.join(target).exists())
                .map(|target| format!("{}: {target}", document.display())),
        );
    }
    assert!(dead.is_empty(), "links to nothing:\n{}", dead.join("\n"));
}

#[test]
fn named_files_exist() {
    let mut missing = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        missing.extend(
            paths(&text)
                .filter(|path| !root().join(path.trim_end_matches('/')).exists())
                .map(|path| format!("{}: {path}", document.display())),
        );
    }
    assert!(missing.is_empty(), "files that do not exist:\n{}", missing.join("\n"));
}

/// What a Cargo.toml depends on, but for our own crates.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let sections = manifest.split("\n[").filter_map(|section| section.split_once("]\n"));
    let sections = sections.filter(|(name, _)| name.ends_with("dependencies"));
    let lines = sections.flat_map(|(_, lines)| lines.lines());
    lines
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with(['#', ' ']) && !name.starts_with("ringfence-"))
}

#[test]
fn every_dependency_has_a_reason() {
    let reasons = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for manifest in ["Cargo.toml", "lua-guest/Cargo.toml", "fuzz/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        assert!(dependencies(&text).count() > 5, "{manifest} was not understood");
        for name in dependencies(&text) {
            assert!(reasons.contains(&format!("`{name}`")), "{manifest}: {name}, but what for?");
        }
    }
}

#[test]
fn what_is_looked_for_is_found() {
    let text =
        "See [a](docs/a.md#b), [b](https://example.org/), `runtime/x.rs`, `other/x`, `conf/*.xml`.";
    assert_eq!(links(text).collect::<Vec<_>>(), ["docs/a.md"]);
    assert_eq!(paths(text).collect::<Vec<_>>(), ["runtime/x.rs"]);
}
