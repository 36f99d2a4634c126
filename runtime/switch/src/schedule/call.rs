//! What is scheduled for a call, and commands.

use super::{Full, Label, When, Work};
use crate::cause::Cause;
use crate::session::Session;
use crate::switch::Switch;

/// Schedules an API command.
pub(crate) fn command(switch: &Switch, when: When, group: &str, line: &str) -> Result<u64, Full> {
    let (name, data) = line.split_once(' ').unwrap_or((line, ""));
    let (name, data) = (name.to_owned(), data.to_owned());
    let work: Work = Box::new(move |switch| {
        let (name, data) = (name.clone(), data.clone());
        Box::pin(async move {
            match switch.command(&name, &data, None).await {
                Ok(output) => tracing::debug!("sched_api: {name} {data}: {}", output.trim_end()),
                Err(unknown) => tracing::warn!("sched_api: {unknown}"),
            }
        })
    });
    let label = Label { what: "sched_api_function", group: group.to_owned() };
    switch.schedule(when, label, work)
}

/// Schedules something for a call, unless it is gone by then.
fn later(
    session: &Session,
    when: When,
    what: &'static str,
    act: impl Fn(&Session) + Send + Sync + 'static,
) -> Result<u64, Full> {
    let uuid = session.uuid().to_string();
    let label = Label { what, group: uuid.clone() };
    let act = std::sync::Arc::new(act);
    let work: Work = Box::new(move |switch| {
        let (uuid, act) = (uuid.clone(), std::sync::Arc::clone(&act));
        Box::pin(async move {
            if let Some(session) = switch.session(&uuid) {
                act(&session);
            }
        })
    });
    session.switch().schedule(when, label, work)
}

/// Schedules the end of a call.
pub(crate) fn hangup(session: &Session, when: When, cause: Cause) -> Result<u64, Full> {
    later(session, when, "switch_ivr_schedule_hangup", move |session| session.hangup(cause))
}

/// Schedules a transfer; the dialplan and the context stay unless given.
pub(crate) fn transfer(
    session: &Session,
    when: When,
    extension: &str,
    (dialplan, context): (Option<String>, Option<String>),
) -> Result<u64, Full> {
    let extension = extension.to_owned();
    later(session, when, "switch_ivr_schedule_transfer", move |session| {
        let (dialplan, context) = (dialplan.as_deref(), context.as_deref());
        if let Err(failure) = session.transfer(&extension, dialplan, context) {
            tracing::debug!(call = %session.uuid(), "sched_transfer {extension}: {failure}");
        }
    })
}

/// Schedules a broadcast.
pub(crate) fn broadcast(
    session: &Session,
    when: When,
    path: &str,
    legs: Option<&str>,
) -> Result<u64, Full> {
    let path = path.to_owned();
    let legs = legs.map(str::to_owned);
    later(session, when, "switch_ivr_schedule_broadcast", move |session| {
        let line = match &legs {
            Some(legs) => format!("{} {path} {legs}", session.uuid()),
            None => format!("{} {path}", session.uuid()),
        };
        // The command knows the legs of a bridge.
        let switch = session.switch().clone();
        let authority = crate::authority::current();
        session.switch().spawn(async move {
            let run = switch.command("uuid_broadcast", &line, None);
            match crate::authority::with(authority, run).await {
                Ok(answer) if answer.starts_with("+OK") => {}
                Ok(answer) => tracing::debug!("sched_broadcast {line}: {}", answer.trim_end()),
                Err(unknown) => tracing::warn!("sched_broadcast: {unknown}"),
            }
        });
    })
}
