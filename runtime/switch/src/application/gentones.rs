//! `gentones`.

use crate::application::{Application, Flags};
use crate::operation::{Failure, Operation, Play};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "gentones",
        "<tgml_script>[|<loops>]",
        "Generate Tones",
        "Plays tones as `tone_stream://` does; with a number behind `|`, so often (-1 for ever).",
        Flags::NONE,
        async |session: Session, data: String| {
            let (script, loops) = data.rsplit_once('|').unwrap_or((&data, ""));
            if script.is_empty() {
                return Err(Failure::Invalid("gentones needs a script, as %(1000,0,440)".into()));
            }
            let loops = if loops.is_empty() { String::new() } else { format!(";loops={loops}") };
            let path = format!("tone_stream://{script}{loops}");
            session.perform(Operation::Play(Play { path, ..Play::default() })).await.map(drop)
        },
    )]
}
