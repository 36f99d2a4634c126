//! `answer`, `pre_answer`, `ring_ready`.

use crate::application::{Application, Flags};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "answer",
            "",
            "Answer the call",
            "Sends 200 OK; done already is no error. A caller without a codec that we have is refused \
             with 488 (`INCOMPATIBLE_DESTINATION`).\n\nThe variables `execute_on_answer`, \
             `execute_on_answer_2` … name applications that are run then, `application data`, or \
             `application::data` beside what the call does; `api_on_answer` names a command. The same for \
             `…_on_pre_answer`, `…_on_media` (the first audio) and `…_on_ring`.",
            Flags::NOMEDIA,
            async |session: Session, _| session.answer().await,
        ),
        Application::new(
            "pre_answer",
            "",
            "Pre-Answer the call",
            "Sends 183 with SDP: the caller hears us (and we hear it) before the answer. A caller \
             that made no offer is told 180 instead.",
            Flags::NOMEDIA,
            async |session: Session, _| session.pre_answer().await,
        ),
        Application::new(
            "ring_ready",
            "",
            "Indicate Ring_Ready",
            "Sends 180 Ringing, once.",
            Flags::NOMEDIA,
            async |session: Session, _| session.ring_ready().await,
        ),
    ]
}
