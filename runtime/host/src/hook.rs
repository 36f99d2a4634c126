//! Event hooks: scripts that are run for events, one event after the other, beside the bus.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_sandbox::Owner;
use ringfence_switch::{
    config::EventHook,
    event::{Event, EventName, Filter, Subscription},
};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::{
    bindings::ringfence::call::job::Origin,
    entry::Entry,
    events::SUBCLASS,
    scripts::Scripts,
    start::{Language, Start},
};

/// What kind of owner a hook is.
const OWNER: &str = "hook";

/// How often the log is told at most that events are missed.
const TELL: Duration = Duration::from_secs(60);

/// How often is looked whether events are missed while a script runs.
const LOOK: Duration = Duration::from_secs(1);

/// The hooks of a server.
#[derive(Default)]
pub(crate) struct Hooks(Mutex<Vec<Running>>);

/// A hook that listens, until it is dropped.
struct Running {
    hook: EventHook,
    queue: usize,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What became of a hook's events.
#[derive(Debug, Default)]
struct Counts {
    run: AtomicU64,
    failed: AtomicU64,
    missed: AtomicU64,
}

/// A hook and what became of its events, for lists.
pub(crate) struct HookInfo {
    pub(crate) hook: EventHook,
    pub(crate) run: u64,
    pub(crate) failed: u64,
    pub(crate) missed: u64,
}

impl Scripts {
    /// Listens for the hooks that lua.conf.xml names, from now on. Those that it named before go on.
    pub(crate) fn hook(&self) {
        let configuration = self.configuration();
        let settings = configuration.settings();
        let mut before = std::mem::take(&mut *self.0.hooks.0.lock());
        let mut hooks = Vec::with_capacity(settings.hooks.len());
        for hook in &settings.hooks {
            let same =
                |running: &Running| running.hook == *hook && running.queue == settings.hook_queue;
            hooks.push(match before.iter().position(same) {
                Some(at) => before.swap_remove(at),
                None => self.listen(hook.clone(), settings.hook_queue),
            });
        }
        *self.0.hooks.0.lock() = hooks;
    }

    fn listen(&self, hook: EventHook, queue: usize) -> Running {
        let filter = match (&hook.event, &hook.subclass) {
            (None, _) => Filter::all(),
            (Some(_), Some(subclass)) => Filter::none().with_subclass(subclass),
            (Some(event), None) => Filter::none().with(*event),
        };
        let subscription = self.0.switch.events().subscribe(filter, queue);
        let counts = Arc::new(Counts::default());
        let serving = serve(self.clone(), hook.clone(), subscription, Arc::clone(&counts));
        let task = self.0.switch.runtime().spawn(serving);
        Running { hook, queue, counts, task }
    }

    /// All hooks, in the order of lua.conf.xml.
    pub(crate) fn hooks(&self) -> Vec<HookInfo> {
        let hooks = self.0.hooks.0.lock();
        let info = |running: &Running| HookInfo {
            hook: running.hook.clone(),
            run: running.counts.run.load(Ordering::Relaxed),
            failed: running.counts.failed.load(Ordering::Relaxed),
            missed: running.counts.missed.load(Ordering::Relaxed),
        };
        hooks.iter().map(info).collect()
    }
}

/// Runs the script for each event, for as long as the hook is there.
async fn serve(
    scripts: Scripts,
    hook: EventHook,
    mut subscription: Subscription,
    counts: Arc<Counts>,
) {
    let mut missed = Missed { told: None, delivered: 0, counts: Arc::clone(&counts) };
    loop {
        let delivery = subscription.next().await;
        missed.delivered += delivery.missed;
        missed.look(&hook, &subscription);
        if is_of_hook(&delivery.event) {
            continue;
        }
        let running = run(&scripts, &hook, &delivery.event, &counts);
        tokio::pin!(running);
        loop {
            tokio::select! {
                () = &mut running => break,
                () = sleep(LOOK) => missed.look(&hook, &subscription),
            }
        }
    }
}

/// How many events a hook missed, and when the log was told.
struct Missed {
    told: Option<Instant>,
    /// Those that deliveries told of.
    delivered: u64,
    counts: Arc<Counts>,
}

impl Missed {
    fn look(&mut self, hook: &EventHook, subscription: &Subscription) {
        let all = self.delivered + subscription.missed();
        let before = self.counts.missed.swap(all, Ordering::Relaxed);
        if all > before && self.told.is_none_or(|told| told.elapsed() >= TELL) {
            self.told = Some(Instant::now());
            tracing::warn!(
                script = hook.line, at = %hook.place, missed = all,
                "the hook's script is slower than its events: what does not fit hook-queue is missed"
            );
        }
    }
}

async fn run(scripts: &Scripts, hook: &EventHook, event: &Event, counts: &Counts) {
    let started = scripts.start(Start {
        language: Language::Usual,
        origin: Origin::Hook,
        owner: Owner::new(OWNER, &*hook.line),
        line: &hook.line,
        session: None,
        environment: None,
        entry: Entry::hook(event),
    });
    counts.run.fetch_add(1, Ordering::Relaxed);
    let failed = match started.await {
        Ok(launched) => launched.kill_on_drop().finish().await.error.is_some(),
        Err(error) => {
            tracing::error!(script = hook.line, at = %hook.place, "the hook's script: {error}");
            true
        }
    };
    if failed {
        counts.failed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether an event only tells that a hook's script runs: a hook that asks for these would cause them
/// for ever.
fn is_of_hook(event: &Event) -> bool {
    event.name() == EventName::Custom
        && event.subclass() == Some(SUBCLASS)
        && event.header("Script-Owner").is_some_and(|owner| owner.starts_with(OWNER))
}
