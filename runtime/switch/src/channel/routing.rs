//! Which actions a call gets: the dialplans are asked, one after the other.

use std::sync::Arc;

use crate::authority::{Authority, as_operator};
use crate::channel::data;
use crate::dialplan::{self, Action, Dialplan, Hunted};
use crate::lookup::{Found, Request, Section};
use crate::session::Session;

/// What is to be executed.
pub(crate) struct Route {
    pub(crate) actions: Vec<Action>,
    /// With whose rights.
    pub(crate) rights: Rights,
}

/// With whose rights actions are executed.
pub(crate) enum Rights {
    /// The server's: they come from the operator's configuration.
    Operators,
    /// Those of whoever asked, who named the actions, or the file that they are in.
    Askers,
    /// Those of the script that answered them.
    Scripts(Arc<Authority>),
}

impl Rights {
    /// Of what a script answered that the operator chose; one without limits has the server's.
    pub(crate) fn of(script: Option<Arc<Authority>>) -> Self {
        script.map_or(Self::Operators, Self::Scripts)
    }

    /// Does something with these rights.
    pub(crate) async fn lend<T>(self, work: impl Future<Output = T>) -> T {
        match self {
            Self::Operators => as_operator(work).await,
            Self::Askers => work.await,
            Self::Scripts(authority) => authority.under(work).await,
        }
    }
}

/// What the first of the dialplans that knows the number says; or why none does.
///
/// `XML` asks the handlers and the configuration, `XML:/path/file.xml` that file, and `inline` takes the
/// number itself for a list of actions. Modules bring others: `LUA`.
pub(crate) async fn route(
    session: &Session,
    dialplans: &str,
    context: &str,
    number: &str,
) -> Result<Route, String> {
    let dialplans = session.expand(dialplans).await;
    let mut why = unknown(session, &dialplans);
    for (name, argument) in dialplan::names(&dialplans) {
        let argument = argument.filter(|argument| !argument.is_empty());
        let hunted = if name.eq_ignore_ascii_case("inline") {
            inline(number)
        } else if name.eq_ignore_ascii_case("XML") {
            match argument {
                Some(path) => in_file(session, path, context).await,
                None => in_xml(session, context).await,
            }
        } else {
            match session.switch().dialplan(name) {
                Some(hunter) => as_operator(hunter.hunt(session, argument)).await.map(|hunted| {
                    let Hunted { actions, authority } = hunted;
                    Route { actions, rights: Rights::of(authority) }
                }),
                None => Err(unknown(session, name)),
            }
        };
        match hunted {
            Ok(route) => return Ok(route),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

fn unknown(session: &Session, name: &str) -> String {
    let modules = session.switch().dialplans();
    let known: Vec<_> = ["XML", "inline"].into_iter().chain(modules).collect();
    format!("no dialplan {name:?}; there are {}", known.join(", "))
}

fn inline(number: &str) -> Result<Route, String> {
    let actions = dialplan::inline::actions(number);
    if actions.is_empty() {
        return Err("the inline dialplan was given no action".to_owned());
    }
    Ok(Route { actions, rights: Rights::Askers })
}

/// Asks the handlers, then the configuration.
async fn in_xml(session: &Session, context: &str) -> Result<Route, String> {
    if session.switch().bound(Section::Dialplan)
        && let Some(found) = answered(session).await
    {
        let dialplan = found.dialplan(session.switch()).await?;
        if dialplan.context(context).is_ok() {
            let hunted = hunt(&dialplan, session, context);
            let authority = found.authority().cloned();
            let actions = match &authority {
                Some(authority) => authority.under(hunted).await,
                None => as_operator(hunted).await,
            };
            return actions.map(|actions| Route { actions, rights: Rights::of(authority) });
        }
        tracing::warn!(
            call = %session.uuid(), at = %found.place,
            "the XML handler's answer has no context {context}; the files are asked"
        );
    }
    let configuration = session.switch().configuration();
    let actions = as_operator(hunt(&configuration.dialplan, session, context)).await?;
    Ok(Route { actions, rights: Rights::Operators })
}

/// What a handler says of this call.
async fn answered(session: &Session) -> Option<Found> {
    let mut params = session.switch().request_params();
    {
        let shared = session.0.shared.lock();
        data::describe(&session.0, &shared, &mut params);
        data::describe_caller(session.direction(), &shared.profile, "Hunt", &mut params);
    }
    let request = Request {
        section: Section::Dialplan,
        tag_name: String::new(),
        key_name: String::new(),
        key_value: String::new(),
        params,
    };
    as_operator(session.switch().ask(&request)).await
}

/// Reads a dialplan from a file of its own, away from the threads that serve calls.
async fn in_file(session: &Session, path: &str, context: &str) -> Result<Route, String> {
    let path = std::path::PathBuf::from(path);
    let globals = session.switch().variables().all();
    let uuid = Arc::clone(session.uuid());
    let read = session.switch().runtime().spawn_blocking(move || {
        let mut faults = Vec::new();
        let dialplan = Dialplan::load(&path, &globals, &mut faults);
        for fault in faults {
            tracing::warn!(call = %uuid, "{fault}");
        }
        dialplan
    });
    let dialplan = match read.await {
        Ok(loaded) => loaded.map_err(|fault| fault.to_string())?,
        Err(error) => return Err(format!("reading the dialplan failed: {error}")),
    };
    let actions = hunt(&dialplan, session, context).await?;
    Ok(Route { actions, rights: Rights::Askers })
}

async fn hunt(
    dialplan: &Dialplan,
    session: &Session,
    context: &str,
) -> Result<Vec<Action>, String> {
    let context = dialplan.context(context).map_err(|none| none.to_string())?;
    let route = context.hunt(session).await.map_err(|none| none.to_string())?;
    Ok(route.actions)
}
