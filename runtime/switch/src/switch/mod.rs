//! The root object: configuration, calls, events, applications and commands of one server.

mod calls;
mod counters;
mod databases;
mod globals;
mod limits;
mod modules;
mod shutdown;
mod store;
mod tables;
mod usage;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::{Mutex, RwLock};
use ringfence_database::Databases;
use ringfence_media::Media;
use ringfence_outside::Outside;
use ringfence_rim::Clock;
use ringfence_sip::{Invitation, Stack};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use crate::authority;
use crate::cause::Cause;
use crate::config::Configuration;
use crate::event::{Bus, Core, Event, EventName};
use crate::lookup::{Bound, Cache};
use crate::schedule::Schedule;
use crate::session::Session;
use crate::speech::Speech;
use crate::xml::{Fault, Severity};

pub use calls::Calls;
pub use counters::{Counters, Statistics};
pub use globals::Globals;
pub use limits::{RETRY_AFTER, Refusal};
pub use modules::{Lifecycle, Module, ModuleError};
pub use shutdown::Shutdown;
pub use store::{MAX_LENGTH, MAX_VALUES, Store, Unkept};
pub use usage::{Allowed, Denied, MAX_RESOURCES, Usage};

use crate::command::{Aliases, CommandContext, UnknownCommand, nested};

/// What a switch is made of.
pub struct Setup {
    /// What the operator configured.
    pub configuration: Configuration,
    /// Where `reloadxml` reads it again; none refuses to.
    pub directory: Option<PathBuf>,
    /// The SIP stack and the calls that come to it; none makes no SIP calls.
    pub sip: Option<(Stack, mpsc::Receiver<Invitation>)>,
    /// Where audio is played and recorded.
    pub media: Media,
    /// The wall clock.
    pub clock: Clock,
    /// The machine's name, for events and `status`.
    pub hostname: String,
}

/// A call server. Clones are the same server.
///
/// Made within a tokio runtime: the channels are tasks of it.
#[derive(Clone)]
pub struct Switch(Arc<Inner>);

struct Inner {
    configuration: ArcSwap<Configuration>,
    directory: Option<PathBuf>,
    globals: Globals,
    events: Bus,
    sessions: RwLock<HashMap<Arc<str>, Session, foldhash::fast::RandomState>>,
    tables: RwLock<tables::Tables>,
    bindings: RwLock<Vec<Bound>>,
    lookups: Cache,
    sip: Option<Stack>,
    media: Media,
    outside: Outside,
    databases: Databases,
    speech: Speech,
    clock: Clock,
    runtime: Handle,
    started: Instant,
    numbers: AtomicU64,
    counters: Counters,
    rate: Mutex<limits::Rate>,
    closing: AtomicBool,
    /// Of each direction, whether it takes no new calls.
    paused: [AtomicBool; 2],
    /// All events of channels have their variables (`fsctl verbose_events`).
    verbose: AtomicBool,
    schedule: Schedule,
    usage: Usage,
    store: Store,
    aliases: Aliases,
    /// Told when the last session is gone, and when somebody asks for the end.
    idle: Notify,
    asked: Mutex<Option<Shutdown>>,
}

impl fmt::Debug for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switch")
            .field("sessions", &self.0.sessions.read().len())
            .finish_non_exhaustive()
    }
}

impl Switch {
    /// Makes a switch and takes calls from now on, with the applications and commands of this crate.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let (switch, calls) = Self::closed(setup);
        calls.take();
        switch
    }

    /// Makes a switch that takes no calls before it is told to, so that modules can be registered.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn closed(setup: Setup) -> (Self, Calls) {
        let (stack, invitations) = match setup.sip {
            Some((stack, invitations)) => (Some(stack), Some(invitations)),
            None => (None, None),
        };
        let addresses = limits::addresses(stack.as_ref());
        let switchname = setup.configuration.switchname().unwrap_or(&setup.hostname).to_owned();
        let core = Core::new(&setup.hostname, &switchname, addresses.0, addresses.1, setup.clock);
        let outside = Outside::new(&setup.clock);
        let databases = databases::of(&setup.configuration, &setup.clock);
        let globals = Globals::new(setup.configuration.globals().clone());
        globals.introduce(&core);
        let verbose = setup.configuration.switch.verbose_events;
        let switch = Self(Arc::new(Inner {
            configuration: ArcSwap::from_pointee(setup.configuration),
            directory: setup.directory,
            globals,
            events: Bus::new(core),
            sessions: RwLock::default(),
            tables: RwLock::default(),
            bindings: RwLock::default(),
            lookups: Cache::default(),
            sip: stack,
            media: setup.media,
            speech: Speech::new(&outside),
            outside,
            databases,
            clock: setup.clock,
            runtime: Handle::current(),
            started: Instant::now(),
            numbers: AtomicU64::new(0),
            counters: Counters::default(),
            rate: Mutex::new(limits::Rate::new()),
            closing: AtomicBool::new(false),
            paused: [const { AtomicBool::new(false) }; 2],
            verbose: AtomicBool::new(verbose),
            schedule: Schedule::default(),
            usage: Usage::default(),
            store: Store::default(),
            aliases: Aliases::default(),
            idle: Notify::new(),
            asked: Mutex::new(None),
        }));
        switch.register(crate::application::module());
        switch.register(crate::command::module());
        switch.register(crate::outside::curl_module());
        modules::fixed().into_iter().for_each(|module| switch.register(module));
        let calls = Calls { switch: switch.clone(), invitations };
        (switch, calls)
    }

    /// The configuration as it is now; `reloadxml` replaces it.
    #[must_use]
    pub fn configuration(&self) -> Arc<Configuration> {
        self.0.configuration.load_full()
    }

    /// Where requests and commands are waited for.
    #[must_use]
    pub fn outside(&self) -> &Outside {
        &self.0.outside
    }

    /// The pools of connections to databases.
    #[must_use]
    pub fn databases(&self) -> &Databases {
        &self.0.databases
    }

    /// The engines that speak and recognise speech.
    #[must_use]
    pub fn speech(&self) -> &Speech {
        &self.0.speech
    }

    /// The global variables.
    #[must_use]
    pub fn variables(&self) -> &Globals {
        &self.0.globals
    }

    /// Values that calls and scripts share.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Resources that calls are counted in.
    #[must_use]
    pub fn usage(&self) -> &Usage {
        &self.0.usage
    }

    /// What is to be done later.
    pub(crate) fn scheduled(&self) -> &Schedule {
        &self.0.schedule
    }

    /// Whether all events of channels have the channel's variables.
    #[must_use]
    pub fn verbose_events(&self) -> bool {
        self.0.verbose.load(Ordering::Relaxed)
    }

    /// Says whether they have; a call can say so for itself (`verbose_events`).
    pub fn set_verbose_events(&self, verbose: bool) {
        self.0.verbose.store(verbose, Ordering::Relaxed);
    }

    /// The event bus.
    #[must_use]
    pub fn events(&self) -> &Bus {
        &self.0.events
    }

    /// Who answers lookups before the configuration does.
    pub(crate) fn bindings(&self) -> &RwLock<Vec<Bound>> {
        &self.0.bindings
    }

    /// What they answered a while ago.
    pub(crate) fn lookup_cache(&self) -> &Cache {
        &self.0.lookups
    }

    /// Audio.
    #[must_use]
    pub fn media(&self) -> &Media {
        &self.0.media
    }

    /// The SIP stack, if there is one.
    #[must_use]
    pub fn sip(&self) -> Option<&Stack> {
        self.0.sip.as_ref()
    }

    /// The wall clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Microseconds since 1970.
    pub(crate) fn microseconds(&self) -> u64 {
        u64::try_from(self.0.clock.since_epoch().as_micros()).unwrap_or(u64::MAX)
    }

    /// Counters since the start.
    pub(crate) fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Since when this server runs, on tokio's clock.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.0.started
    }

    /// What happened since the start.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.0.counters.read(self.0.sessions.read().len())
    }

    /// The session with that uuid, until it is gone.
    #[must_use]
    pub fn session(&self, uuid: &str) -> Option<Session> {
        self.0.sessions.read().get(uuid).cloned()
    }

    /// All sessions, oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        let mut sessions: Vec<Session> = self.0.sessions.read().values().cloned().collect();
        sessions.sort_by_key(|session| session.0.number);
        sessions
    }

    /// Runs something on the calls' runtime.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.runtime.spawn(task));
    }

    /// The runtime of the calls.
    #[must_use]
    pub fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    pub(crate) fn new_uuid(&self) -> Arc<str> {
        uuid::Uuid::new_v4().to_string().into()
    }

    /// Puts a session on the list; false when its uuid is taken.
    pub(crate) fn register_session(&self, session: &Session) -> bool {
        let mut sessions = self.0.sessions.write();
        if sessions.contains_key(session.uuid()) {
            return false;
        }
        sessions.insert(Arc::clone(session.uuid()), session.clone());
        self.0.counters.active(sessions.len());
        true
    }

    /// Takes a session off the list.
    pub(crate) fn unregister(&self, session: &Session) {
        let empty = {
            let mut sessions = self.0.sessions.write();
            sessions.remove(session.uuid());
            sessions.is_empty()
        };
        self.unschedule_group(session.uuid());
        self.0.usage.release(session.uuid(), None, None);
        crate::log::levels().forget(session.uuid());
        if empty {
            self.0.idle.notify_waiters();
        }
    }

    /// Hangs up all calls for which `which` holds; answers how many.
    pub fn hangup_all(&self, cause: Cause, which: impl Fn(&Session) -> bool) -> usize {
        let sessions = self.sessions();
        let chosen = sessions.iter().filter(|session| which(session));
        chosen.map(|session| session.hangup(cause)).count()
    }

    /// What a command that is typed at a console stands for, when it is an alias.
    #[must_use]
    pub fn alias(&self, name: &str, arguments: &str) -> Option<String> {
        self.0.aliases.expand(name, arguments)
    }

    pub(crate) fn aliases(&self) -> &Aliases {
        &self.0.aliases
    }

    /// Runs an API command and answers its output. `session` is the call it works for.
    ///
    /// # Errors
    ///
    /// There is no such command; callers answer `INVALID COMMAND!` and a newline.
    pub async fn command(
        &self,
        name: &str,
        arguments: &str,
        session: Option<&Session>,
    ) -> Result<String, UnknownCommand> {
        self.run_command(name, arguments, session, None).await
    }

    /// The same with what is known of who runs it.
    pub(crate) async fn command_for(
        &self,
        name: &str,
        arguments: &str,
        session: Option<&Session>,
        environment: Event,
    ) -> Result<String, UnknownCommand> {
        self.run_command(name, arguments, session, Some(Arc::new(environment))).await
    }

    async fn run_command(
        &self,
        name: &str,
        arguments: &str,
        session: Option<&Session>,
        environment: Option<Arc<Event>>,
    ) -> Result<String, UnknownCommand> {
        // What was asked for is told after it was done, and also what there is not.
        let told = || {
            self.0.events.fire(EventName::Api, |event| {
                event.set("API-Command", name).set("API-Command-Argument", arguments.trim());
            });
        };
        let Some(command) = self.find_command(name) else {
            told();
            return Err(UnknownCommand(name.to_owned()));
        };
        if let Err(refused) = authority::command(command.name) {
            return Ok(format!("-ERR {refused}\n"));
        }
        let context =
            CommandContext { switch: self.clone(), session: session.cloned(), environment };
        let output = nested((command.run)(context, arguments.trim().to_owned())).await;
        told();
        Ok(output)
    }

    /// Reads the configuration again. With errors the old one stays: nothing of the new one is used. Each
    /// fault is logged.
    ///
    /// Blocks on no call thread. SIP listeners stay as they were; the rest is taken by the next call.
    ///
    /// # Errors
    ///
    /// The faults, each with file and line.
    pub async fn reload(&self) -> Result<Vec<Fault>, Vec<Fault>> {
        let reloaded = self.read_again().await.map_err(|faults| {
            // What would hold instead does not: the old configuration does.
            let bare = faults.into_iter().map(|fault| Fault { so: None, ..fault });
            bare.collect::<Vec<_>>()
        });
        match &reloaded {
            Ok(faults) => faults.iter().for_each(Fault::log),
            Err(faults) => {
                faults.iter().for_each(Fault::log);
                tracing::error!("the configuration has errors and is not used: the old one stays");
            }
        }
        reloaded
    }

    async fn read_again(&self) -> Result<Vec<Fault>, Vec<Fault>> {
        let Some(directory) = self.0.directory.clone() else {
            return Err(vec![Fault::error(
                crate::xml::Place::new("(none)", 0),
                "this server was started without a configuration directory",
            )]);
        };
        let loaded =
            self.0.runtime.spawn_blocking(move || Configuration::load(&directory)).await.map_err(
                |error| {
                    vec![Fault::error(
                        crate::xml::Place::new("(configuration)", 0),
                        format!("reading it failed: {error}"),
                    )]
                },
            )?;
        let (configuration, faults) = loaded?;
        if faults.iter().any(|fault| fault.severity == Severity::Error) {
            return Err(faults);
        }
        self.0.globals.merge(configuration.globals());
        self.0.configuration.store(Arc::new(configuration));
        self.0.lookups.clear();
        self.configured();
        self.0.events.fire(EventName::Reloadxml, |_| {});
        Ok(faults)
    }

    /// Counts the next session; its number is `session_id`.
    pub(crate) fn next_number(&self) -> u64 {
        self.0.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }
}
