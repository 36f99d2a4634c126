//! What a channel executes: the dialplan's extension, or what `originate` gave it.

use std::time::Duration;

use futures_util::FutureExt;

use crate::authority::{self, as_operator};
use crate::cause::Cause;
use crate::channel::{CallState, ChannelState, Direction, Order};
use crate::dialplan::{self, Action, Dialplan};
use crate::operation::Failure;
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
        let (actions, authority) = match plan {
            Some(Order { application, data, authority }) => {
                let place = Place::new("originate", 0);
                (vec![Action { application: application.into(), data, place }], authority)
            }
            None => match hunt(session).await {
                Some(actions) => (actions, None),
                None => return,
            },
        };
        if session.direction() == Direction::Inbound && session.answered() {
            session.0.enter_call_state(CallState::Active);
        }
        if !session.0.enter(ChannelState::Execute) {
            return;
        }
        let started = tokio::time::Instant::now();
        authority::with(authority, run(session, actions)).await;
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
async fn hunt(session: &Session) -> Option<Vec<Action>> {
    if session.direction() == Direction::Inbound {
        // FreeSWITCH's: the call state says so again while an answered call is routed anew.
        session.0.enter_call_state(CallState::Ringing);
    }
    if !session.0.enter(ChannelState::Routing) {
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
        Ok(route) => Some(route.actions),
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

/// What is to be executed.
pub(crate) struct Route {
    pub(crate) actions: Vec<Action>,
    /// From the operator's configuration, rather than named by whoever asked.
    pub(crate) operators: bool,
}

/// What the first of the dialplans that knows the number says; or why none does.
///
/// `XML` asks the configuration, `XML:/path/file.xml` that file, and `inline` takes the number
/// itself for a list of actions.
pub(crate) async fn route(
    session: &Session,
    dialplans: &str,
    context: &str,
    number: &str,
) -> Result<Route, String> {
    let dialplans = session.expand(dialplans).await;
    let configuration = session.switch().configuration();
    let mut why = format!("no dialplan {dialplans:?}; there are XML and inline");
    for (name, argument) in dialplan::names(&dialplans) {
        let hunted = if name.eq_ignore_ascii_case("inline") {
            let actions = dialplan::inline::actions(number);
            if !actions.is_empty() {
                return Ok(Route { actions, operators: false });
            }
            Err("the inline dialplan was given no action".to_owned())
        } else if !name.eq_ignore_ascii_case("XML") {
            Err(format!("no dialplan {name:?}; there are XML and inline"))
        } else if let Some(path) = argument.filter(|path| !path.is_empty()) {
            match from_file(session, path).await {
                Ok(dialplan) => in_context(&dialplan, session, context).await,
                Err(why) => Err(why),
            }
            .map(|actions| Route { actions, operators: false })
        } else {
            as_operator(in_context(&configuration.dialplan, session, context))
                .await
                .map(|actions| Route { actions, operators: true })
        };
        match hunted {
            Ok(route) => return Ok(route),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

async fn in_context(
    dialplan: &Dialplan,
    session: &Session,
    context: &str,
) -> Result<Vec<Action>, String> {
    let context = dialplan.context(context).map_err(|none| none.to_string())?;
    let route = context.hunt(session).await.map_err(|none| none.to_string())?;
    Ok(route.actions)
}

/// Reads a dialplan from a file of its own, away from the threads that serve calls.
async fn from_file(session: &Session, path: &str) -> Result<Dialplan, String> {
    let path = std::path::PathBuf::from(path);
    let globals = session.switch().variables().all();
    let uuid = std::sync::Arc::clone(session.uuid());
    let read = session.switch().runtime().spawn_blocking(move || {
        let mut faults = Vec::new();
        let dialplan = Dialplan::load(&path, &globals, &mut faults);
        for fault in faults {
            tracing::warn!(call = %uuid, "{fault}");
        }
        dialplan
    });
    match read.await {
        Ok(loaded) => loaded.map_err(|fault| fault.to_string()),
        Err(error) => Err(format!("reading the dialplan failed: {error}")),
    }
}

async fn run(session: &Session, actions: Vec<Action>) {
    for Action { application, data, place } in actions {
        if session.over().is_some() {
            return;
        }
        let data = session.expand(&data).await;
        match session.execute_at(&application, &data, &place).await {
            Ok(()) | Err(Failure::Hangup(_)) => {}
            // What ended the call has been told.
            Err(_) if !session.up() => {}
            Err(failure) => {
                tracing::warn!(
                    call = %session.uuid(), at = %place,
                    "{application}({data}): {failure}"
                );
            }
        }
    }
}
