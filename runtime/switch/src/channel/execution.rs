//! What a channel executes: the dialplan's extension, or what `originate` gave it.

use futures_util::FutureExt;

use crate::cause::Cause;
use crate::channel::ChannelState;
use crate::operation::Failure;
use crate::session::Session;

/// Transfers in a row without anything being executed in between; the next one ends the call with
/// `EXCHANGE_ROUTING_ERROR`. Guards against extensions that transfer to each other for ever.
const MAX_TRANSFERS: u32 = 100;

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
        let actions = match plan {
            Some(plan) => plan,
            None => match hunt(session).await {
                Some(actions) => actions,
                None => return,
            },
        };
        if !session.0.enter(ChannelState::Execute) {
            return;
        }
        let started = tokio::time::Instant::now();
        run(session, actions).await;
        if session.over().is_none() {
            tracing::debug!(call = %session.uuid(), "executed the last instruction, hanging up");
            session.hangup(Cause::NORMAL_CLEARING);
        }
        if !session.up() {
            return;
        }
        // It was transferred. A call that really did something in between may go on for ever.
        in_a_row = if started.elapsed().as_millis() > 0 { 0 } else { in_a_row + 1 };
    }
    tracing::error!(
        call = %session.uuid(),
        "{MAX_TRANSFERS} transfers in a row without any time passing: extensions that transfer to \
         each other?"
    );
    session.hangup(Cause::EXCHANGE_ROUTING_ERROR);
}

/// Asks the dialplan; hangs up when it has no route.
async fn hunt(session: &Session) -> Option<Vec<(String, String)>> {
    if !session.0.enter(ChannelState::Routing) {
        return None;
    }
    session.0.shared.lock().hit_dialplan = true;
    let (dialplans, context, number) = {
        let shared = session.0.shared.lock();
        let profile = &shared.profile;
        (profile.dialplan.clone(), profile.context.clone(), profile.destination_number.clone())
    };
    match crate::dialplan::route(session, &dialplans, &context, &number).await {
        Ok(route) if !session.up() => {
            // An inline action hung up.
            drop(route);
            None
        }
        Ok(route) => Some(
            route
                .actions
                .into_iter()
                .map(|action| (action.application.as_ref().to_owned(), action.data))
                .collect(),
        ),
        Err(none) => {
            tracing::info!(
                call = %session.uuid(),
                "no route: {none} (destination_number {number:?}, dialplan {dialplans:?})"
            );
            session.hangup(Cause::NO_ROUTE_DESTINATION);
            None
        }
    }
}

async fn run(session: &Session, actions: Vec<(String, String)>) {
    for (application, data) in actions {
        if session.over().is_some() {
            return;
        }
        let data = session.expand(&data).await;
        match session.execute(&application, &data).await {
            Ok(()) | Err(Failure::Hangup(_)) => {}
            Err(failure) => {
                tracing::warn!(call = %session.uuid(), "{application}({data}): {failure}");
            }
        }
    }
}
