//! `log`, `info`.

use crate::application::{Application, Flags};
use crate::channel::data;
use crate::event::{Event, EventName};
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
    let (level, text) = match data.split_once(' ') {
        Some((level, text)) if is_level(level) => (level.to_ascii_lowercase(), text),
        _ => ("debug".to_owned(), data.as_str()),
    };
    let call = session.uuid();
    match level.as_str() {
        "alert" | "crit" | "err" | "error" | "1" | "2" | "3" => {
            tracing::error!(%call, "{text}");
        }
        "warning" | "4" => tracing::warn!(%call, "{text}"),
        "console" | "notice" | "info" | "0" | "5" | "6" => tracing::info!(%call, "{text}"),
        _ => tracing::debug!(%call, "{text}"),
    }
    Ok(())
}

fn is_level(word: &str) -> bool {
    const WORDS: [&str; 9] =
        ["console", "alert", "crit", "err", "error", "warning", "notice", "info", "debug"];
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
        || matches!(word.as_bytes(), [b'0'..=b'7'])
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
