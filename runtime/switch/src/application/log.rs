//! `log`, `session_loglevel`, `info`.

use crate::application::{Application, Flags};
use crate::channel::data;
use crate::event::{Event, EventName};
use crate::log::{self, Level, Source};
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "log",
            "<log_level> <log_string>",
            "Logs to the logger",
            "Writes a line to the log. The level is a word (`console`, `alert`, `crit`, `err`, \
             `warning`, `notice`, `info`, `debug`) or its number; without one it is `debug`.",
            Flags::ANY,
            log,
        ),
        Application::new(
            "session_loglevel",
            "<level>",
            "session_loglevel",
            "Logs more of this call, up to that level, whatever is logged of the others. It is no way to \
             log less.",
            Flags::NOMEDIA,
            session_loglevel,
        ),
        Application::new(
            "info",
            "",
            "Display Call Info",
            "Writes the channel's state, caller profile and variables to the log, at `info`.",
            Flags::ANY,
            info,
        ),
    ]
}

async fn log(session: Session, data: String) -> Result<(), Failure> {
    let level = data.split_once(' ').and_then(|(level, text)| Some((Level::parse(level)?, text)));
    let (level, text) = level.unwrap_or((Level::Debug, &data));
    log::write(level, Source { call: Some(session.uuid()), ..Source::default() }, text);
    Ok(())
}

async fn session_loglevel(session: Session, data: String) -> Result<(), Failure> {
    match Level::parse(data.trim()) {
        Some(level) => session.set_log_level(level),
        None => tracing::warn!(
            call = %session.uuid(),
            "session_loglevel: {data:?} is no level: console to debug, or 0 to 7"
        ),
    }
    Ok(())
}

async fn info(session: Session, _data: String) -> Result<(), Failure> {
    if !tracing::enabled!(tracing::Level::INFO) {
        return Ok(());
    }
    let mut event = Event::bare(EventName::ChannelData);
    data::describe(&session.0, &session.0.shared.lock(), &mut event);
    let mut text = String::from("CHANNEL_DATA:");
    for (name, value) in event.headers().iter() {
        text.push_str(&format!("\n{name}: [{}]", value.text()));
    }
    tracing::info!(call = %session.uuid(), "{text}");
    Ok(())
}
