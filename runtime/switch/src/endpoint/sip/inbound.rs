//! From an INVITE to a channel.

use std::sync::Arc;

use ringfence_sip::{CallEvent, Invitation};
use tokio::sync::mpsc;

use crate::channel::{Channel, Direction, task};
use crate::endpoint::Leg;
use crate::endpoint::sip::{SipLeg, variables};
use crate::session::Session;
use crate::switch::{Refusal, Switch};

/// Makes a channel of an invitation and runs it to its end; refuses it when it cannot be taken.
pub(crate) async fn serve(switch: Switch, invitation: Invitation) {
    if let Some((session, events)) = accept(&switch, invitation) {
        task::run(session, Some(events), true).await;
    }
}

/// Everything of the invitation that is not needed any more is let go of here: it is worth 3 kB.
fn accept(switch: &Switch, invitation: Invitation) -> Option<(Session, mpsc::Receiver<CallEvent>)> {
    let configuration = switch.configuration();
    let Some(profile) = configuration.sip_profile(&invitation.profile) else {
        // A listener of a profile that was removed by reloadxml.
        tracing::warn!(profile = %invitation.profile, "a call for a SIP profile that is gone");
        refuse(&invitation, Refusal::Unavailable);
        return None;
    };
    let number = match switch.admit(Direction::Inbound) {
        Ok(number) => number,
        Err(refusal) => {
            tracing::debug!(from = %invitation.source, %refusal, "call refused");
            refuse(&invitation, refusal);
            return None;
        }
    };
    let uuid: Arc<str> = switch.new_uuid();
    let caller = variables::profile(&invitation, &profile);
    let name = variables::channel_name(&profile, invitation.request.from().as_ref());
    let leg = SipLeg {
        call: invitation.call.clone(),
        media: profile.media_address(invitation.local.ip()),
        offer: invitation.request.sdp(),
        negotiation: None,
        offered: false,
        agreed: false,
        profile: Arc::clone(&profile),
    };
    let channel = Channel::new(
        switch.clone(),
        uuid,
        number,
        Direction::Inbound,
        name,
        caller,
        Leg::Sip(Box::new(leg)),
    );
    {
        let mut shared = channel.shared.lock();
        let uuid = Arc::clone(&channel.uuid);
        let count = (number, channel.switch.microseconds());
        variables::of_invitation(&mut shared.variables, &invitation, &profile, count, &uuid);
        if let Leg::Sip(leg) = &shared.leg {
            shared.media.agreement = leg.preview();
        }
    }
    let session = Session(channel);
    tracing::debug!(
        call = %session.uuid(), sip_call = invitation.call.id(), from = %invitation.source,
        "new call {}", session.name()
    );
    switch.register_session(&session);
    Some((session, invitation.events))
}

fn refuse(invitation: &Invitation, refusal: Refusal) {
    let headers = match refusal {
        Refusal::Unavailable => Vec::new(),
        Refusal::Busy | Refusal::TooFast | Refusal::ShuttingDown | Refusal::Paused => {
            vec![("Retry-After".to_owned(), crate::switch::RETRY_AFTER.to_string())]
        }
    };
    // A call that is over already needs no refusal.
    let _ = invitation.call.reject(503, None, headers);
}
