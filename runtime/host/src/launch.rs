//! One run of a script, from the source to what the call is told about its end.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringfence_sandbox::{Guest, Job, LoadError, Owner, Profile, Run};
use ringfence_switch::{Authority, Session, Switch};

use crate::{
    bindings::{
        Invocation,
        ringfence::call::{
            job::Origin,
            script::{Code, Directory},
        },
    },
    configuration::LuaConfiguration,
    entry::Entry,
    finish::{FAULT, Launched, described},
    gate::Inside,
    guests::{self, Guests},
    host::Host,
    output::Printed,
    profile::ScriptProfile,
    trace::Trace,
    version::LuaVersion,
    versions::Pinned,
};

/// The largest output of the API command `lua`, in bytes; a script that writes more gets an error.
pub const MAX_OUTPUT: usize = 1 << 20;

/// How many digits of a component's hash are its version.
const VERSION: usize = 12;

tokio::task_local! {
    /// The script that the current task works for.
    static PARENT: Arc<Job>;
}

/// Does something for a script, so that what it starts is known to be started by it.
pub(crate) async fn within<T>(job: &Arc<Job>, work: impl Future<Output = T>) -> T {
    PARENT.scope(Arc::clone(job), work).await
}

/// What is run.
pub(crate) enum Program {
    /// Lua, by the interpreter of that version; `pinned` is what it may require.
    Lua { version: LuaVersion, code: Code, pinned: Pinned, inside: Inside },
    /// A component that is the script.
    Component(Guest<Host>),
}

/// A script that is ready to be run.
pub(crate) struct Launch {
    pub(crate) switch: Switch,
    pub(crate) guests: Guests,
    pub(crate) configuration: Arc<LuaConfiguration>,
    pub(crate) trace: Option<Arc<dyn Trace>>,
    pub(crate) origin: Origin,
    pub(crate) owner: Owner,
    pub(crate) program: Program,
    /// As it was named; `inline` for code in the command line.
    pub(crate) name: String,
    /// None for code in the command line.
    pub(crate) path: Option<PathBuf>,
    pub(crate) arguments: Option<Vec<String>>,
    pub(crate) environment: Option<Vec<(String, String)>>,
    pub(crate) entry: Entry,
    pub(crate) session: Option<Session>,
    pub(crate) profile: Arc<ScriptProfile>,
}

/// Why a script did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotStarted {
    #[error(transparent)]
    Guest(#[from] LoadError),
    #[error(transparent)]
    Refused(#[from] ringfence_sandbox::Refusal),
}

impl Launch {
    /// Starts the script; returns when it has its place in the sandbox.
    pub(crate) async fn start(self) -> Result<Launched, NotStarted> {
        let (guest, version, code, pinned, inside) = match self.program {
            Program::Lua { version, code, pinned, inside } => {
                let guest = self.guests.interpreter(version).await?.guest.clone();
                let id = pinned.version().id.clone();
                (guest, id, Some(code), Some(pinned), Some(inside))
            }
            Program::Component(guest) => {
                let version = guest.hash().get(..VERSION).map(Arc::from);
                (guest, version, None, None, None)
            }
        };
        let profile = Arc::clone(&self.profile.sandbox);
        let about = self.entry.call();
        let host = Host {
            switch: Some(self.switch.clone()),
            session: self.session.clone(),
            auto_hangup: false,
            output: (self.origin == Origin::Api).then(Vec::new),
            trace: self.trace.clone(),
            entry: self.entry,
            version: pinned,
            authority: Authority::new(&self.name, &profile.name, &self.profile.permissions),
            statement: self.profile.statement,
            command_time: self.profile.command,
            refused: 0,
            refusals: self.profile.refusals,
            denied: BTreeSet::new(),
            _inside: inside,
        };
        let run = Run {
            script: Arc::from(self.name.as_str()),
            version,
            owner: self.owner,
            parent: PARENT.try_with(Arc::clone).ok(),
            call: self.session.as_ref().map(|session| session.uuid().to_string()).or(about),
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
                code,
                arguments: self.arguments,
                environment: self.environment,
            },
        );
        let started = self.guests.sandbox().start(&guest, run, move |store, instance| {
            Box::pin(async move {
                let run = guests::run(&mut *store, &instance)?;
                let (answer,) = run.call_async(&mut *store, (invocation,)).await?;
                if let Err(fault) = &answer {
                    store.data().job().failed(FAULT, described(fault));
                }
                Ok(answer)
            })
        });
        let handle = started.await.map_err(|refused| refused.why)?;
        Ok(Launched {
            handle,
            name: self.name,
            origin: self.origin,
            session: self.session,
            profile: self.profile,
            trace: self.trace,
        })
    }
}

/// What differs from run to run.
struct Invoked<'a> {
    origin: Origin,
    name: &'a str,
    path: Option<&'a Path>,
    code: Option<Code>,
    arguments: Option<Vec<String>>,
    environment: Option<Vec<(String, String)>>,
}

fn invocation(profile: &Profile, configuration: &LuaConfiguration, run: Invoked<'_>) -> Invocation {
    Invocation {
        origin: run.origin,
        script: run.name.to_owned(),
        path: run.path.map(text),
        code: run.code,
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
