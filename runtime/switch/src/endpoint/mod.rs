//! What a channel's leg is: a SIP call, a call to ourselves, or nothing at all.
//!
//! The methods of [`Leg`] are called under the channel's lock; none of them waits.

pub(crate) mod loopback;
pub(crate) mod null;
pub(crate) mod sip;

use std::sync::Weak;

use crate::cause::Cause;
use crate::channel::hangup::How;
use crate::channel::{Channel, Direction, Disposition};

/// The way to the far end.
pub(crate) enum Leg {
    /// `null/x`: answered from the start, hears nothing.
    Null,
    /// A call to ourselves; the other leg of it.
    Loopback(Weak<Channel>),
    /// A SIP call.
    Sip(Box<sip::SipLeg>),
}

/// The SIP profile that a call goes over; none when it is no SIP call.
pub(crate) fn profile_of(session: &crate::Session) -> Option<String> {
    match &session.0.shared.lock().leg {
        Leg::Sip(leg) => Some(leg.profile.name.clone()),
        _ => None,
    }
}

impl Leg {
    /// Tells the far end that the call is over, and how that was done.
    pub(crate) fn hangup(
        &mut self,
        direction: Direction,
        answered: bool,
        cause: Cause,
        how: &How,
    ) -> Option<Disposition> {
        match self {
            // The other leg of a loopback call is told by whoever hangs up, outside of the lock.
            Self::Null | Self::Loopback(_) => None,
            Self::Sip(leg) => leg.hangup(direction, answered, cause, how),
        }
    }
}
