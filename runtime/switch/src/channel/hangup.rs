//! The end of a call: once, from any thread, at once.

use crate::cause::Cause;
use crate::channel::{Channel, ChannelState, Direction, Disposition, LastMedia, Shared};
use crate::endpoint::loopback;
use crate::event::EventName;
use crate::variable::is_true;

/// Who ends the call.
#[derive(Clone, Debug)]
pub(crate) enum How {
    /// We do; the far end is told with what fits the leg's state.
    Local,
    /// We do, refusing the INVITE with this status (the application `respond`).
    Refuse {
        /// 300 to 699.
        status: u16,
        /// The reason phrase, unless the usual one.
        phrase: Option<String>,
        /// For 3xx: where to go instead.
        contact: Option<String>,
    },
    /// The far end did, or the network; the leg is over already.
    Remote(Disposition),
    /// Nobody answered, or nobody can be reached; the leg is over already.
    Lost,
}

/// Ends the call; the second one to do so changes nothing. True when it was this one.
pub(crate) fn hangup(channel: &Channel, cause: Cause, how: &How) -> bool {
    let now = channel.switch.microseconds();
    let (stream, peer) = {
        let mut shared = channel.shared.lock();
        if !shared.state.up() {
            return false;
        }
        shared.state = ChannelState::Hangup;
        shared.cause = cause;
        shared.transferring = false;
        shared.plan = None;
        shared.broadcasts.clear();
        shared.profile.times.hungup = now;
        let answered = shared.answered;
        let disposition = match how {
            How::Remote(disposition) => Some(*disposition),
            How::Lost => None,
            How::Local | How::Refuse { .. } => {
                let passed = passed_on(channel, &shared, how);
                let how = passed.as_ref().unwrap_or(how);
                shared.leg.hangup(channel.direction, answered, cause, how)
            }
        };
        // Ours, so never without a name.
        let variables = &mut shared.variables;
        let _ = variables.set("hangup_cause", cause.name());
        let _ = variables.set("hangup_cause_q850", cause.q850().to_string());
        if let Some(disposition) = disposition {
            let _ = variables.set("sip_hangup_disposition", disposition.name());
        }
        shared.media.ready = false;
        let stream = shared.media.stream.take();
        shared.media.last = stream.as_ref().map(|stream| {
            Box::new(LastMedia { statistics: stream.statistics(), local: stream.local() })
        });
        (stream, loopback::peer(&shared.leg))
    };
    // Closed outside of the lock: it tells the media thread.
    drop(stream);
    // Before anything on the channel wakes and reports its end.
    channel.fire(EventName::ChannelHangup, |_| {});
    channel.notify();
    if let Some(peer) = peer {
        hangup(&peer, cause, &How::Local);
    }
    log(channel, cause);
    channel.switch.counters().ended(cause);
    true
}

/// The refusal of an unanswered call whose leg was refused: with the same status, unless
/// `sip_ignore_remote_cause` is true. A challenge was not meant for the caller.
fn passed_on(channel: &Channel, shared: &Shared, how: &How) -> Option<How> {
    if !matches!(how, How::Local) || shared.answered || channel.direction == Direction::Outbound {
        return None;
    }
    let variable = |name: &str| shared.variables.text(name);
    let status = variable("last_bridge_proto_specific_hangup_cause")?;
    let status = status.strip_prefix("sip:")?.parse().ok()?;
    let usable = (400..700).contains(&status) && !matches!(status, 401 | 407);
    let ignored = variable("sip_ignore_remote_cause").is_some_and(|text| is_true(&text));
    (usable && !ignored).then_some(How::Refuse { status, phrase: None, contact: None })
}

/// The one line that the log has of every call.
fn log(channel: &Channel, cause: Cause) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let shared = channel.shared.lock();
    // What was dialled, not where a transfer led.
    let profile = shared.initial.as_deref().unwrap_or(&shared.profile);
    let seconds = shared.profile.times.hungup.saturating_sub(profile.times.created) / 1_000_000;
    tracing::info!(
        call = %channel.uuid,
        from = %profile.caller_id_number,
        to = %profile.destination_number,
        cause = cause.name(),
        seconds,
        answered = shared.answered,
        "call over: {}",
        channel.name
    );
}
