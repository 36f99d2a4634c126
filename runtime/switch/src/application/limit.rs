//! `limit`, `limit_execute`, `limit_hash`, `limit_hash_execute`.

use crate::application::{Application, Flags};
use crate::authority;
use crate::cause::Cause;
use crate::command::split::arguments;
use crate::operation::Failure;
use crate::session::Session;
use crate::switch::{Allowed, Denied};

/// Where a call goes that exceeds a limit, unless told otherwise; FreeSWITCH's.
const EXCEEDED: &str = "limit_exceeded";

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "limit",
            "<backend> <realm> <id> [<max>[/interval]] [number [dialplan [context]]]",
            "Limit",
            "Counts this call in a resource until it ends. When `max` calls use it (with an interval in \
             seconds: when it was taken so often within it), the call is sent to `number`, \
             `limit_exceeded` unless given; `!<cause>` ends it instead. Without `max` it is only \
             counted. `backend` makes no difference: resources are kept in memory.\n\nSets \
             `limit_usage`, `limit_usage_<realm>_<id>`, `limit_rate`.",
            Flags::ROUTING,
            async |session: Session, data: String| {
                let words = arguments(&data, 7);
                limit(&session, words.get(1..).unwrap_or_default())
            },
        ),
        Application::new(
            "limit_hash",
            "<realm> <id> [<max>[/interval]] [number [dialplan [context]]]",
            "Limit",
            "As `limit hash`.",
            Flags::ROUTING,
            async |session: Session, data: String| limit(&session, &arguments(&data, 6)),
        ),
        Application::new(
            "limit_execute",
            "<backend> <realm> <id> [<max>[/interval]] [application] [application arguments]",
            "Limit",
            "Runs an application while this call is counted in a resource; when the limit is reached it \
             does not run. See `limit`.",
            Flags::ROUTING,
            async |session: Session, data: String| {
                let words = arguments(&data, 6);
                execute(&session, words.get(1..).unwrap_or_default()).await
            },
        ),
        Application::new(
            "limit_hash_execute",
            "<realm> <id> [<max>[/interval]] [application] [application arguments]",
            "Limit",
            "As `limit_execute hash`.",
            Flags::ROUTING,
            async |session: Session, data: String| execute(&session, &arguments(&data, 5)).await,
        ),
    ]
}

/// Counts a call; false when the limit is reached.
pub(crate) fn take(session: &Session, realm: &str, id: &str, max: &str) -> Result<bool, Failure> {
    let allowed = Allowed::parse(max);
    match session.switch().usage().take(realm, id, session.uuid(), allowed) {
        Ok((used, rate)) => {
            session.note("limit_usage", &used.to_string());
            // What the dialplan named, so it may be refused like any other name.
            let name = format!("limit_usage_{realm}_{id}");
            let _ = session.set_variable(&name, Some(&used.to_string()));
            session.note("limit_rate", &rate.to_string());
            Ok(true)
        }
        Err(Denied::Exceeded) => {
            tracing::info!(call = %session.uuid(), "limit {realm}/{id}: {max} is reached");
            Ok(false)
        }
        Err(Denied::Full) => Err(Failure::Failed(Denied::Full.to_string())),
    }
}

fn words(words: &[String], at: usize) -> &str {
    words.get(at).map_or("", String::as_str)
}

/// `<realm> <id> [<max>] [number [dialplan [context]]]`.
pub(crate) fn limit(session: &Session, all: &[String]) -> Result<(), Failure> {
    let (realm, id) = (words(all, 0), words(all, 1));
    if realm.is_empty() || id.is_empty() {
        return Err(Failure::Invalid("limit needs a realm and a name".into()));
    }
    if take(session, realm, id, words(all, 2))? {
        return Ok(());
    }
    let number = if words(all, 3).is_empty() { EXCEEDED } else { words(all, 3) };
    if let Some(cause) = number.strip_prefix('!') {
        session.hangup(Cause::parse(cause));
        return Ok(());
    }
    let given = |at| Some(words(all, at)).filter(|word| !word.is_empty());
    session.transfer(number, given(4), given(5))
}

/// `<realm> <id> [<max>] <application> [<arguments>]`.
async fn execute(session: &Session, all: &[String]) -> Result<(), Failure> {
    let (realm, id, application) = (words(all, 0), words(all, 1), words(all, 3));
    if realm.is_empty() || id.is_empty() || application.is_empty() {
        return Err(Failure::Invalid(
            "limit_execute needs a realm, a name and an application".into(),
        ));
    }
    authority::application(application)?;
    if !take(session, realm, id, words(all, 2))? {
        return Ok(());
    }
    let result = Box::pin(session.execute(application, words(all, 4))).await;
    session.switch().usage().release(session.uuid(), Some(realm), Some(id));
    result
}
