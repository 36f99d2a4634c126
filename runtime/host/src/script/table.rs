//! Lists for people: aligned columns, and the units in them.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Local};

/// What stands in a column that has nothing to say.
const NOTHING: &str = "-";

/// Columns as wide as they must be, two blanks between them, and how many rows there are.
pub(super) fn aligned(columns: &[&str], rows: &[Vec<String>]) -> String {
    let total = format!("\n{} total.\n", rows.len());
    if rows.is_empty() {
        return total;
    }
    let head = columns.iter().map(|column| (*column).to_owned()).collect();
    let lines: Vec<Vec<String>> =
        std::iter::once(head).chain(rows.iter().map(|row| clean(row))).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text + &total
}

/// A line each: name and value.
pub(super) fn named(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().map(|(name, value)| format!("{name:width$}  {}\n", cell(value))).collect()
}

fn clean(row: &[String]) -> Vec<String> {
    row.iter().map(|value| cell(value)).collect()
}

/// A value on one line: names come from dialplans and scripts.
pub(super) fn cell(value: &str) -> String {
    if value.is_empty() {
        return NOTHING.to_owned();
    }
    value.replace(char::is_control, "?")
}

/// `3.21 s`, from a minute on `2 min 5 s`, from an hour on `1 h 2 min`.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.2} s", time.as_secs_f64()),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// `2.1 MiB`
pub(super) fn memory(bytes: usize) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

/// In the machine's zone.
pub(super) fn moment(moment: SystemTime) -> String {
    DateTime::<Local>::from(moment).format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["ä", "", "x"]), row(["long", "b\nc", ""])];
        assert_eq!(
            aligned(&["a", "b", "c"], &rows),
            "a     b    c\nä     -    x\nlong  b?c  -\n\n2 total.\n"
        );
        assert_eq!(aligned(&["a"], &[]), "\n0 total.\n");
        assert_eq!(named(&[("a", "1".to_owned()), ("long", String::new())]), "a     1\nlong  -\n");
    }

    #[test]
    fn units_fit_the_size() {
        assert_eq!(time(Duration::from_millis(3_214)), "3.21 s");
        assert_eq!(time(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(time(Duration::from_secs(3_725)), "1 h 2 min");
        assert_eq!(memory(2_202_010), "2.1 MiB");
        assert_eq!(memory(0), "0.0 MiB");
    }
}
