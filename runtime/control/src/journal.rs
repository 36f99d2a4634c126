//! The events that clients asked for, kept once for all of them.
//!
//! A ring bounded in number and bytes; each client has a place in it, and no queue of its own. So a
//! slow client costs nothing: when the ring goes on without it, what it missed is counted, and told
//! by one `CUSTOM ringfence::gap`. And a client that comes back finds what happened meanwhile: what
//! a broken connection wanted is asked for a while longer.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use ringfence_switch::Switch;
use ringfence_switch::event::{Event, EventName, Filter, Registered, Tap};
use tokio::sync::Notify;

use crate::want::Want;

/// Broken connections whose events are kept; one more, and the oldest is forgotten. Guards against a
/// client that breaks in a loop.
const MAX_BROKEN: usize = 100;

/// A client that the ring has overtaken goes on behind the oldest of so many parts of it.
const SKIPPED: usize = 4;

/// The events kept.
pub(crate) struct Journal {
    state: Mutex<State>,
    bound: Bound,
    switch: Switch,
    /// Set once, right after the journal is made; the bus holds the journal in turn.
    tap: Mutex<Option<Registered>>,
}

/// What the ring may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    /// Events.
    pub(crate) events: usize,
    /// Bytes, roughly.
    pub(crate) bytes: usize,
}

#[derive(Default)]
struct State {
    ring: VecDeque<Entry>,
    /// The place of the first one in the ring, counted from the start of the server.
    first: u64,
    bytes: usize,
    readers: HashMap<u64, Place>,
    /// What broken connections wanted, oldest first.
    broken: VecDeque<(u64, Want)>,
    numbers: u64,
    /// For each name that is asked for: the last `Event-Sequence` before.
    since: HashMap<EventName, u64>,
    /// What the bus was asked for.
    asked: Filter,
}

struct Entry {
    event: Arc<Event>,
    sequence: u64,
    bytes: usize,
}

struct Place {
    want: Want,
    next: u64,
    gap: Option<Gap>,
    news: Arc<Notify>,
}

/// What a client missed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Gap {
    /// `Event-Sequence` of the first.
    pub(crate) first: u64,
    /// Of the last.
    pub(crate) last: u64,
    /// How many of those that the client asked for; none when nobody counted.
    pub(crate) events: Option<u64>,
}

impl Gap {
    fn count(&mut self, sequence: u64) {
        self.first = self.first.min(sequence);
        self.last = self.last.max(sequence);
        self.events = self.events.map(|events| events + 1);
    }
}

impl State {
    fn end(&self) -> u64 {
        self.first + self.ring.len() as u64
    }

    /// Forgets the oldest event. Who has not read it yet has missed it, and the oldest part of the
    /// others with it: so it hears of one gap and has time to catch up, instead of missing every
    /// second event from now on.
    fn evict(&mut self) {
        let Some(old) = self.ring.pop_front() else { return };
        self.bytes = self.bytes.saturating_sub(old.bytes);
        let skipped = self.ring.len() / SKIPPED;
        for place in self.readers.values_mut().filter(|place| place.next <= self.first) {
            place.next = self.first + 1 + skipped as u64;
            let missed = std::iter::once(&old).chain(self.ring.iter().take(skipped));
            for entry in missed.filter(|entry| place.want.matches(&entry.event)) {
                let sequence = entry.sequence;
                let new = Gap { first: sequence, last: sequence, events: Some(0) };
                place.gap.get_or_insert(new).count(sequence);
            }
        }
        self.first += 1;
    }

    /// All that anybody wants.
    fn union(&self) -> Filter {
        let wants = self.readers.values().map(|place| &place.want);
        let mut filter = Filter::none();
        for want in wants.chain(self.broken.iter().map(|(_, want)| want)) {
            filter.merge(&want.filter());
        }
        filter
    }
}

/// The journal at the bus. Weak: the bus lives in the switch, which the journal holds.
struct Writer(std::sync::Weak<Journal>);

impl Tap for Writer {
    fn take(&self, event: &Arc<Event>) {
        if let Some(journal) = self.0.upgrade() {
            journal.push(event);
        }
    }
}

impl Journal {
    /// An empty one.
    pub(crate) fn new(switch: Switch, bound: Bound) -> Arc<Self> {
        let journal = Arc::new(Self {
            state: Mutex::default(),
            bound,
            switch: switch.clone(),
            tap: Mutex::default(),
        });
        let writer = Arc::new(Writer(Arc::downgrade(&journal)));
        *journal.tap.lock() = Some(switch.events().tap(Filter::none(), writer));
        journal
    }

    fn push(&self, event: &Arc<Event>) {
        let sequence = event.header("Event-Sequence").and_then(|text| text.parse().ok());
        let entry = Entry {
            event: Arc::clone(event),
            sequence: sequence.unwrap_or(0),
            bytes: event.size(),
        };
        let mut state = self.state.lock();
        state.bytes += entry.bytes;
        state.ring.push_back(entry);
        while state.ring.len() > self.bound.events
            || (state.bytes > self.bound.bytes && state.ring.len() > 1)
        {
            state.evict();
        }
        let end = state.end();
        for place in state.readers.values_mut() {
            if place.want.matches(event) {
                place.news.notify_one();
            } else if place.next + 1 == end {
                // Who has read all goes on having read all, and need not look at this one.
                place.next = end;
            }
        }
    }

    /// A client's place, at the end; it wants nothing yet.
    pub(crate) fn reader(self: &Arc<Self>) -> Reader {
        let news = Arc::new(Notify::new());
        let mut state = self.state.lock();
        state.numbers += 1;
        let number = state.numbers;
        let place =
            Place { want: Want::default(), next: state.end(), gap: None, news: Arc::clone(&news) };
        state.readers.insert(number, place);
        drop(state);
        Reader { journal: Arc::clone(self), number, news }
    }

    /// Asks the bus for what is wanted now.
    fn ask(&self) {
        // One after the other, so that the last one to ask has it.
        let tap = self.tap.lock();
        let filter = self.state.lock().union();
        if let Some(tap) = &*tap {
            tap.change(filter.clone());
        }
        // What was made before this may have been made for nobody.
        let last = self.switch.events().core().sequence();
        let mut state = self.state.lock();
        let State { since, asked, .. } = &mut *state;
        since.retain(|name, _| filter.wants(*name));
        for name in EventName::ALL.iter().filter(|name| filter.wants(**name)) {
            since.entry(*name).or_insert(last);
        }
        if !asked.same_subclasses(&filter) && filter.wants(EventName::Custom) {
            since.insert(EventName::Custom, last);
        }
        *asked = filter;
    }

    /// Asks for what a broken connection wanted for a while longer.
    fn keep(self: &Arc<Self>, want: Want, time: Duration) {
        let mut state = self.state.lock();
        state.numbers += 1;
        let number = state.numbers;
        state.broken.push_back((number, want));
        if state.broken.len() > MAX_BROKEN {
            state.broken.pop_front();
        }
        drop(state);
        let journal = Arc::clone(self);
        drop(self.switch.runtime().spawn(async move {
            tokio::time::sleep(time).await;
            journal.state.lock().broken.retain(|(other, _)| *other != number);
            journal.ask();
        }));
    }
}

/// A client's place in the journal.
pub(crate) struct Reader {
    journal: Arc<Journal>,
    number: u64,
    news: Arc<Notify>,
}

/// What a reader finds.
pub(crate) enum Found {
    /// It was too slow for these.
    Gap(Gap),
    /// The next one.
    Event(Arc<Event>),
}

/// There is no such event yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NotYet {
    /// The `Event-Sequence` of the last one.
    pub(crate) last: u64,
}

impl Reader {
    /// What it asked for.
    pub(crate) fn want(&self) -> Want {
        let state = self.journal.state.lock();
        state.readers.get(&self.number).map(|place| place.want.clone()).unwrap_or_default()
    }

    /// Asks for something else from now on.
    pub(crate) fn set(&self, want: Want) {
        let mut state = self.journal.state.lock();
        let end = state.end();
        if let Some(place) = state.readers.get_mut(&self.number) {
            if place.want.is_empty() {
                // What happened before it asked is not news.
                place.next = end;
            }
            place.want = want;
        }
        drop(state);
        self.journal.ask();
    }

    /// Goes back to the first event with that number or a later one.
    ///
    /// What of it is gone, or was never asked for, is told as a gap.
    ///
    /// # Errors
    ///
    /// It has not happened yet: the server was restarted since.
    pub(crate) fn rewind(&self, sequence: u64) -> Result<(), NotYet> {
        let last = self.journal.switch.events().core().sequence();
        if sequence > last.saturating_add(1) {
            return Err(NotYet { last });
        }
        let mut state = self.journal.state.lock();
        let state = &mut *state;
        let place = state.ring.iter().position(|entry| entry.sequence >= sequence);
        let next = state.first + place.unwrap_or(state.ring.len()) as u64;
        let evicted = if state.first > 0 {
            state.ring.front().map_or(last, |entry| entry.sequence.saturating_sub(1))
        } else {
            0
        };
        let Some(reader) = state.readers.get_mut(&self.number) else { return Ok(()) };
        reader.next = next;
        let wanted = reader.want.filter();
        let since = state.since.iter().filter(|(name, _)| wanted.wants(**name));
        let unasked = since.map(|(_, since)| *since).max().unwrap_or(0);
        // Before this one, something may be missing.
        let complete = evicted.max(unasked);
        reader.gap =
            (sequence <= complete).then_some(Gap { first: sequence, last: complete, events: None });
        reader.news.notify_one();
        Ok(())
    }

    /// What is next, if anything is.
    pub(crate) fn next(&self) -> Option<Found> {
        let mut state = self.journal.state.lock();
        let state = &mut *state;
        let place = state.readers.get_mut(&self.number)?;
        if let Some(gap) = place.gap.take() {
            return Some(Found::Gap(gap));
        }
        loop {
            let index = place.next.checked_sub(state.first)?;
            let entry = state.ring.get(usize::try_from(index).ok()?)?;
            place.next += 1;
            if place.want.matches(&entry.event) {
                return Some(Found::Event(Arc::clone(&entry.event)));
            }
        }
    }

    /// Waits until there may be something new.
    pub(crate) async fn changed(&self) {
        self.news.notified().await;
    }

    /// The connection broke: asks for the same a while longer, so that the client can come back.
    pub(crate) fn keep(&self, time: Duration) {
        let want = self.want();
        if !want.is_empty() && !time.is_zero() {
            self.journal.keep(want, time);
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.journal.state.lock().readers.remove(&self.number);
        self.journal.ask();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_gap_leaves_time_to_catch_up() {
        let mut state = State::default();
        for sequence in 1..=8 {
            let event = Arc::new(Event::bare(EventName::Heartbeat));
            state.ring.push_back(Entry { event, sequence, bytes: 0 });
        }
        let mut want = Want::default();
        want.add_all();
        let place = Place { want, next: 0, gap: None, news: Arc::default() };
        state.readers.insert(1, place);
        state.evict();
        let gap = Some(Gap { first: 1, last: 2, events: Some(2) });
        assert_eq!((state.readers[&1].next, state.readers[&1].gap), (2, gap));
        // It is not overtaken by the next one.
        state.evict();
        assert_eq!((state.readers[&1].next, state.readers[&1].gap), (2, gap));
        state.evict();
        assert_eq!(state.readers[&1].gap.and_then(|gap| gap.events), Some(4));
    }
}
