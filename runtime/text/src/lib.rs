//! Bytes as text: those that are not UTF-8, carried through strings; escapes; digits.
//!
//! FreeSWITCH's variables are bytes; ours are `String`. A Latin-1 caller name or a Lua string with
//! arbitrary bytes must come out as it went in, so each byte that is not part of valid UTF-8 becomes
//! one character of the private use area, U+F780 to U+F7FF, and is turned back where the text
//! leaves the server. [`decode`] and [`encode`] stand at those borders, and nowhere else.
//!
//! A text that already holds such a character (nobody's font has one) comes out as the byte.
//!
//! # Layout
//!
//! * [`percent`]: the escapes of URLs.

pub mod percent;

use std::borrow::Cow;
use std::fmt::Write as _;

/// The character for byte 0; only bytes 80 to FF occur.
const BASE: u32 = 0xF700;

/// Bytes as text; borrows when they are UTF-8.
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(
            chunk.invalid().iter().filter_map(|byte| char::from_u32(BASE + u32::from(*byte))),
        );
    }
    Cow::Owned(text)
}

/// The bytes that [`decode`] was given; borrows when the text carries none.
#[must_use]
pub fn encode(text: &str) -> Cow<'_, [u8]> {
    // U+F780..U+F7FF all begin with the byte EF: most texts have none.
    if !text.as_bytes().contains(&0xEF) || !text.chars().any(|c| carried(c).is_some()) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match carried(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The byte that a character stands for.
fn carried(character: char) -> Option<u8> {
    let offset = u32::from(character).checked_sub(BASE)?;
    u8::try_from(offset).ok().filter(|byte| *byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_borrowed_both_ways() {
        for text in ["", "plain", "über €", "\u{F8FF}"] {
            assert!(matches!(decode(text.as_bytes()), Cow::Borrowed(t) if t == text));
            assert!(matches!(encode(text), Cow::Borrowed(b) if b == text.as_bytes()));
        }
    }

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [&all[..], b"M\xFCller", b"\xE2\x82", b"a\xFF\xFEb\xC3\xA9"] {
            let text = decode(bytes).into_owned();
            assert_eq!(&*encode(&text), bytes);
        }
    }

    #[test]
    fn digits_are_two_a_byte() {
        assert_eq!(hex(&[0, 0x0a, 0xff]), "000aff");
    }

    #[test]
    fn latin1_is_one_character_a_byte() {
        assert_eq!(decode(b"M\xFCller"), "M\u{F7FC}ller");
    }
}
