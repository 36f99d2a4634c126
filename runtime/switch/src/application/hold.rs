//! `hold`, `unhold`.

use crate::application::{Application, Flags};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "hold",
            "[<display message>]",
            "Send a hold message",
            "Asks the far end to send no audio (re-INVITE). In a bridge the other leg hears \
             `hold_music` (a sound, or `tone_stream://…`) meanwhile, when that is set on this call or \
             globally.",
            Flags::NOMEDIA,
            async |session: Session, _: String| session.hold(true),
        ),
        Application::new(
            "unhold",
            "",
            "Send a un-hold message",
            "Asks the far end to send again.",
            Flags::NOMEDIA,
            async |session: Session, _: String| session.hold(false),
        ),
    ]
}
