//! docs/compatibility.md says how our events differ, as the tables here say.

use std::fmt::Write as _;
use std::path::Path;

use crate::deviations::{APART, CHANGES, HEADERS, HEADERS_OF, NOT_RUN, OTHERS, VARIABLES};

const BEGIN: &str = "<!-- events: begin (UPDATE_DOCS=1 cargo test -p ringfence-switch --test events writes it) -->\n";
const END: &str = "<!-- events: end -->";

#[test]
fn the_document_lists_every_deviation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("the section's beginning");
    let (section, after) = rest.split_once(END).expect("the section's end");
    let text = section_text();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{text}{END}{after}")).unwrap();
    } else {
        assert!(section == text, "docs/compatibility.md is out of date; UPDATE_DOCS=1 writes it");
    }
}

fn section_text() -> String {
    let mut text = String::from("\n");
    // Writing to a String cannot fail.
    for other in OTHERS {
        let _ = writeln!(text, "- {other}");
    }
    for (event, why) in APART.iter().filter(|(event, _)| !event.starts_with("API ")) {
        let _ = writeln!(text, "- `{event}` {why}.");
    }
    for (flow, why, _) in CHANGES.iter().filter(|(_, why, _)| !why.starts_with("the recorder")) {
        let _ = writeln!(text, "- `{flow}`: {why}.");
    }
    for (header, why) in HEADERS {
        let _ = writeln!(text, "- The header `{header}`: {why}.");
    }
    for (flow, _, why) in HEADERS_OF {
        let _ = writeln!(text, "- `{flow}`: {why}.");
    }
    for (why, names) in VARIABLES.iter().filter(|(why, _)| !why.contains("of the test")) {
        let _ = writeln!(text, "- Variables that are missing ({why}): {}.", listed(names));
    }
    for (why, flows) in NOT_RUN {
        let _ = writeln!(text, "- Flows that are not compared: {} {why}.", listed(flows));
    }
    text.push('\n');
    text
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
