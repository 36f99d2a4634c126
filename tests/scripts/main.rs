//! One folder a case: a script, run offline by `ringfence run`, and what that must print.
//!
//! * `script.lua`: the script; other files may lie beside it.
//! * `arguments.txt`: further arguments, one a line (`--press`, then `1 500ms 2#`). May be absent.
//! * `expect.txt`: the whole transcript of a script that ends well (exit code 0); or
//! * `error.txt`: the same of one that fails (exit code 1).
//!
//! Channel uuids read `<uuid>`, and the folder of the case, which is copied to a short path because
//! Lua shortens long ones, reads `<case>`. Calls begin at 2026-01-31T09:30:00 UTC. A new case, or one whose transcript changes on purpose:
//! `BLESS=1 cargo test -p ringfence-tests --test scripts`, then read the difference.

use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use ringfence_tests::binary::{command, finish};

#[test]
fn every_case_prints_what_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let mut cases: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    let workers: Vec<_> = cases
        .chunks(cases.len().div_ceil(4).max(1))
        .map(|cases| {
            let cases = cases.to_vec();
            thread::spawn(move || cases.iter().filter_map(|case| run(case)).collect::<Vec<_>>())
        })
        .collect();
    let faults: Vec<String> =
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    assert!(faults.is_empty(), "{} cases:\n\n{}", faults.len(), faults.join("\n"));
}

/// Runs one case; what differs, if anything does.
fn run(case: &Path) -> Option<String> {
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let copy = tempfile::Builder::new().prefix("case").tempdir().unwrap();
    for file in fs::read_dir(case).unwrap().flatten() {
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let mut command = command();
    command.current_dir(copy.path()).args(["run", "script.lua", "--at", "2026-01-31T09:30:00"]);
    if let Ok(arguments) = fs::read_to_string(case.join("arguments.txt")) {
        command.args(arguments.lines());
    }
    let finished = finish(&mut command);
    let text = without_chance(&finished.stdout, copy.path());
    let (file, other) = match finished.code {
        Some(0) => ("expect.txt", "error.txt"),
        Some(1) => ("error.txt", "expect.txt"),
        code => return Some(format!("{name}: exit code {code:?}\n{}", finished.output())),
    };
    if env::var_os("BLESS").is_some() {
        let _ = fs::remove_file(case.join(other));
        fs::write(case.join(file), text).unwrap();
        return None;
    }
    match fs::read_to_string(case.join(file)) {
        Ok(expected) if expected == text => None,
        Ok(expected) => Some(format!("{name}: expected\n{expected}\nbut got\n{text}")),
        Err(_) => Some(format!("{name}: no {file}, but it printed\n{text}{}", finished.stderr)),
    }
}

/// The transcript without what differs in every run.
fn without_chance(text: &str, case: &Path) -> String {
    let text = text.replace(&*case.to_string_lossy(), "<case>");
    let mut rest = text.as_str();
    let mut clean = String::new();
    while let Some(first) = rest.chars().next() {
        let length = match rest.get(..36) {
            Some(word) if is_uuid(word) => {
                clean.push_str("<uuid>");
                36
            }
            _ => {
                clean.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    clean
}

fn is_uuid(word: &str) -> bool {
    word.bytes().enumerate().all(|(index, octet)| match index {
        8 | 13 | 18 | 23 => octet == b'-',
        _ => octet.is_ascii_hexdigit(),
    })
}
