//! What dialplans and operators type: the modules `mod_lua` and `mod_sandbox`.

mod chat;
mod lua;
mod sandbox;

use ringfence_sandbox::Owner;
use ringfence_switch::Session;

use crate::{
    bindings::ringfence::call::job::Origin,
    entry::Entry,
    finish::tell,
    scripts::Scripts,
    start::{Language, Start},
};

pub(crate) use lua::module as lua;
pub(crate) use sandbox::module as sandbox;

/// What a call is told about its script; both applications say it in their manual.
macro_rules! afterwards {
    () => {
        "Afterwards `script_result` is `ok`, `error` (the script raised one), why it was ended \
         (`killed`, `hangup-grace`, `cpu-limit` …; docs/sandbox.md has them all), or why it was not \
         started (`capacity`, `unloaded`, `start-failed`, `script-instances` …); `script_error` is the \
         error's first line; `script_job` is the job's id. In every case the dialplan goes on with the \
         next action, unless the script hung up, transferred the call, or said \
         `session:setAutoHangup(true)`, or it was ended and its profile's `on-end` says otherwise."
    };
}
use afterwards;

/// Runs a script for a dialplan, and waits for its end.
async fn on_call(scripts: &Scripts, language: Language, session: Session, data: &str) {
    let started = scripts.start(Start {
        language,
        origin: Origin::Application,
        owner: Owner::new("call", &**session.uuid()),
        line: data,
        session: Some(session.clone()),
        environment: None,
        entry: Entry::default(),
    });
    match started.await {
        Ok(launched) => drop(launched.kill_on_drop().finish().await),
        Err(error) => {
            tracing::error!(call = %session.uuid(), script = %data, "{error}");
            scripts.failed(&error.to_string());
            tell(&session, None, error.name(), Some(&error.to_string()));
        }
    }
}
