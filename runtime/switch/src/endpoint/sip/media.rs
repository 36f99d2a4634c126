//! Ringing, early media and the answer of a SIP call that came.

use std::net::SocketAddr;

use ringfence_media::sdp::{Agreement, Direction, Negotiation};
use ringfence_media::{Media, OpenError};
use ringfence_sip::Headers;

use crate::cause::Cause;
use crate::channel::MediaState;
use crate::endpoint::sip::SipLeg;
use crate::operation::Failure;

/// Why the far end cannot be answered, with the cause that ends the call.
#[derive(Debug)]
pub(crate) struct Unanswerable {
    pub(crate) cause: Cause,
    pub(crate) why: String,
    /// The refusal, when it is not what the cause says.
    pub(crate) status: Option<u16>,
}

impl From<Unanswerable> for Failure {
    fn from(unanswerable: Unanswerable) -> Self {
        Self::Failed(unanswerable.why)
    }
}

/// 180 Ringing.
pub(crate) fn ring(leg: &mut SipLeg) -> Result<(), Unanswerable> {
    leg.call.ring(Headers::new()).map_err(gone)
}

/// 183 with our answer. A caller without an offer gets 180: it cannot be answered before the 200.
pub(crate) fn pre_answer(
    leg: &mut SipLeg,
    state: &mut MediaState,
    media: &Media,
) -> Result<(), Unanswerable> {
    if leg.offer.is_none() && leg.negotiation.is_none() {
        return ring(leg);
    }
    open(leg, state, media)?;
    leg.call.progress(state.local_sdp.clone(), Headers::new()).map_err(gone)
}

/// 200 with our answer, or with our offer when the caller made none.
pub(crate) fn answer(
    leg: &mut SipLeg,
    state: &mut MediaState,
    media: &Media,
) -> Result<(), Unanswerable> {
    open(leg, state, media)?;
    let sdp = state.local_sdp.clone().unwrap_or_default();
    leg.call.answer(sdp, Headers::new()).map_err(gone)
}

fn gone(error: ringfence_sip::CallError) -> Unanswerable {
    Unanswerable { cause: Cause::NORMAL_TEMPORARY_FAILURE, why: error.to_string(), status: None }
}

fn no_port(error: OpenError) -> Unanswerable {
    Unanswerable {
        cause: Cause::NORMAL_TEMPORARY_FAILURE,
        why: format!("no media: {error}"),
        status: None,
    }
}

impl SipLeg {
    /// What will be agreed on with the caller's offer; none without one, and when nothing fits: what
    /// answers it says why.
    pub(super) fn preview(&self) -> Option<Agreement> {
        let offer = self.offer.as_ref()?;
        // The port is not known yet, and says nothing about the codec.
        let local = SocketAddr::new(self.media, 0);
        let answer = ringfence_media::sdp::answer(offer, &self.profile.capabilities(), local);
        answer.ok().map(|(_, agreement)| agreement)
    }
}

/// Opens the stream and agrees on the caller's offer, or makes ours. Done already is success.
fn open(leg: &mut SipLeg, state: &mut MediaState, media: &Media) -> Result<(), Unanswerable> {
    if state.stream.is_some() {
        return Ok(());
    }
    let (stream, events) = media.open(leg.media).map_err(no_port)?;
    let local = leg.profile.advertised_media(stream.local());
    let mut negotiation = Negotiation::new(leg.profile.capabilities(), local);
    match leg.offer.take() {
        Some(offer) => {
            let (sdp, agreement) = negotiation.answer(&offer).map_err(|refusal| Unanswerable {
                cause: Cause::INCOMPATIBLE_DESTINATION,
                why: refusal.to_string(),
                status: Some(refusal.status()).filter(|status| *status != 488),
            })?;
            stream.connect(&agreement);
            state.agreement = Some(agreement);
            state.local_sdp = Some(sdp);
            state.ready = true;
        }
        None => {
            state.local_sdp = Some(negotiation.offer(Direction::SendRecv));
            leg.offered = true;
        }
    }
    leg.negotiation = Some(negotiation);
    state.stream = Some(stream);
    state.events = Some(events);
    Ok(())
}
