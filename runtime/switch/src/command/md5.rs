//! `md5`: the MD5 of a text.

use md5::Digest as _;
use ringfence_text::{encode, hex};

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "md5",
    syntax: "<string>",
    short: "Computes an MD5",
    long: "In 32 hexadecimal digits, of the bytes of the text. Not for passwords.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    hex(&md5::Md5::digest(encode(arguments)))
}
