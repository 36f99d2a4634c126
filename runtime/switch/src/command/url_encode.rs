//! `url_encode`: `A b` as `A%20b`.

use ringfence_text::percent;

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "url_encode",
    syntax: "<string>",
    short: "Escapes a text for a URL",
    long: "Letters, digits and `~ ! $ * ( ) _ - ' , . /` stay; so does an escape that is there already.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    let mut out = String::with_capacity(arguments.len() + 16);
    percent::escape_once(arguments, percent::is_plain, |byte| byte.is_ascii_hexdigit(), &mut out);
    out
}
