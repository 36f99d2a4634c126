//! `sleep`.

use std::time::Duration;

use crate::application::{Application, Flags};
use crate::operation::{Failure, MAX_SLEEP};
use crate::session::Session;
use crate::variable::integer;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "sleep",
        "<pausemilliseconds>",
        "Pause a channel",
        "Lets so many milliseconds pass. A negative number or a word is no pause. Keys that are \
         pressed meanwhile stay to be read.",
        Flags::NOMEDIA,
        sleep,
    )]
}

async fn sleep(session: Session, data: String) -> Result<(), Failure> {
    let ms = u64::try_from(integer(&data)).unwrap_or(0);
    session.rest(Some(Duration::from_millis(ms.min(MAX_SLEEP)))).await
}
