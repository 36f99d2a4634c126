//! docs/event-socket.md says what the table of verbs says.

use std::fs;
use std::path::Path;

use ringfence_control::verb::VERBS;

const BEGIN: &str =
    "<!-- verbs: begin (UPDATE_DOCS=1 cargo test -p ringfence-control writes it) -->\n";
const END: &str = "<!-- verbs: end -->";

#[test]
fn the_manual_has_every_verb() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/event-socket.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("the section's beginning");
    let (section, after) = rest.split_once(END).expect("the section's end");
    let mut text = String::from("\n");
    for verb in VERBS {
        let syntax = format!("{} {}", verb.name, verb.syntax);
        text.push_str(&format!(
            "### {}\n\n`{}` ({})\n\n{}\n\n",
            verb.name,
            syntax.trim(),
            verb.scope.text(),
            verb.doc
        ));
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{text}{END}{after}")).unwrap();
    } else {
        assert!(section == text, "docs/event-socket.md is out of date; UPDATE_DOCS=1 writes it");
    }
}
