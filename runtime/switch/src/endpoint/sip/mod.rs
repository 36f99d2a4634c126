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

use bytes::Bytes;
use ringfence_media::sdp::Negotiation;
use ringfence_sip as sip;

pub(crate) use event::on_event;
pub(crate) use media::{answer, pre_answer, ring};

use crate::config::SipProfile;

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
