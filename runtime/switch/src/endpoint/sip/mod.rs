//! SIP legs: how an INVITE becomes a channel, and how a channel becomes an INVITE.

mod dtmf;
mod event;
mod hangup;
pub(crate) mod inbound;
pub(crate) mod media;
pub(crate) mod outbound;
mod variables;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ringfence_media::sdp::Negotiation;
use ringfence_sip as sip;

pub(crate) use event::{hold, on_event};
pub(crate) use media::{answer, pre_answer, ring};

use crate::config::SipProfile;
use crate::endpoint::Leg;
use crate::session::Session;

/// What a channel keeps of its SIP call.
pub(crate) struct SipLeg {
    pub(crate) call: sip::Call,
    pub(crate) profile: Arc<SipProfile>,
    /// The address that our media is reached at.
    pub(crate) media: IpAddr,
    /// The far end's offer, until it was answered; none when it wants ours.
    pub(crate) offer: Option<Bytes>,
    /// Our side of the offers and answers, once media is open.
    pub(crate) negotiation: Option<Negotiation>,
    /// We have offered and wait for the answer (in 200, or in ACK).
    pub(crate) offered: bool,
    /// The offer that we sent with the INVITE was accepted already (early media).
    pub(crate) agreed: bool,
}

/// How long no audio may come before the call ends (`rtp-timeout-sec`); none waits for ever. A call
/// that is held hears nothing and does not end.
pub(crate) fn media_timeout(session: &Session) -> Option<Duration> {
    let shared = session.0.shared.lock();
    let Leg::Sip(leg) = &shared.leg else { return None };
    let held = shared.media.agreement.as_ref().is_some_and(|agreement| agreement.hold);
    (leg.profile.rtp_timeout > 0 && !held).then(|| Duration::from_secs(leg.profile.rtp_timeout))
}
