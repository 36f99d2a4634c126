//! docs/compatibility.md names every recorded case that differs on purpose.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, and tells how many cases it ran"
)]

mod support;

use std::path::Path;

use support::cases;

#[test]
fn every_deviation_of_text_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let document = std::fs::read_to_string(path).unwrap();
    let mut deviations = 0;
    for file in ["expansion.jsonl", "dialplan.jsonl", "commands.jsonl", "hangup.jsonl"] {
        for case in cases(file) {
            if case["deviation"].is_null() {
                continue;
            }
            deviations += 1;
            let id = case["id"].as_str().unwrap();
            assert!(document.contains(id), "{file}: {id} deviates ({})", case["deviation"]);
        }
    }
    assert!(deviations >= 10, "only {deviations} deviations were read");
}
