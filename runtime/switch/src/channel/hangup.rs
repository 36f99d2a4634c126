//! The end of a call: once, from any thread, at once.

use crate::cause::Cause;
use crate::channel::{Channel, ChannelState, Disposition, LastMedia};
use crate::event::EventName;

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
    let stream = {
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
        stream
    };
    // Closed outside of the lock: it tells the media thread.
    drop(stream);
    // Before anything on the channel wakes and reports its end.
    channel.fire(EventName::ChannelHangup, |_| {});
    channel.notify();
    log(channel, cause);
    channel.switch.counters().ended(cause);
    true
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
