//! Escapes as in URLs: `%41` is `A`. Which bytes need one depends on where a text goes, so whoever
//! writes says what stays.

use std::fmt::Write as _;

use crate::encode;

/// The bytes with each escape as what it stands for; what is no escape stays.
#[must_use]
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let byte = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                rest = after.get(2..).unwrap_or_default();
                // Two hexadecimal digits are a byte.
                u8::try_from(high * 16 + low).unwrap_or_default()
            }
            _ => {
                rest = after;
                *first
            }
        };
        bytes.push(byte);
    }
    bytes
}

/// Writes a text, those of its bytes as `%XX` that do not stay.
pub fn escape(text: &str, stays: impl Fn(u8) -> bool, out: &mut String) {
    for byte in encode(text).iter().copied() {
        if byte.is_ascii() && stays(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// As [`escape`], for texts that may be escaped already: a `%` with two bytes behind it that are digits
/// stays, with them.
pub fn escape_once(
    text: &str,
    stays: impl Fn(u8) -> bool,
    digit: impl Fn(u8) -> bool,
    out: &mut String,
) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        escape(before, &stays, out);
        let digits = after.get(..2).filter(|digits| digits.bytes().all(&digit));
        out.push_str(if digits.is_some() { "%" } else { "%25" });
        out.push_str(digits.unwrap_or_default());
        rest = after.get(digits.map_or(0, str::len)..).unwrap_or_default();
    }
    escape(rest, &stays, out);
}

/// What FreeSWITCH leaves as it is: letters, digits and `~ ! $ * ( ) _ - ' , . /`.
#[must_use]
pub fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"~!$*()_-',./".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_hexadecimal_digits_are_an_escape() {
        for (text, bytes) in [
            ("a%20b%2Fc%2f", &b"a b/c/"[..]),
            ("%E4%00", b"\xE4\0"),
            ("100%", b"100%"),
            ("%4", b"%4"),
            ("%zz%+1% 1%%41", b"%zz%+1% 1%A"),
            ("%\u{e9}%4\u{e9}", "%\u{e9}%4\u{e9}".as_bytes()),
        ] {
            assert_eq!(unescape(text.as_bytes()), bytes, "{text}");
        }
    }

    #[test]
    fn what_does_not_stay_is_escaped_byte_by_byte() {
        let mut out = String::new();
        escape("a b%;\u{e4}\u{F7E4}", is_plain, &mut out);
        assert_eq!(out, "a%20b%25%3B%C3%A4%E4");
        out.clear();
        escape("a b\u{e4}", |_| true, &mut out);
        assert_eq!(out, "a b%C3%A4");
    }

    #[test]
    fn escapes_stay_where_the_digits_are_taken_for_such() {
        let upper = |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
        for (text, any_case, upper_case) in [
            ("%2F %2f", "%2F%20%2f", "%2F%20%252f"),
            ("100%", "100%25", "100%25"),
            ("%4", "%254", "%254"),
            ("%%41", "%25%41", "%25%41"),
            ("%4\u{e9}", "%254%C3%A9", "%254%C3%A9"),
        ] {
            let (mut any, mut only) = (String::new(), String::new());
            escape_once(text, is_plain, |byte| byte.is_ascii_hexdigit(), &mut any);
            escape_once(text, is_plain, upper, &mut only);
            assert_eq!((&*any, &*only), (any_case, upper_case), "{text}");
        }
    }
}
