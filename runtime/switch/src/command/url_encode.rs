//! `url_encode`: `A b` as `A%20b`.

use super::pure::{Moment, Pure};
use crate::event;

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
    let mut rest = arguments;
    while let Some(at) = rest.find('%') {
        let (before, after) = rest.split_at(at);
        event::url_encode(before, &mut out);
        let escape = after.get(1..3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match escape {
            Some(hex) => {
                out.push('%');
                out.push_str(hex);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                out.push_str("%25");
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    event::url_encode(rest, &mut out);
    out
}
