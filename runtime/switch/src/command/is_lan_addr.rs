//! `is_lan_addr`: whether an address is a private one.

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "is_lan_addr",
    syntax: "<ip>",
    short: "Tells private addresses",
    long: "Answers `true` for 10/8, 172.16/12, 192.168/16, 127/8, 169.254/16, 0/8 and 255/8, `false` for others and for IPv6.",
    run,
};

fn run(arguments: &str, _: &Moment) -> String {
    let private = ["10.", "192.168.", "127.", "169.254.", "0.", "255."];
    let second = arguments.strip_prefix("172.").and_then(|rest| rest.split_once('.'));
    let shared = second.is_some_and(|(second, _)| {
        second.len() == 2 && second.parse::<u8>().is_ok_and(|second| (16..=31).contains(&second))
    });
    (shared || private.iter().any(|prefix| arguments.starts_with(prefix))).to_string()
}
