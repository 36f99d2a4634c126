//! `a == b ? yes : no`

use std::cmp::Ordering;

use ringfence_text::encode;

use crate::command::split;

/// Evaluates `left operator right ? yes [: no]`; none when it is not of that form.
///
/// The operators are `== != > >= < <=`, with blanks around. `'quoted text'` may hold blanks. When
/// both sides are texts, `==` and `!=` compare them; otherwise a side that is no number counts as its
/// length in bytes, as in FreeSWITCH (`5 == abcde` is true).
#[must_use]
pub fn cond(text: &str) -> Option<String> {
    let (test, results) = question(text)?;
    let (left, rest) = operand(test.trim_matches([' ', '\t']))?;
    if left.starts_with(['!', '<', '>', '=']) {
        return None;
    }
    let (operator, rest) = operator(rest.trim_start_matches(' '))?;
    let (right, rest) = operand(rest.trim_start_matches(' '))?;
    if !rest.trim_matches(' ').is_empty() || (right.is_empty() && !rest_is_quoted(test)) {
        return None;
    }
    let mut results = split::arguments_by(results, ':', 2).into_iter();
    let (yes, no) = (results.next()?, results.next());
    Some(if compare(left, operator, right) { yes } else { no.unwrap_or_default() })
}

/// Splits at the `?` that stands alone.
fn question(text: &str) -> Option<(&str, &str)> {
    let (at, _) = text
        .match_indices(" ?")
        .find(|(at, _)| text.as_bytes().get(at + 2).is_some_and(|next| *next == b' '))?;
    let results = text.get(at + 2..)?;
    (!results.trim_matches(' ').is_empty()).then_some((text.get(..at)?, results))
}

/// An empty right side is one only when it is written `''`.
fn rest_is_quoted(test: &str) -> bool {
    test.trim_end_matches(' ').ends_with("''")
}

/// Takes a word, or a text in quotes.
fn operand(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\''),
        None => Some(text.split_once(' ').unwrap_or((text, ""))),
    }
}

#[derive(Clone, Copy)]
enum Operator {
    Equal,
    NotEqual,
    /// Which orderings make it true.
    Order(Ordering, Option<Ordering>),
}

fn operator(text: &str) -> Option<(Operator, &str)> {
    use Operator::{Equal, NotEqual, Order};
    let operators = [
        ("==", Equal),
        ("!=", NotEqual),
        (">=", Order(Ordering::Greater, Some(Ordering::Equal))),
        ("<=", Order(Ordering::Less, Some(Ordering::Equal))),
        (">", Order(Ordering::Greater, None)),
        ("<", Order(Ordering::Less, None)),
    ];
    let found = operators
        .into_iter()
        .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)));
    // One more sign is swallowed: `===` and `<>` are taken.
    found.map(|(operator, rest)| (operator, rest.strip_prefix(['=', '>']).unwrap_or(rest)))
}

fn compare(left: &str, operator: Operator, right: &str) -> bool {
    let (a, b) = (number(left), number(right));
    let texts = a.is_none() && b.is_none();
    let size = |text: &str| u32::try_from(encode(text).len()).unwrap_or(u32::MAX);
    let a = a.unwrap_or_else(|| f64::from(size(left)));
    let b = b.unwrap_or_else(|| f64::from(size(right)));
    match operator {
        Operator::Equal if texts => left == right,
        Operator::NotEqual if texts => left != right,
        Operator::Equal => a.total_cmp(&b).is_eq() || a == b,
        Operator::NotEqual => a != b,
        Operator::Order(one, other) => {
            let order = a.partial_cmp(&b);
            order == Some(one) || (other.is_some() && order == other)
        }
    }
}

/// A sign, digits and dots; the part up to a second dot counts.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let second = digits.match_indices('.').nth(1).map_or(digits.len(), |(at, _)| at);
    let value: f64 = digits.get(..second)?.parse().unwrap_or(0.0);
    Some(if text.starts_with('-') { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_none() {
        for text in [
            "",
            "?",
            " ? : ",
            "a == b",
            "1==1 ? y : n",
            "1 == 1?y:n",
            "1 == 1 && 2 == 2 ? y : n",
            "!a ? y : n",
            " == 1 ? y : n",
            "'a == b ? y : n",
            "1 = 1 ? y : n",
            "1 == ? y : n",
            "1 == 1 ?",
        ] {
            assert_eq!(cond(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_texts_and_lengths() {
        for (text, result) in [
            ("1 == 1 ? y : n", "y"),
            ("'' == '' ? empty : no", "empty"),
            ("abc > ab ? y : n", "y"),
            ("5 == abcde ? y : n", "y"),
            ("'a b' != 'c d' ? x y : z", "x y"),
            ("1.5 > 1.4 ? y", "y"),
            ("1 == 2 ? y", ""),
            ("0 == é ? y : n", "n"),
        ] {
            assert_eq!(cond(text).as_deref(), Some(result), "{text}");
        }
    }

    mod properties {
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn nothing_panics(text in "[ ab0-9.'?:=<>!+é\\\\-]{0,30}") {
                let _ = super::cond(&text);
            }
        }
    }
}
