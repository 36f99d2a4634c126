//! `novideo`, `video_refresh`, `video_decode`: there is no video to change.

use crate::application::{Application, Flags};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    let nothing = async |_: Session, _: String| Ok(());
    let entry = |name, syntax, short, flags| {
        let long = "Calls have no video here: it is accepted, and there is nothing to do.";
        Application::new(name, syntax, short, long, flags, nothing)
    };
    vec![
        entry("novideo", "", "Refuse Inbound Video", Flags::ROUTING),
        entry("video_refresh", "[manual|auto]", "Send video refresh.", Flags::NOMEDIA),
        entry("video_decode", "[[on|wait]|off]", "Set video decode.", Flags::NONE),
    ]
}
