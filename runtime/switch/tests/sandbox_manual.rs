//! The tables of docs/sandbox.md are made from those of the configuration. After a change of a table:
//! `UPDATE_DOCS=1 cargo test -p ringfence-switch --test sandbox_manual`.

use std::fmt::Write as _;
use std::path::Path;

use ringfence_switch::config::{limit::LIMITS, permission::PERMISSIONS, sandbox};

fn shown(default: &str) -> String {
    if default.is_empty() { String::new() } else { format!("`{default}`") }
}

fn permissions() -> String {
    let mut text =
        "| permission | value | what it allows | in `trusted` |\n|---|---|---|---|\n".to_owned();
    for permission in PERMISSIONS {
        let parameter = &permission.parameter;
        let (name, unit, doc) = (parameter.name, parameter.unit, parameter.doc);
        let _ = writeln!(text, "| `{name}` | {unit} | {doc} | {} |", permission.trusted);
    }
    text
}

fn limits() -> String {
    let mut text = "| limit | of what | unit | `trusted` | `third-party` | at the limit | `script_result` | why so much |\n\
                    |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for limit in LIMITS {
        let parameter = &limit.parameter;
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | `{}` | {} |",
            parameter.name,
            parameter.doc,
            parameter.unit,
            limit.trusted,
            parameter.default,
            limit.then,
            limit.error,
            limit.reason
        );
    }
    text
}

fn settings() -> String {
    let mut text = "| parameter | default | unit | |\n|---|---|---|---|\n".to_owned();
    for parameter in sandbox::PARAMETERS {
        let default = shown(parameter.default);
        let (name, unit, doc) = (parameter.name, parameter.unit, parameter.doc);
        let _ = writeln!(text, "| `{name}` | {default} | {unit} | {doc} |");
    }
    text
}

/// The text with what stands between two comments replaced.
fn with_table(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: made from the tables -->\n"), "<!-- end -->");
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("no {end} after {begin}"));
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn the_tables_of_the_manual_are_those_of_the_configuration() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sandbox.md");
    let written = std::fs::read_to_string(&path).expect("docs/sandbox.md");
    let text = with_table(&written, "permissions", &permissions());
    let text = with_table(&text, "limits", &limits());
    let text = with_table(&text, "settings", &settings());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).expect("docs/ can be written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/sandbox.md");
    assert_eq!(written, text, "UPDATE_DOCS=1 cargo test -p ringfence-switch --test sandbox_manual");
}
