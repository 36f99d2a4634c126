//! What happens to a SIP leg, heard by the channel's task.

use bytes::Bytes;
use ringfence_media::sdp::Direction as SdpDirection;
use ringfence_sip::wire::Response;
use ringfence_sip::{CallEvent, Ended, Responder};

use crate::authority::inert;
use crate::cause::Cause;
use crate::channel::hangup::{self, How};
use crate::channel::{CallState, Direction, Disposition};
use crate::endpoint::Leg;
use crate::endpoint::sip::{SipLeg, dtmf, variables};
use crate::event::EventName;
use crate::operation::DtmfSource;
use crate::operation::Failure;
use crate::session::Session;
use crate::session::on::When;

/// Takes one event. After a hangup they come late and change nothing.
pub(crate) fn on_event(session: &Session, event: CallEvent) {
    if !session.up() {
        return;
    }
    match event {
        CallEvent::Provisional { status, sdp, response } => {
            variables::note_response(session, &response);
            provisional(session, status, sdp);
        }
        CallEvent::Answered { sdp, response } => {
            variables::note_response(session, &response);
            answered(session, sdp);
        }
        CallEvent::Confirmed { sdp } => confirmed(session, sdp),
        CallEvent::Refused { status, response } => refused(session, status, &response),
        CallEvent::Offer { sdp, responder } => offer(session, sdp, responder),
        CallEvent::Modified { status, sdp, .. } => modified(session, status, sdp),
        CallEvent::Info { content_type, body } => {
            info(session, &content_type, &body);
            match dtmf::parse(&content_type, &body) {
                Some(key) => session.take_dtmf(key, DtmfSource::Endpoint),
                None => tracing::debug!(call = %session.uuid(), content_type, "INFO is no key"),
            }
        }
        CallEvent::Ended { how, reason, .. } => ended(session, how, reason.as_deref()),
    }
}

/// Tells what came in an INFO.
fn info(session: &Session, content_type: &str, body: &[u8]) {
    session.0.fire_first(EventName::RecvInfo, |event| {
        event.set("SIP-Content-Type", content_type);
        let of = |name: &str| session.own_variable(name).unwrap_or_default();
        event
            .set("SIP-From-User", of("sip_from_user"))
            .set("SIP-From-Host", of("sip_from_host"))
            .set("SIP-To-User", of("sip_to_user"))
            .set("SIP-To-Host", of("sip_to_host"));
        if !body.is_empty() {
            event.set_body(ringfence_text::decode(body).into_owned());
        }
    });
}

fn with_leg<T>(
    session: &Session,
    act: impl FnOnce(&mut SipLeg, &mut crate::channel::MediaState) -> T,
) -> Option<T> {
    let mut shared = session.0.shared.lock();
    let shared = &mut *shared;
    match &mut shared.leg {
        Leg::Sip(leg) => Some(act(leg, &mut shared.media)),
        Leg::Null | Leg::Loopback(_) => None,
    }
}

/// Takes the far end's answer to our offer; false when it names nothing we can do.
fn accept(session: &Session, answer: &Bytes) -> bool {
    let result = with_leg(session, |leg, media| {
        let negotiation = leg.negotiation.as_ref()?;
        let agreement = match negotiation.accept(answer) {
            Ok(agreement) => agreement,
            Err(refusal) => {
                tracing::warn!(call = %session.uuid(), "the answer cannot be used: {refusal}");
                return None;
            }
        };
        if let Some(stream) = &media.stream {
            stream.connect(&agreement);
        }
        media.agreement = Some(agreement);
        media.ready = true;
        leg.offered = false;
        leg.agreed = true;
        Some(())
    });
    session.0.notify();
    result.flatten().is_some()
}

fn provisional(session: &Session, status: u16, sdp: Option<Bytes>) {
    let now = session.switch().microseconds();
    if let Some(sdp) = sdp {
        if !accept(session, &sdp) {
            return;
        }
        session.0.shared.lock().profile.times.progress_media = now;
        session.0.fire(EventName::ChannelProgressMedia, |_| {});
        session.0.enter_call_state(CallState::Early);
        session.0.report_codecs();
    } else if matches!(status, 180..=182) {
        {
            let mut shared = session.0.shared.lock();
            if shared.progressed {
                return;
            }
            shared.progressed = true;
            shared.profile.times.progress = now;
        }
        session.0.notify();
        session.0.fire(EventName::ChannelProgress, |_| {});
        session.0.enter_call_state(CallState::Ringing);
    }
}

fn answered(session: &Session, sdp: Option<Bytes>) {
    let agreed = with_leg(session, |leg, _| leg.agreed).unwrap_or(true);
    {
        // Before the media, so that nobody takes it for early.
        let mut shared = session.0.shared.lock();
        shared.answered = true;
        shared.profile.times.answered = session.switch().microseconds();
    }
    // A 200 may leave out what an earlier 183 said (RFC 3261 §13.2.1), but not say it for the first
    // time nowhere.
    let usable = match &sdp {
        Some(sdp) => accept(session, sdp) || agreed,
        None => agreed,
    };
    if !usable {
        tracing::warn!(call = %session.uuid(), "answered without a codec that we have");
        session.hangup(Cause::INCOMPATIBLE_DESTINATION);
        return;
    }
    session.0.notify();
    session.0.report_codecs();
    session.0.fire(EventName::ChannelAnswer, |_| {});
    session.queue_on(When::Answer);
    session.0.enter_call_state(CallState::Active);
}

/// The ACK for our 200. When the offer was ours it has the answer.
fn confirmed(session: &Session, sdp: Option<Bytes>) {
    if with_leg(session, |leg, _| leg.offered) != Some(true) {
        return;
    }
    let usable = sdp.is_some_and(|sdp| accept(session, &sdp));
    if !usable {
        tracing::warn!(call = %session.uuid(), "the ACK has no usable answer to our offer");
        session.hangup(Cause::INCOMPATIBLE_DESTINATION);
        return;
    }
    let hold = with_leg(session, |_, media| media.agreement.as_ref().map(|agreed| agreed.hold));
    if let Some(hold) = hold.flatten() {
        held(session, hold);
    }
}

fn refused(session: &Session, status: u16, response: &Response) {
    let cause = response
        .header("Reason")
        .and_then(|reason| Cause::from_reason(&reason))
        .unwrap_or_else(|| Cause::from_sip_status(status));
    note_status(session, status, cause);
    session.note("sip_invite_failure_status", &status.to_string());
    session.note("sip_invite_failure_phrase", &inert(&response.reason()));
    if (300..400).contains(&status)
        && let Some(contact) = response.contact()
    {
        session.note("sip_redirect_contact_0", &inert(&contact.uri.to_string()));
    }
    // A challenge is not a refusal, as FreeSWITCH counts.
    let how =
        if matches!(status, 401 | 407) { How::Lost } else { How::Remote(Disposition::RecvRefuse) };
    hangup::hangup(&session.0, cause, &how);
}

fn note_status(session: &Session, status: u16, cause: Cause) {
    session.note("sip_term_status", &status.to_string());
    session.note("proto_specific_hangup_cause", &format!("sip:{status}"));
    session.note("sip_term_cause", &cause.number().to_string());
}

/// Tells that a re-INVITE came: `CUSTOM sofia::reinvite`.
fn report_reinvite(session: &Session) {
    let bus = session.switch().events();
    if bus.wanted(EventName::Custom) {
        let mut event = bus.custom("sofia::reinvite");
        event.set("Unique-ID", &**session.uuid());
        bus.publish(event);
    }
}

/// A re-INVITE: hold, resume, another codec or address.
fn offer(session: &Session, sdp: Option<Bytes>, responder: Responder) {
    let resumed = session.call_state() == CallState::Held;
    let result = with_leg(session, |leg, media| {
        let negotiation = leg.negotiation.as_mut()?;
        let Some(sdp) = sdp else {
            leg.offered = true;
            return Some(Ok((negotiation.offer(SdpDirection::SendRecv), None)));
        };
        Some(negotiation.answer(&sdp).map(|(answer, agreement)| {
            if let Some(stream) = &media.stream {
                stream.connect(&agreement);
            }
            let hold = agreement.hold;
            media.agreement = Some(agreement);
            (answer, Some(hold))
        }))
    });
    match result.flatten() {
        Some(Ok((answer, hold))) => {
            responder.accept(answer);
            if let Some(hold) = hold {
                held(session, hold);
            }
            // FreeSWITCH does not tell a resume.
            if !(resumed && hold == Some(false)) {
                report_reinvite(session);
            }
        }
        Some(Err(refusal)) => {
            tracing::info!(call = %session.uuid(), "re-INVITE refused: {refusal}");
            responder.refuse(refusal.status());
        }
        // No media yet, so nothing to change; the caller may try again (RFC 3261 §14.2).
        None => responder.refuse(491),
    }
}

/// Sends a re-INVITE that puts the far end on hold, or takes it back.
pub(crate) fn hold(session: &Session, hold: bool) -> Result<(), Failure> {
    let direction = if hold { SdpDirection::SendOnly } else { SdpDirection::SendRecv };
    let sent = with_leg(session, |leg, media| {
        let offer = leg.negotiation.as_mut()?.offer(direction);
        media.local_sdp = Some(offer.clone());
        Some(leg.call.reinvite(Some(offer)))
    });
    match sent.flatten() {
        Some(Ok(())) => {
            held(session, hold);
            Ok(())
        }
        Some(Err(error)) => Err(Failure::Failed(error.to_string())),
        None => Err(Failure::Failed("only a SIP call with media can be put on hold".into())),
    }
}

/// Our re-INVITE was answered.
fn modified(session: &Session, status: u16, sdp: Option<Bytes>) {
    match sdp {
        Some(sdp) if (200..300).contains(&status) => {
            accept(session, &sdp);
        }
        _ => {
            tracing::info!(call = %session.uuid(), status, "the far end did not change the session")
        }
    }
    if session.call_state() == CallState::Unheld {
        session.0.enter_call_state(CallState::Active);
    }
}

fn held(session: &Session, hold: bool) {
    let was = session.call_state() == CallState::Held;
    if hold == was || !session.answered() {
        return;
    }
    {
        let now = session.switch().microseconds();
        let times = &mut session.0.shared.lock().profile.times;
        if hold {
            times.last_hold = now;
        } else {
            times.hold_accum += now.saturating_sub(times.last_hold);
        }
    }
    session.0.enter_call_state(if hold { CallState::Held } else { CallState::Unheld });
    let event = if hold { EventName::ChannelHold } else { EventName::ChannelUnhold };
    session.0.fire(event, |_| {});
    session.hold_music(hold);
    tracing::debug!(call = %session.uuid(), hold, "held");
}

fn ended(session: &Session, how: Ended, reason: Option<&str>) {
    let unanswered_outbound = session.direction() == Direction::Outbound && !session.answered();
    let (cause, how) = match how {
        Ended::Bye => {
            let cause = reason.and_then(Cause::from_reason).unwrap_or(Cause::NORMAL_CLEARING);
            note_status(session, 200, Cause::NORMAL_CLEARING);
            (cause, How::Remote(Disposition::RecvBye))
        }
        Ended::Cancelled => {
            note_status(session, 487, Cause::ORIGINATOR_CANCEL);
            (Cause::ORIGINATOR_CANCEL, How::Remote(Disposition::RecvCancel))
        }
        Ended::Timeout => {
            note_status(session, 408, Cause::RECOVERY_ON_TIMER_EXPIRE);
            (Cause::RECOVERY_ON_TIMER_EXPIRE, How::Lost)
        }
        Ended::TransportFailure => {
            note_status(session, 503, Cause::NORMAL_TEMPORARY_FAILURE);
            tracing::info!(
                call = %session.uuid(),
                "the far end cannot be reached: {}",
                reason.unwrap_or("no reason told")
            );
            let how =
                if unanswered_outbound { How::Remote(Disposition::RecvRefuse) } else { How::Lost };
            (Cause::NORMAL_TEMPORARY_FAILURE, how)
        }
        // Ours; when the call is still up, the stack is being shut down.
        Ended::Local => (Cause::SYSTEM_SHUTDOWN, How::Lost),
    };
    hangup::hangup(&session.0, cause, &how);
}
