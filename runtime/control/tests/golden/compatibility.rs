//! docs/compatibility.md says how our event socket differs, as the tables here say.

use crate::deviations::{DEVIATIONS, OTHERS};
use crate::section;

#[test]
fn the_document_lists_every_deviation() {
    let others: String = OTHERS.iter().map(|other| format!("- {other}\n")).collect();
    let text = format!("\n{}{others}\n", section::reasons(DEVIATIONS));
    section::check("compatibility.md", "event socket", "cargo test -p ringfence-control", &text);
}
