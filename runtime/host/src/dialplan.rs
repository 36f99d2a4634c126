//! The dialplan `LUA`: a script that says what a call executes.

use futures_util::{FutureExt as _, future::BoxFuture};
use ringfence_sandbox::Owner;
use ringfence_switch::{
    Session,
    dialplan::{Action, Hunted, Hunter},
    xml::Place,
};

use crate::{
    bindings::ringfence::call::job::Origin,
    entry::{Answer, Entry},
    scripts::Scripts,
    start::{Language, Start},
};

/// The script of calls whose context is empty.
const USUAL: &str = "lua/dialplan.lua";

impl Hunter for Scripts {
    fn hunt<'h>(
        &'h self,
        session: &'h Session,
        argument: Option<&'h str>,
    ) -> BoxFuture<'h, Result<Hunted, String>> {
        async move {
            let context = session.field("context").filter(|context| !context.is_empty());
            let line = argument.map(str::to_owned).or(context).unwrap_or_else(|| USUAL.to_owned());
            let started = self.start(Start {
                language: Language::Lua,
                origin: Origin::Dialplan,
                owner: Owner::new("call", &**session.uuid()),
                line: &line,
                session: Some(session.clone()),
                environment: None,
                entry: Entry::dialplan(),
            });
            let failed = |why: &str| {
                let why = why.lines().next().unwrap_or_default();
                format!("the dialplan LUA, script {line}: {why}")
            };
            let launched = started.await.map_err(|error| failed(&error.to_string()))?;
            let ending = launched.kill_on_drop().finish().await;
            if let Some(error) = ending.error {
                return Err(failed(&error));
            }
            let Answer::Actions(actions, _) = ending.answer else {
                return Err(failed("it was ended before it answered"));
            };
            if actions.is_empty() {
                tracing::warn!(call = %session.uuid(), script = line, "ACTIONS of the dialplan is empty");
            }
            let file = format!("ACTIONS of {line}");
            let actions = (1..).zip(actions).map(|(line, (application, data))| Action {
                application: application.into(),
                data,
                place: Place::new(file.as_str(), line),
            });
            Ok(Hunted { actions: actions.collect(), authority: ending.authority })
        }
        .boxed()
    }
}
