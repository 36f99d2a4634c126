//! `event`, `verbose_events`, `enable_heartbeat`.

use crate::application::{Application, Flags};
use crate::authority;
use crate::command::split::arguments_by;
use crate::event::EventName;
use crate::operation::Failure;
use crate::session::Session;
use crate::variable::is_true;

/// Headers that one `event` sets at most.
const MAX_HEADERS: usize = 128;

/// Seconds between two `SESSION_HEARTBEAT` events unless given, as in FreeSWITCH.
const HEARTBEAT: u32 = 60;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "event",
            "[name=value,...]",
            "Fire an event",
            "Tells an event with these headers and the call's data: `CHANNEL_APPLICATION`, or what \
             `Event-Name` names; a `CUSTOM` one should have an `Event-Subclass`.",
            Flags::ROUTING,
            event,
        ),
        Application::new(
            "verbose_events",
            "[true|false]",
            "Make ALL Events verbose",
            "All events of this call have its variables from now on; `false` as before.",
            Flags::ROUTING,
            async |session: Session, data: String| {
                session.0.shared.lock().verbose = data.is_empty() || is_true(&data);
                Ok(())
            },
        ),
        Application::new(
            "enable_heartbeat",
            "[0|<seconds>]",
            "Enable Media Heartbeat",
            "Tells `SESSION_HEARTBEAT` every so many seconds, 60 unless given; 0 does not any more.",
            Flags::NOMEDIA,
            async |session: Session, data: String| {
                let seconds = if data.is_empty() { HEARTBEAT } else { data.parse().unwrap_or(0) };
                session.beat(seconds);
                Ok(())
            },
        ),
    ]
}

async fn event(session: Session, data: String) -> Result<(), Failure> {
    authority::expandable(&data)?;
    let pairs: Vec<(String, String)> = arguments_by(&data, ',', MAX_HEADERS)
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
        .collect();
    let find = |wanted: &str| {
        let mut pairs = pairs.iter();
        pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
    };
    let name = match find("Event-Name") {
        None => EventName::ChannelApplication,
        Some(text) => EventName::find(text).unwrap_or(EventName::Custom),
    };
    let bus = session.switch().events();
    if !bus.wanted(name) {
        return Ok(());
    }
    let mut event = match find("Event-Subclass") {
        Some(subclass) if name == EventName::Custom => bus.custom(subclass),
        _ => bus.event(name),
    };
    let own = ["Event-Name", "Event-Subclass"];
    for (name, value) in &pairs {
        if !own.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            event.set(name, value.as_str());
        }
    }
    session.describe(&mut event);
    bus.publish(event);
    Ok(())
}
