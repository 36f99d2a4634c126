//! Who wants which events, and how they get them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::{Core, Event, EventName};

/// The longest queue that a subscriber may ask for; 100,000 events are some 200 MB. A longer one is
/// made this long.
pub const MAX_QUEUE: usize = 100_000;

/// Which events a subscriber wants.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    names: u128,
    subclasses: Vec<String>,
}

impl Filter {
    /// Nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { names: 0, subclasses: Vec::new() }
    }

    /// Everything.
    #[must_use]
    pub const fn all() -> Self {
        Self { names: u128::MAX, subclasses: Vec::new() }
    }

    /// All events of that name; for `CUSTOM`, all subclasses.
    #[must_use]
    pub const fn with(mut self, name: EventName) -> Self {
        self.names |= 1 << name.index();
        self
    }

    /// The `CUSTOM` events of that subclass.
    #[must_use]
    pub fn with_subclass(mut self, subclass: impl Into<String>) -> Self {
        self.subclasses.push(subclass.into());
        self
    }

    /// Wants also what another one wants.
    pub fn merge(&mut self, other: &Self) {
        self.names |= other.names;
        for subclass in &other.subclasses {
            if !self.subclasses.contains(subclass) {
                self.subclasses.push(subclass.clone());
            }
        }
    }

    /// Whether both want the same `CUSTOM` events.
    #[must_use]
    pub fn same_subclasses(&self, other: &Self) -> bool {
        let all = 1 << EventName::Custom.index();
        self.names & all == other.names & all
            && self.subclasses.len() == other.subclasses.len()
            && self.subclasses.iter().all(|subclass| other.subclasses.contains(subclass))
    }

    /// Whether any event of that name is wanted.
    #[must_use]
    pub fn wants(&self, name: EventName) -> bool {
        self.names >> name.index() & 1 == 1
            || (name == EventName::Custom && !self.subclasses.is_empty())
    }

    /// Whether the `CUSTOM` events of that subclass are wanted.
    #[must_use]
    pub fn wants_subclass(&self, subclass: &str) -> bool {
        self.names >> EventName::Custom.index() & 1 == 1
            || self.subclasses.iter().any(|wanted| wanted.eq_ignore_ascii_case(subclass))
    }

    /// Whether that event is wanted.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.names >> event.name().index() & 1 == 1
            || (event.name() == EventName::Custom
                && event.subclass().is_some_and(|subclass| self.wants_subclass(subclass)))
    }
}

/// An event as a subscriber gets it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What happened.
    pub event: Arc<Event>,
    /// How many events this subscriber missed just before, because its queue was full.
    pub missed: u64,
}

/// Takes events on the thread that fires them: must not wait, nor ask the bus for events.
pub trait Tap: Send + Sync {
    /// An event that was asked for.
    fn take(&self, event: &Arc<Event>);
}

struct Subscriber {
    filter: RwLock<Filter>,
    sink: Sink,
    missed: AtomicU64,
}

enum Sink {
    Queue(mpsc::Sender<Delivery>),
    Tap(Arc<dyn Tap>),
}

impl std::fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscriber").field("filter", &self.filter).finish_non_exhaustive()
    }
}

impl Subscriber {
    fn deliver(&self, event: &Arc<Event>) {
        let queue = match &self.sink {
            Sink::Queue(queue) => queue,
            Sink::Tap(tap) => return tap.take(event),
        };
        let missed = self.missed.swap(0, Ordering::Relaxed);
        let delivery = Delivery { event: Arc::clone(event), missed };
        match queue.try_send(delivery) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.missed.fetch_add(missed + 1, Ordering::Relaxed);
            }
            // It is being dropped and takes itself off the list.
            Err(TrySendError::Closed(_)) => {}
        }
    }
}

#[derive(Debug)]
struct Inner {
    core: Core,
    subscribers: RwLock<Vec<Arc<Subscriber>>>,
    /// How many subscribers want each name.
    wanted: [AtomicU32; EventName::ALL.len()],
}

/// Makes events and brings them to their subscribers. Clones are the same bus.
#[derive(Clone, Debug)]
pub struct Bus(Arc<Inner>);

impl Bus {
    /// A bus without subscribers.
    #[must_use]
    pub fn new(core: Core) -> Self {
        Self(Arc::new(Inner {
            core,
            subscribers: RwLock::new(Vec::new()),
            wanted: [const { AtomicU32::new(0) }; EventName::ALL.len()],
        }))
    }

    /// The server as events name it.
    #[must_use]
    pub fn core(&self) -> &Core {
        &self.0.core
    }

    /// Whether anybody listens: one atomic load, asked before anything is built.
    #[must_use]
    pub fn wanted(&self, name: EventName) -> bool {
        self.0.wanted.get(name.index()).is_some_and(|count| count.load(Ordering::Relaxed) > 0)
    }

    /// Whether anybody listens to `CUSTOM` events of that subclass; asked before one is built.
    #[must_use]
    pub fn wanted_custom(&self, subclass: &str) -> bool {
        let wants =
            |subscriber: &Arc<Subscriber>| subscriber.filter.read().wants_subclass(subclass);
        self.wanted(EventName::Custom) && self.0.subscribers.read().iter().any(wants)
    }

    /// A new event with the headers that all events have.
    #[track_caller]
    #[must_use]
    pub fn event(&self, name: EventName) -> Event {
        self.0.core.event(name, None)
    }

    /// Adds the headers that all events have to one that was made bare. One that it has already keeps its
    /// place, not its value.
    #[track_caller]
    pub fn complete(&self, event: &mut Event) {
        self.0.core.describe(event);
    }

    /// A new `CUSTOM` event.
    #[track_caller]
    #[must_use]
    pub fn custom(&self, subclass: &str) -> Event {
        self.0.core.event(EventName::Custom, Some(subclass))
    }

    /// Brings an event to all who want it. Never waits: a queue that is full counts what it misses.
    pub fn publish(&self, event: Event) {
        if !self.wanted(event.name()) {
            return;
        }
        let event = Arc::new(event);
        for subscriber in self.0.subscribers.read().iter() {
            if subscriber.filter.read().matches(&event) {
                subscriber.deliver(&event);
            }
        }
    }

    /// Builds and publishes an event when somebody wants it.
    #[track_caller]
    pub fn fire(&self, name: EventName, build: impl FnOnce(&mut Event)) {
        if self.wanted(name) {
            let mut event = self.event(name);
            build(&mut event);
            self.publish(event);
        }
    }

    /// Asks for events. At most `queue` of them wait (1 to [`MAX_QUEUE`]); dropping the subscription
    /// ends it.
    #[must_use]
    pub fn subscribe(&self, filter: Filter, queue: usize) -> Subscription {
        let (sender, receiver) = mpsc::channel(queue.clamp(1, MAX_QUEUE));
        let registered = self.add(filter, Sink::Queue(sender));
        Subscription { registered, receiver }
    }

    /// Brings events to a [`Tap`] at once, without a queue. Dropping the registration ends it.
    #[must_use]
    pub fn tap(&self, filter: Filter, tap: Arc<dyn Tap>) -> Registered {
        self.add(filter, Sink::Tap(tap))
    }

    fn add(&self, filter: Filter, sink: Sink) -> Registered {
        self.count(&filter, |count| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let filter = RwLock::new(filter);
        let subscriber = Arc::new(Subscriber { filter, sink, missed: AtomicU64::new(0) });
        self.0.subscribers.write().push(Arc::clone(&subscriber));
        Registered { bus: self.clone(), subscriber }
    }

    fn count(&self, filter: &Filter, change: impl Fn(&AtomicU32)) {
        for (name, count) in EventName::ALL.iter().zip(&self.0.wanted) {
            if filter.wants(*name) {
                change(count);
            }
        }
    }
}

/// A subscriber on the list, for as long as this lives.
#[derive(Debug)]
pub struct Registered {
    bus: Bus,
    subscriber: Arc<Subscriber>,
}

impl Registered {
    /// Asks for other events from now on.
    pub fn change(&self, filter: Filter) {
        let mut current = self.subscriber.filter.write();
        // The new ones first: what both want is wanted all the time.
        self.bus.count(&filter, |count| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        self.bus.count(&current, |count| {
            count.fetch_sub(1, Ordering::Relaxed);
        });
        *current = filter;
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.bus.count(&self.subscriber.filter.read(), |count| {
            count.fetch_sub(1, Ordering::Relaxed);
        });
        self.bus.0.subscribers.write().retain(|other| !Arc::ptr_eq(other, &self.subscriber));
    }
}

/// A subscriber's end of the bus.
#[derive(Debug)]
pub struct Subscription {
    registered: Registered,
    receiver: mpsc::Receiver<Delivery>,
}

impl Subscription {
    /// Waits for the next event. The bus never ends before its subscribers.
    pub async fn next(&mut self) -> Delivery {
        match self.receiver.recv().await {
            Some(delivery) => delivery,
            // The sender is kept alive by `self.registered`.
            None => std::future::pending().await,
        }
    }

    /// Asks for other events from now on.
    pub fn change(&self, filter: Filter) {
        self.registered.change(filter);
    }

    /// The next event when one is there.
    pub fn try_next(&mut self) -> Option<Delivery> {
        self.receiver.try_recv().ok()
    }

    /// How many events were missed since the last one that was queued: a gap at the end, which no
    /// [`Delivery`] tells yet.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.registered.subscriber.missed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn bus() -> Bus {
        let (v4, v6) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
        Bus::new(Core::new("host", "switch", v4, v6, ringfence_rim::Clock::System))
    }

    #[tokio::test]
    async fn only_what_is_wanted_is_built() {
        let bus = bus();
        bus.fire(EventName::Dtmf, |_| unreachable!("nobody listens"));
        let mut subscription = bus.subscribe(Filter::none().with(EventName::Dtmf), 10);
        assert!(bus.wanted(EventName::Dtmf) && !bus.wanted(EventName::Api));
        bus.fire(EventName::Dtmf, |event| {
            event.set("DTMF-Digit", "5");
        });
        let delivery = subscription.next().await;
        assert_eq!(delivery.event.header("dtmf-digit").as_deref(), Some("5"));
        assert_eq!(delivery.event.header("Event-Sequence").as_deref(), Some("1"));
        assert_eq!(delivery.event.header("Event-Calling-File").as_deref(), Some("bus.rs"));
        drop(subscription);
        assert!(!bus.wanted(EventName::Dtmf));
        let _one = bus.subscribe(Filter::none().with_subclass("a::b"), 10);
        assert!(bus.wanted_custom("A::B") && !bus.wanted_custom("a::c"));
        let _all = bus.subscribe(Filter::none().with(EventName::Custom), 10);
        assert!(bus.wanted_custom("a::c"));
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_what_it_missed() {
        let bus = bus();
        let mut slow = bus.subscribe(Filter::all(), 2);
        let mut other = bus.subscribe(Filter::all(), 100);
        for _ in 0..5 {
            bus.fire(EventName::Api, |_| {});
        }
        assert_eq!(slow.missed(), 3);
        assert_eq!((slow.next().await.missed, slow.next().await.missed), (0, 0));
        bus.fire(EventName::Api, |_| {});
        let delivery = slow.next().await;
        assert_eq!(delivery.missed, 3);
        assert_eq!(delivery.event.header("Event-Sequence").as_deref(), Some("6"));
        assert!(slow.try_next().is_none());
        assert_eq!(std::iter::from_fn(|| other.try_next()).count(), 6);
    }

    #[test]
    fn a_tap_changes_what_it_asks_for() {
        #[derive(Default)]
        struct Names(parking_lot::Mutex<Vec<EventName>>);
        impl Tap for Names {
            fn take(&self, event: &Arc<Event>) {
                self.0.lock().push(event.name());
            }
        }
        let (bus, names) = (bus(), Arc::new(Names::default()));
        let tap = bus.tap(Filter::none().with(EventName::Api), Arc::clone(&names) as Arc<dyn Tap>);
        let both = || {
            bus.fire(EventName::Api, |_| {});
            bus.fire(EventName::Dtmf, |_| {});
        };
        both();
        tap.change(Filter::none().with(EventName::Dtmf));
        assert!(bus.wanted(EventName::Dtmf) && !bus.wanted(EventName::Api));
        both();
        drop(tap);
        assert!(!bus.wanted(EventName::Dtmf));
        both();
        assert_eq!(*names.0.lock(), [EventName::Api, EventName::Dtmf]);
    }

    #[tokio::test]
    async fn subclasses_are_chosen_by_name() {
        let bus = bus();
        let mut one = bus.subscribe(Filter::none().with_subclass("demo::one"), 10);
        let mut every = bus.subscribe(Filter::none().with(EventName::Custom), 10);
        bus.publish(bus.custom("demo::one"));
        bus.publish(bus.custom("demo::two"));
        bus.publish(bus.event(EventName::Api));
        assert_eq!(one.next().await.event.subclass(), Some("demo::one"));
        assert!(one.try_next().is_none());
        assert_eq!(std::iter::from_fn(|| every.try_next()).count(), 2);
    }
}
