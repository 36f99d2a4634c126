//! `intercept`.

use crate::application::{Application, Flags};
use crate::cause::Cause;
use crate::channel::Direction;
use crate::channel::data::OtherType;
use crate::command::split::arguments;
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "intercept",
        "[-bleg] <uuid>",
        "intercept",
        "Takes a call away from whoever has it: answers this call and connects it with that one, as \
         `uuid_bridge` does. Whom that call was bridged with, and the legs that still ring for it, are \
         hung up (`PICKED_OFF`). `-bleg` takes the other leg of that call instead. With \
         `intercept_unanswered_only` or `intercept_unbridged_only` true, a call that is answered, or \
         bridged, is left alone.",
        Flags::NONE,
        intercept,
    )]
}

async fn intercept(session: Session, data: String) -> Result<(), Failure> {
    let words = arguments(&data, 2);
    let mut words = words.iter().map(String::as_str);
    let mut uuid = words.next().unwrap_or_default();
    let other_leg = uuid.eq_ignore_ascii_case("-bleg");
    if other_leg {
        uuid = words.next().unwrap_or_default();
    }
    let named = session.switch().session(uuid);
    let missing = || Failure::NotFound(format!("intercept: there is no call {uuid:?}"));
    let mut call = named.ok_or_else(missing)?;
    if other_leg {
        call = other(&call).ok_or_else(|| {
            Failure::Failed(format!("intercept: the call {uuid} has no other leg"))
        })?;
    }
    let only =
        |name: &str| session.own_variable(name).is_some_and(|text| crate::variable::is_true(&text));
    if (only("intercept_unanswered_only") && call.answered())
        || (only("intercept_unbridged_only") && call.bridged())
    {
        return Err(Failure::Refused(format!("intercept: the call {uuid} has been taken already")));
    }
    session.answer().await?;
    if call.direction() == Direction::Inbound {
        call.answer().await?;
    }
    let partner = call.partner();
    // That call first: a bridge that lost it does not hang it up. What rings for it is hung up by
    // whoever called it.
    call.join(&session)?;
    if let Some(partner) = partner {
        partner.hangup(Cause::PICKED_OFF);
    }
    Ok(())
}

/// The leg that a call is bridged with, or that made it.
fn other(call: &Session) -> Option<Session> {
    if let Some(partner) = call.partner() {
        return Some(partner);
    }
    let uuid = {
        let shared = call.0.shared.lock();
        let other = shared.other.as_ref().filter(|other| other.kind == OtherType::Originator)?;
        other.profile.uuid.clone()
    };
    call.switch().session(&uuid)
}
