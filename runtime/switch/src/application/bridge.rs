//! `bridge`.

use crate::application::{Application, Flags};
use crate::bridge;
use crate::cause::Cause;
use crate::operation::Failure;
use crate::originate::Originate;
use crate::session::Session;
use crate::variable::is_true;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "bridge",
        "<channel_url>",
        "Bridge Audio",
        "Calls the legs of a dial string (as `originate` reads it) and connects this call with the one \
         that answers, or has early media, first. Audio and keys of each reach the other. While nobody \
         has answered, this call rings as they do; it is answered as the other leg is.\n\nWhen it fails \
         the call is hung up with the cause and the SIP status that the other side gave. It goes on \
         with the next action when the cause is `NO_ANSWER` or `NO_USER_RESPONSE`, or when \
         `continue_on_fail` is `true` or lists the cause (`USER_BUSY,3`), or when `failure_causes` is set \
         and does not list it. When the other side hangs up, it goes on too, unless \
         `hangup_after_bridge` is true; `park_after_bridge` parks it, \
         `transfer_after_bridge=extension[:dialplan[:context]]` transfers it. When this call goes, so does \
         the other leg, unless one of the last two is set there.\n\nVariables read: `call_timeout` \
         (seconds, 60), `ringback` and `transfer_ringback` (a tone as `%(2000,4000,440,480)`, or a file) \
         heard while it rings, `instant_ringback`, `effective_caller_id_name`, \
         `effective_caller_id_number`, `export_vars`, `sip_ignore_remote_cause`; of the leg: \
         `ignore_early_media` (`true`, or `ring_ready` to ring instead), `leg_timeout`. Variables set: \
         `originate_disposition`, `DIALSTATUS`, `originate_failed_cause`, `originate_causes`, \
         `originated_legs`, `bridge_uuid`, `bridge_channel`, `signal_bond`, `last_bridge_to`, \
         `last_bridge_role`, `bridge_hangup_cause`, `last_bridge_hangup_cause`, \
         `last_bridge_proto_specific_hangup_cause`.",
        Flags::NOMEDIA,
        bridge,
    )]
}

async fn bridge(session: Session, data: String) -> Result<(), Failure> {
    let timeout = session.variable("call_timeout").and_then(|text| text.trim().parse().ok());
    let a_leg = Some(session.clone());
    let originate = Originate { dial: data, timeout, a_leg, ..Originate::default() };
    let leg = match session.switch().originate(&originate).await {
        Ok(leg) => leg,
        Err(cause) => return failed(&session, cause),
    };
    if let Err(failure) = session.bridge(&leg).await {
        leg.hangup(Cause::NORMAL_CLEARING);
        return Err(failure);
    }
    if let Some(over) = session.over() {
        return Err(over);
    }
    let cause = if leg.up() { Cause::NORMAL_CLEARING } else { leg.hangup_cause() };
    if !session.answered() {
        // It had early media and then failed.
        return failed(&session, cause);
    }
    let ends = session.own_variable("hangup_after_bridge").is_some_and(|text| is_true(&text));
    if !bridge::stays(&session) && ends {
        session.hangup(cause);
    }
    Ok(())
}

/// Hangs up, unless the call shall go on.
fn failed(session: &Session, cause: Cause) -> Result<(), Failure> {
    if let Some(over) = session.over() {
        return Err(over);
    }
    if goes_on(session, cause) {
        tracing::info!(call = %session.uuid(), "not bridged ({cause}), going on");
    } else {
        tracing::info!(call = %session.uuid(), "not bridged ({cause}), hanging up");
        session.hangup(cause);
    }
    Ok(())
}

fn goes_on(session: &Session, cause: Cause) -> bool {
    let variable = |name: &str| session.own_variable(name).filter(|text| !text.is_empty());
    let [go_on, end] = ["continue_on_fail", "failure_causes"].map(variable);
    if go_on.is_none() && end.is_none() {
        // Nobody there is no failure.
        return matches!(cause, Cause::NO_ANSWER | Cause::NO_USER_RESPONSE);
    }
    let lists = |list: &str| {
        list.split(',').any(|item| Cause::find(item.trim()).is_some_and(|known| known == cause))
    };
    end.is_some_and(|list| !lists(&list))
        || go_on.is_some_and(|list| is_true(&list) || lists(&list))
}
