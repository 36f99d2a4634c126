//! `park`.

use std::time::Duration;

use crate::application::{Application, Flags};
use crate::cause::Cause;
use crate::event::EventName;
use crate::operation::Failure;
use crate::session::{Hook, Session};

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "park",
        "",
        "Park",
        "Waits until the call is hung up or transferred. The variable `park_timeout` \
         (`seconds[:cause]`) ends it with that cause, `NORMAL_CLEARING` unless given.",
        Flags::NOMEDIA,
        park,
    )]
}

async fn park(session: Session, _data: String) -> Result<(), Failure> {
    let timeout = session.variable("park_timeout").and_then(|text| parse(&text));
    session.0.fire(EventName::ChannelPark, |_| {});
    let hook = match timeout {
        None => Some(session.interrupted().await),
        Some((patience, cause)) => {
            let hook = tokio::time::timeout(patience, session.interrupted()).await.ok();
            if hook.is_none() {
                session.hangup(cause);
            }
            hook
        }
    };
    session.0.fire(EventName::ChannelUnpark, |_| {});
    match hook {
        Some(Hook::Transfer) => Ok(()),
        Some(Hook::Hangup) | None => Err(Failure::Hangup(session.hangup_cause())),
    }
}

fn parse(text: &str) -> Option<(Duration, Cause)> {
    let (seconds, cause) = text.split_once(':').unwrap_or((text, ""));
    let seconds: u32 = seconds.trim().parse().ok().filter(|seconds| *seconds > 0)?;
    Some((Duration::from_secs(u64::from(seconds)), Cause::parse(cause)))
}
