//! `regex`: a regular expression.

use super::pure::{Moment, Pure};
use super::split;
use crate::regex;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "regex",
    syntax: "<data>|<pattern>[|<subst>][|(n|b)]",
    short: "Matches a regular expression",
    long: "Answers `true` or `false`; with a substitution, that text with `%0`…`%9` replaced, or the data when it does not match (`n`: nothing; `b`: `false`). `m:/data/pattern/subst` and `m:~…` split at another character. Patterns are Perl's, `/re/i`, or Asterisk's `_NXX.`. A pattern that runs too long does not match.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    let parts = match arguments.strip_prefix("m:").and_then(separated) {
        Some((separator, rest)) => split::arguments_by(rest, separator, 4),
        None => split::arguments_by(arguments, '|', 4),
    };
    let [data, pattern, rest @ ..] = parts.as_slice() else { return "-ERR".to_owned() };
    let found = regex::cached(pattern).and_then(|pattern| pattern.find(data));
    let found = found.unwrap_or_else(|error| {
        tracing::warn!(%error, "regex does not match");
        None
    });
    let Some(substitution) = rest.first() else { return found.is_some().to_string() };
    match (found, rest.get(1).map(String::as_str)) {
        (Some(captures), _) => captures.substitute(&substitution.replace('%', "$")),
        (None, Some("n")) => String::new(),
        (None, Some("b")) => "false".to_owned(),
        (None, _) => data.clone(),
    }
}

fn separated(rest: &str) -> Option<(char, &str)> {
    let separator = rest.chars().next().filter(|c| matches!(c, '/' | '~'))?;
    Some((separator, rest.get(1..)?))
}
