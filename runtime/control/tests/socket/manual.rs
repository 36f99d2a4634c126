//! docs/event-socket.md says what the table of verbs says.

use ringfence_control::verb::VERBS;

use crate::section;

#[test]
fn the_manual_has_every_verb() {
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
    section::check("event-socket.md", "verbs", "cargo test -p ringfence-control", &text);
}
