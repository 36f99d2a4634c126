//! `create_uuid`: a new uuid.

use super::pure::{Moment, Pure};

/// The table entry.
pub(super) const PURE: Pure = Pure {
    name: "create_uuid",
    syntax: "",
    short: "Makes a uuid",
    long: "Answers a random uuid (version 4). For channels that are originated later: `{origination_uuid=…}`.",
    run,
};

fn run(_: &str, _: &Moment) -> String {
    uuid::Uuid::new_v4().to_string()
}
