//! What a channel's leg is: a SIP call, or nothing at all.
//!
//! The methods of [`Leg`] are called under the channel's lock; none of them waits.

pub(crate) mod null;
pub(crate) mod sip;

use crate::cause::Cause;
use crate::channel::hangup::How;
use crate::channel::{Direction, Disposition};

/// The way to the far end.
pub(crate) enum Leg {
    /// `null/x`: answered from the start, hears nothing.
    Null,
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
            Self::Null => None,
            Self::Sip(leg) => leg.hangup(direction, answered, cause, how),
        }
    }
}
