//! docs/compatibility.md says how our event socket differs, as the tables here say.

use std::fs;
use std::path::Path;

use crate::deviations::{DEVIATIONS, OTHERS};

const BEGIN: &str =
    "<!-- event socket: begin (UPDATE_DOCS=1 cargo test -p ringfence-control writes it) -->\n";
const END: &str = "<!-- event socket: end -->";

#[test]
fn the_document_lists_every_deviation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("the section's beginning");
    let (section, after) = rest.split_once(END).expect("the section's end");
    let mut text = String::from("\n");
    for (reason, cases) in DEVIATIONS {
        let cases: Vec<String> = cases.iter().map(|case| format!("`{case}`")).collect();
        text.push_str(&format!("- {reason} ({})\n", cases.join(", ")));
    }
    for other in OTHERS {
        text.push_str(&format!("- {other}\n"));
    }
    text.push('\n');
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{text}{END}{after}")).unwrap();
    } else {
        assert!(section == text, "docs/compatibility.md is out of date; UPDATE_DOCS=1 writes it");
    }
}
