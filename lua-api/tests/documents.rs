//! What is made of the table: the manual as it stands in docs, and definitions that a language server
//! understands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use ringfence_lua_api::{manual, stubs};

#[test]
fn the_manual_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/lua-api.md");
    let text = manual::manual();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "docs/lua-api.md is out of date; UPDATE_DOCS=1 cargo test -p ringfence-lua-api writes it"
    );
}

/// A script that uses what there is as it is meant to be used.
const RIGHT: &str = r##"
session:answer()
local digits = session:playAndGetDigits(1, 4, 3, 5000, "#", "hello.wav", "", "\\d+")
session:setVariable("digits", digits)
freeswitch.consoleLog("info", session:getVariable("caller_id_number") or "unknown")
local api = freeswitch.API()
stream:write(api:execute("status"))
local event = freeswitch.Event("CUSTOM", "my::event")
event:addHeader("A", "b")
event:fire()
freeswitch.email("a@example.com", "b@example.com", "Subject: s\n", "text")
"##;

/// Each line is one mistake.
const WRONG: &str = r##"
session:anser()
session:sleep("long", "longer", "longest")
freeswitch.nosuch()
"##;

/// `emmylua_check`, as setup.sh installs it; `EMMYLUA_CHECK` names another one.
fn checker() -> PathBuf {
    if let Some(path) = std::env::var_os("EMMYLUA_CHECK") {
        return path.into();
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin/emmylua_check")
}

/// What the checker says of a script beside the definitions, and whether it is content.
fn check(script: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("library")).unwrap();
    std::fs::write(folder.path().join("library/freeswitch.lua"), stubs::definitions()).unwrap();
    std::fs::write(folder.path().join(".luarc.json"), stubs::settings("5.4")).unwrap();
    std::fs::write(folder.path().join("script.lua"), script).unwrap();
    let checker = checker();
    let output = Command::new(&checker)
        .arg(folder.path())
        .arg("--warnings-as-errors")
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; ./setup.sh installs it", checker.display()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_language_server_understands_the_definitions() {
    let (content, said) = check(RIGHT);
    assert!(content, "{said}");
    let (content, said) = check(WRONG);
    assert!(!content, "{said}");
    for mistake in ["anser", "nosuch"] {
        assert!(said.contains(mistake), "{mistake} is not told:\n{said}");
    }
}

#[test]
fn the_definitions_have_every_name() {
    let text = stubs::definitions();
    for class in ringfence_lua_api::CLASSES {
        assert!(text.contains(&format!("---@class freeswitch.{}\n", class.name)), "{}", class.name);
        for name in class.methods.iter().flat_map(|row| row.names) {
            assert!(text.contains(&format!("function {}:{name}(", class.name)), "{name}");
        }
    }
    for name in ringfence_lua_api::FUNCTIONS.iter().flat_map(|row| row.names) {
        assert!(text.contains(&format!("function freeswitch.{name}(")), "{name}");
    }
}
