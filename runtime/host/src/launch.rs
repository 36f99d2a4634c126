//! One run of a script, from the source to what the call is told about its end.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ringfence_sandbox::{Cost, Ended, EndedBy, JobHandle, LoadError, Profile, Run};
use ringfence_switch::{Cause, Hook, Session, Switch};
use uuid::Uuid;

use crate::{
    bindings::{CallScript, Directory, Fault, Invocation, ringfence::call::job::Origin},
    configuration::LuaConfiguration,
    guests::Guests,
    host::Host,
    output::Printed,
    profile::ScriptProfile,
    trace::Trace,
    version::LuaVersion,
};

/// The largest output of the API command `lua`, in bytes; a script that writes more gets an error.
pub const MAX_OUTPUT: usize = 1 << 20;

/// Scripts that run within each other at most: `api:execute("lua", …)` and `session:execute("lua", …)`
/// wait for the inner script. One that starts itself would take all guests otherwise.
pub const MAX_NESTED: usize = 16;

tokio::task_local! {
    /// How many scripts the current task works for, one within the other.
    static NESTED: usize;
}

/// Does something for a script, so that a script started by it knows how deep it is.
pub(crate) async fn within<T>(nested: usize, work: impl Future<Output = T>) -> T {
    NESTED.scope(nested, work).await
}

/// A script that is ready to be run.
pub(crate) struct Launch {
    pub(crate) switch: Switch,
    pub(crate) guests: Guests,
    pub(crate) configuration: Arc<LuaConfiguration>,
    pub(crate) trace: Option<Arc<dyn Trace>>,
    pub(crate) origin: Origin,
    /// As it was named; `inline` for code in the command line.
    pub(crate) name: String,
    /// None for code in the command line.
    pub(crate) path: Option<PathBuf>,
    pub(crate) source: Vec<u8>,
    pub(crate) arguments: Option<Vec<String>>,
    pub(crate) environment: Option<Vec<(String, String)>>,
    pub(crate) session: Option<Session>,
    pub(crate) version: LuaVersion,
    pub(crate) profile: Arc<ScriptProfile>,
}

/// A script that runs.
pub(crate) struct Launched {
    handle: JobHandle<Host, Result<(), Fault>>,
    name: String,
    session: Option<Session>,
    trace: Option<Arc<dyn Trace>>,
}

/// Why a script did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotStarted {
    #[error("{MAX_NESTED} scripts run within each other already; this one is not started")]
    Nested,
    #[error(transparent)]
    Guest(#[from] LoadError),
    #[error(transparent)]
    Refused(#[from] ringfence_sandbox::Refusal),
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The job's id.
    pub job: Uuid,
    /// What went wrong; none when the script ran to its end or called `os.exit`.
    pub error: Option<String>,
    /// `ok`, `error` (the script raised one), or why it was ended: `killed`, `trap`, `wall-limit` …
    pub result: &'static str,
    /// What it wrote to `stream`.
    pub output: String,
    /// What it cost.
    pub cost: Cost,
}

impl Launch {
    /// Starts the script; returns when it has its place in the sandbox.
    pub(crate) async fn start(self) -> Result<Launched, NotStarted> {
        let nested = NESTED.try_with(|nested| *nested).unwrap_or(0);
        if nested >= MAX_NESTED {
            return Err(NotStarted::Nested);
        }
        let interpreter = self.guests.interpreter(self.version).await?.clone();
        let profile = Arc::clone(&self.profile.sandbox);
        let call = self.session.as_ref().map(|session| session.uuid().to_string());
        let output = (self.origin == Origin::Api).then(Vec::new);
        let host = Host {
            switch: Some(self.switch.clone()),
            session: self.session.clone(),
            auto_hangup: false,
            nested: nested + 1,
            output,
            trace: self.trace.clone(),
        };
        let run = Run {
            script: Arc::from(self.name.as_str()),
            version: None,
            owner: match self.origin {
                Origin::Application => "call",
                Origin::Api => "api",
                Origin::Background => "luarun",
            }
            .to_owned(),
            call,
            profile: Arc::clone(&profile),
            host,
            clock: *self.switch.clock(),
            output: Arc::new(Printed { trace: self.trace.clone() }),
        };
        let invocation = invocation(
            &profile,
            &self.configuration,
            Invoked {
                origin: self.origin,
                name: &self.name,
                path: self.path.as_deref(),
                source: self.source,
                arguments: self.arguments,
                environment: self.environment,
            },
        );
        let handle = self
            .guests
            .sandbox()
            .start(&interpreter.guest, run, move |store, instance| {
                Box::pin(async move {
                    let script = CallScript::new(&mut *store, &instance)?;
                    script.call_run(store, &invocation).await
                })
            })
            .await
            .map_err(|refused| refused.why)?;
        Ok(Launched { handle, name: self.name, session: self.session, trace: self.trace })
    }
}

impl Launched {
    /// The job's id.
    pub(crate) fn id(&self) -> Uuid {
        self.handle.id()
    }

    /// The script ends when whoever waits for it is gone.
    pub(crate) fn kill_on_drop(self) -> Self {
        Self { handle: self.handle.kill_on_drop(), ..self }
    }

    /// Waits for the end, logs what went wrong, and tells the call: variables, autohangup.
    pub(crate) async fn finish(mut self) -> Ending {
        let Ended { id, result, host, cost } = self.handle.wait().await;
        let (result, error) = match result {
            Ok(Ok(())) | Err(EndedBy::Exit { .. }) => ("ok", None),
            Ok(Err(fault)) => ("error", Some(described(&fault))),
            Err(why) => (why.name(), Some(why.to_string())),
        };
        if let Some(error) = &error {
            self.failed(result, error);
        }
        if let Some(session) = &self.session {
            tell(session, id, result, error.as_deref());
            if host.as_ref().is_some_and(|host| host.auto_hangup)
                && session.hook() != Some(Hook::Transfer)
            {
                session.hangup(Cause::NORMAL_CLEARING);
            }
        }
        let output = host.and_then(|host| host.output).unwrap_or_default();
        let output = ringfence_text::decode(&output).into_owned();
        Ending { job: id, error, result, output, cost }
    }

    /// To the log and the trace. Kills and limits the sandbox has logged itself.
    fn failed(&self, result: &str, error: &str) {
        if result == "error" {
            let job = self.handle.job();
            let at = job.place().map(|place| place.to_string()).unwrap_or_default();
            tracing::error!(
                call = %job.call().unwrap_or_default(),
                script = %self.name,
                %at,
                "{error}"
            );
        }
        if let Some(trace) = &self.trace {
            trace.failed(error);
        }
    }
}

/// Leaves on the call what the dialplan may want to know. The names are ours and set cannot fail.
fn tell(session: &Session, id: Uuid, result: &str, error: Option<&str>) {
    for (name, value) in [
        ("script_job", Some(id.to_string())),
        ("script_result", Some(result.to_owned())),
        ("script_error", error.map(|error| error.lines().next().unwrap_or_default().to_owned())),
    ] {
        if let Err(refused) = session.set_variable(name, value.as_deref()) {
            tracing::warn!(call = %session.uuid(), name, %refused, "variable not set");
        }
    }
}

/// Message and traceback, as FreeSWITCH logs them.
fn described(fault: &Fault) -> String {
    if fault.traceback.is_empty() {
        fault.message.clone()
    } else {
        format!("{}\n{}", fault.message, fault.traceback)
    }
}

/// What differs from run to run.
struct Invoked<'a> {
    origin: Origin,
    name: &'a str,
    path: Option<&'a Path>,
    source: Vec<u8>,
    arguments: Option<Vec<String>>,
    environment: Option<Vec<(String, String)>>,
}

fn invocation(profile: &Profile, configuration: &LuaConfiguration, run: Invoked<'_>) -> Invocation {
    Invocation {
        origin: run.origin,
        script: run.name.to_owned(),
        path: run.path.map(text),
        source: run.source,
        arguments: run.arguments,
        environment: run.environment,
        seed: rand::random(),
        profile: profile.name.clone(),
        memory: u64::try_from(profile.memory).unwrap_or(u64::MAX),
        package_path: configuration.package_path(),
        directory: text(configuration.folder()),
        directories: profile
            .directories
            .iter()
            .map(|directory| Directory { path: text(&directory.path), write: directory.write })
            .collect(),
    }
}

/// A path as guests get it.
fn text(path: &Path) -> String {
    ringfence_text::decode(path.as_os_str().as_encoded_bytes()).into_owned()
}

/// Compiles a script without running it.
pub(crate) async fn check(
    guests: &Guests,
    version: LuaVersion,
    profile: &Arc<Profile>,
    path: &Path,
    source: Vec<u8>,
) -> Result<(), String> {
    let interpreter = guests.interpreter(version).await.map_err(|error| error.to_string())?.clone();
    let run = Run::new("check", Arc::clone(profile), Host::nothing());
    let name = text(path);
    let started = guests.sandbox().start(&interpreter.guest, run, move |store, instance| {
        Box::pin(async move {
            let script = CallScript::new(&mut *store, &instance)?;
            script.call_check(store, &name, &source).await
        })
    });
    let mut handle = started.await.map_err(|refused| refused.why.to_string())?;
    match handle.wait().await.result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(described(&fault)),
        Err(why) => Err(why.to_string()),
    }
}
