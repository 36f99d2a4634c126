//! `url_decode`: `%41` as `A`.

use super::pure::Pure;
use ringfence_text::{decode, encode};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "url_decode",
    syntax: "<string>",
    short: "Undoes the escapes of a URL",
    long: "`%XX` becomes its byte; what is no escape stays. The text ends at `%00`.",
    run: |arguments, _| run(arguments),
};

pub(super) fn run(arguments: &str) -> String {
    let text = encode(arguments);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = &*text;
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
        if byte == 0 {
            break;
        }
        out.push(byte);
    }
    decode(&out).into_owned()
}
