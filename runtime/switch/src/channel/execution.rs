//! What a channel executes: the dialplan's extension, or what `originate` gave it.

use std::time::Duration;

use futures_util::FutureExt;

use crate::cause::Cause;
use crate::channel::routing::{Rights, Route, route};
use crate::channel::{CallState, ChannelState, Direction, Order};
use crate::dialplan::Action;
use crate::session::Session;
use crate::xml::Place;

/// Transfers in a row, each within [`IN_A_ROW`] of the one before; the next one ends the call with
/// `EXCHANGE_ROUTING_ERROR`. Guards against extensions that transfer to each other for ever;
/// FreeSWITCH stops after as many (its Max-Forwards).
const MAX_TRANSFERS: u32 = 70;

/// What takes longer between two transfers was something for the caller. Far more than a busy machine
/// needs to do nothing.
const IN_A_ROW: Duration = Duration::from_millis(100);

/// Runs what the channel has to do until it is hung up, or nothing is left.
///
/// A panic in an application or in the dialplan ends this call with the cause `CRASH`, and no other.
pub(crate) async fn execute(session: Session) {
    let run = std::panic::AssertUnwindSafe(routes(&session)).catch_unwind();
    if let Err(panic) = run.await {
        crashed(&session, panic.as_ref());
    }
}

/// Ends the call that a panic hit.
pub(crate) fn crashed(session: &Session, panic: &(dyn std::any::Any + Send)) {
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(call = %session.uuid(), "a bug of Ringfence ended this call: {what}");
    session.hangup(Cause::CRASH);
}

async fn routes(session: &Session) {
    let mut in_a_row = 0;
    while in_a_row < MAX_TRANSFERS {
        let plan = {
            let mut shared = session.0.shared.lock();
            shared.transferring = false;
            shared.plan.take()
        };
        let hunted = plan.is_none();
        let Route { actions, rights } = match plan {
            Some(Order::Bridge(part)) => {
                part.play(session).await;
                if session.up() {
                    continue;
                }
                return;
            }
            Some(Order::Application { application, data, authority }) => {
                let place = Place::new("originate", 0);
                let action = Action { application: application.into(), data, place };
                let rights = authority.map_or(Rights::Askers, Rights::Scripts);
                Route { actions: vec![action], rights }
            }
            None => match hunt(session).await {
                Some(route) => route,
                None => return,
            },
        };
        let again = session.direction() == Direction::Inbound && session.answered();
        let call = again.then_some(CallState::Active);
        if !session.0.enter_as(ChannelState::Execute, call) {
            return;
        }
        let started = tokio::time::Instant::now();
        rights.lend(run(session, actions)).await;
        if session.over().is_none() {
            tracing::debug!(call = %session.uuid(), "executed the last instruction, hanging up");
            session.hangup(Cause::NORMAL_CLEARING);
        }
        if !session.up() {
            return;
        }
        // It was transferred. A call that really did something in between may go on for ever.
        in_a_row = if started.elapsed() > IN_A_ROW { 0 } else { in_a_row + u32::from(hunted) };
    }
    tracing::error!(
        call = %session.uuid(),
        "{MAX_TRANSFERS} transfers in a row with nothing in between: extensions that transfer to each \
         other?"
    );
    session.hangup(Cause::EXCHANGE_ROUTING_ERROR);
}

/// Asks the dialplan; hangs up when it has no route.
async fn hunt(session: &Session) -> Option<Route> {
    // FreeSWITCH's: the call state says so again while an answered call is routed anew.
    let ringing = (session.direction() == Direction::Inbound).then_some(CallState::Ringing);
    if !session.0.enter_as(ChannelState::Routing, ringing) {
        return None;
    }
    let (dialplans, context, number) = {
        let mut shared = session.0.shared.lock();
        shared.hit_dialplan = true;
        let profile = &shared.profile;
        (profile.dialplan.clone(), profile.context.clone(), profile.destination_number.clone())
    };
    let found = route(session, &dialplans, &context, &number).await;
    if !session.up() {
        // The caller gave up meanwhile, or an inline action hung up.
        return None;
    }
    match found {
        Ok(route) => Some(route),
        Err(why) => {
            tracing::info!(
                call = %session.uuid(),
                "no route: {why} (destination_number {number:?}, dialplan {dialplans:?})"
            );
            session.hangup(Cause::NO_ROUTE_DESTINATION);
            None
        }
    }
}

async fn run(session: &Session, actions: Vec<Action>) {
    for Action { application, data, place } in actions {
        if session.over().is_some() {
            return;
        }
        let data = session.expand(&data).await;
        // It has been logged, and the next action is tried all the same.
        let _ = session.execute_at(&application, &data, &place).await;
    }
}
