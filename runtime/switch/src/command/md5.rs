//! `md5`: the MD5 of a text.

use super::pure::{Moment, Pure};
use std::fmt::Write as _;

use md5::Digest as _;
use ringfence_text::encode;

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "md5",
    syntax: "<string>",
    short: "Computes an MD5",
    long: "In 32 hexadecimal digits, of the bytes of the text. Not for passwords.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    let digest = md5::Md5::digest(encode(arguments));
    digest.iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
