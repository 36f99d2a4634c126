//! `wait_for_answer`.

use crate::application::{Application, Flags};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "wait_for_answer",
        "",
        "Wait for call to be answered",
        "Waits until this leg is answered: one that we called and that has early media, or one that is \
         answered from elsewhere.",
        Flags::NOMEDIA,
        async |session: Session, _| {
            tokio::select! {
                biased;
                _ = session.interrupted() => Ok(()),
                result = session.wait_for_answer(None) => result,
            }
        },
    )]
}
