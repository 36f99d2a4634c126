//! docs/compatibility.md says how our events differ, as the tables here say.

use std::fmt::Write as _;

use crate::deviations::{APART, CHANGES, HEADERS, HEADERS_OF, NOT_RUN, OTHERS, VARIABLES};
use crate::section::{self, names};

#[test]
fn the_document_lists_every_deviation() {
    let command = "cargo test -p ringfence-switch --test events";
    section::check("compatibility.md", "events", command, &text());
}

fn text() -> String {
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
    for (why, missing) in VARIABLES.iter().filter(|(why, _)| !why.contains("of the test")) {
        let _ = writeln!(text, "- Variables that are missing ({why}): {}.", names(missing));
    }
    for (why, flows) in NOT_RUN {
        let _ = writeln!(text, "- Flows that are not compared: {} {why}.", names(flows));
    }
    text.push('\n');
    text
}
