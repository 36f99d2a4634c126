//! A section of a manual that is made from tables; it stands there between two comments.

use std::path::Path;

/// Fails unless `document` has that text; with `UPDATE_DOCS` in the environment, writes it there.
pub(crate) fn check(document: &str, section: &str, command: &str, text: &str) {
    let begin = format!("<!-- {section}: begin (UPDATE_DOCS=1 {command} writes it) -->\n");
    let end = format!("<!-- {section}: end -->");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(document);
    let written = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = written.split_once(&begin).expect("the section's beginning");
    let (known, after) = rest.split_once(&end).expect("the section's end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{text}{end}{after}")).unwrap();
    } else {
        assert!(known == text, "docs/{document} is out of date; UPDATE_DOCS=1 {command} writes it");
    }
}

/// Reasons, each with the cases that it explains.
pub(crate) fn reasons(reasons: &[(&str, &[&str])]) -> String {
    let lines = reasons.iter().map(|(reason, cases)| format!("- {reason} ({})\n", names(cases)));
    lines.collect()
}

/// Names as code.
pub(crate) fn names(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
