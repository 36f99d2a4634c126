//! Reading a dial string: `{a=b}[c=d]sofia/internal/1000@192.0.2.7,null/x|error/USER_BUSY`.

use crate::cause::Cause;
use crate::command::split::arguments_by;
use crate::originate::NotCalled;
use crate::variable::Variables;

/// Legs that one dial string may name; more is refused as `DESTINATION_OUT_OF_ORDER`.
pub const MAX_LEGS: usize = 64;

/// Variables that one dial string may set.
const MAX_VARIABLES: usize = 1_000;

/// What the log shows of a dial string, in bytes.
const MAX_PLAIN: usize = 256;

/// A dial string in parts.
#[derive(Debug, Default)]
pub struct DialString {
    /// `{…}` and `<…>`: for all legs.
    pub common: Variables,
    /// Tried one after the other (`|`); the legs of one (`,`) at the same time.
    pub groups: Vec<Vec<Leg>>,
}

/// One leg: `sofia/internal/1000@192.0.2.7`.
#[derive(Debug)]
pub struct Leg {
    /// `[…]`: for this leg.
    pub variables: Variables,
    /// `sofia`, `null` …
    pub endpoint: String,
    /// What follows the first `/`.
    pub address: String,
}

/// Reads a dial string.
///
/// # Errors
///
/// `DESTINATION_OUT_OF_ORDER` when it cannot be read, `CHAN_NOT_IMPLEMENTED` for a leg without an
/// address.
pub fn parse(text: &str) -> Result<DialString, NotCalled> {
    let mut string = DialString::default();
    let mut rest = text.trim();
    while let Some(open) = rest.chars().next().filter(|open| matches!(open, '{' | '<')) {
        rest = take_variables(rest, open, &mut string.common)?;
    }
    let mut count = 0;
    for group in split(rest, '|') {
        let mut legs = Vec::new();
        for leg in split(group, ',') {
            count += 1;
            if count > MAX_LEGS {
                return Err(unreadable(format!("a dial string may name {MAX_LEGS} legs")));
            }
            legs.push(parse_leg(leg)?);
        }
        string.groups.push(legs);
    }
    Ok(string)
}

fn parse_leg(text: &str) -> Result<Leg, NotCalled> {
    let mut variables = Variables::new();
    let mut rest = text.trim();
    while rest.starts_with('[') {
        rest = take_variables(rest, '[', &mut variables)?;
    }
    let Some((endpoint, address)) = rest.split_once('/') else {
        let why = format!("{rest:?}: expected endpoint/address, as sofia/internal/1000@host");
        return Err(match rest {
            "" => unreadable(why),
            _ => NotCalled::new(Cause::CHAN_NOT_IMPLEMENTED, why),
        });
    };
    Ok(Leg { variables, endpoint: endpoint.to_owned(), address: address.to_owned() })
}

/// Takes `{a=b,c=d}` off the front; `^^:` chooses another separator than the comma.
fn take_variables<'t>(
    text: &'t str,
    open: char,
    into: &mut Variables,
) -> Result<&'t str, NotCalled> {
    let close = match open {
        '{' => '}',
        '<' => '>',
        _ => ']',
    };
    let Some((inside, rest)) = text.get(1..).and_then(|text| text.split_once(close)) else {
        return Err(unreadable(format!("{open} without {close}")));
    };
    for pair in arguments_by(inside, ',', MAX_VARIABLES) {
        let (name, value) = pair.split_once('=').unwrap_or((&pair, ""));
        if let Err(refused) = into.set(name.trim(), value) {
            tracing::warn!("dial string: variable {name:?}: {refused}");
        }
    }
    Ok(rest.trim_start())
}

fn unreadable(why: impl Into<String>) -> NotCalled {
    NotCalled::new(Cause::DESTINATION_OUT_OF_ORDER, why)
}

/// A dial string for the log: without its variables, which may hold passwords, and not longer than
/// [`MAX_PLAIN`].
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    // What closes the outermost bracket, and how many of its kind are open: `{a=${b}c}` is one.
    let (mut open, mut close, mut depth) = (' ', ' ', 0_usize);
    for character in text.chars() {
        if depth > 0 {
            depth += usize::from(character == open);
            depth -= usize::from(character == close);
            continue;
        }
        close = match character {
            '{' => '}',
            '[' => ']',
            '<' => '>',
            _ if plain.len() < MAX_PLAIN => {
                plain.push(character);
                continue;
            }
            _ => {
                plain.push('…');
                break;
            }
        };
        (open, depth) = (character, 1);
    }
    plain
}

/// Splits at a separator outside of brackets; empty pieces count.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut inside = false;
    let mut start = 0;
    for (at, character) in text.char_indices() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            _ if character == separator && !inside => {
                pieces.push(text.get(start..at).unwrap_or_default());
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_groups_and_legs_are_told_apart() {
        let string =
            parse("{a=1,b='two, three'}[c=4]sofia/x/1@h,[d=[5]null/y|error/USER_BUSY").unwrap();
        assert_eq!(string.common.text("b").as_deref(), Some("two, three"));
        assert_eq!(string.groups.len(), 2);
        let leg = &string.groups[0][0];
        assert_eq!((leg.endpoint.as_str(), leg.address.as_str()), ("sofia", "x/1@h"));
        assert_eq!(leg.variables.text("c").as_deref(), Some("4"));
        assert_eq!(string.groups[1][0].endpoint, "error");
    }

    #[test]
    fn the_log_shows_no_variables() {
        assert_eq!(plain("{a=b}[c=d]sofia/x/1@h|<e=f>user/7"), "sofia/x/1@h|user/7");
        assert_eq!(plain("{never ends"), "");
        assert_eq!(plain("{pin=${pin}secret}user/7"), "user/7");
        assert!(plain(&"x".repeat(10_000)).len() < 300);
    }

    #[test]
    fn what_cannot_be_read_is_a_cause() {
        for text in ["", "{x=y sofia/a/b", "[a=b", "sofia/x/1@h,"] {
            assert_eq!(parse(text).unwrap_err().cause, Cause::DESTINATION_OUT_OF_ORDER, "{text}");
        }
        assert_eq!(parse("nothing").unwrap_err().cause, Cause::CHAN_NOT_IMPLEMENTED);
        let many = vec!["null/x"; MAX_LEGS + 1].join(",");
        assert!(parse(&many).is_err());
    }
}
