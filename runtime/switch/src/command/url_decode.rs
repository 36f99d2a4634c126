//! `url_decode`: `%41` as `A`.

use ringfence_text::{decode, encode, percent};

use super::pure::Pure;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "url_decode",
    syntax: "<string>",
    short: "Undoes the escapes of a URL",
    long: "`%XX` becomes its byte; what is no escape stays. The text ends at `%00`.",
    run: |arguments, _| run(arguments),
};

pub(super) fn run(arguments: &str) -> String {
    let bytes = percent::unescape(&encode(arguments));
    let text = bytes.split(|byte| *byte == 0).next();
    decode(text.unwrap_or_default()).into_owned()
}
