//! Which events a client asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use ringfence_switch::event::{Event, EventName, Filter};

/// What `myevents` asks for.
const MY_EVENTS: &[EventName] = &[
    EventName::ChannelAnswer,
    EventName::ChannelApplication,
    EventName::ChannelBridge,
    EventName::ChannelCreate,
    EventName::ChannelData,
    EventName::ChannelDestroy,
    EventName::ChannelExecute,
    EventName::ChannelExecuteComplete,
    EventName::ChannelHangup,
    EventName::ChannelHangupComplete,
    EventName::ChannelOriginate,
    EventName::ChannelOutgoing,
    EventName::ChannelPark,
    EventName::ChannelProgress,
    EventName::ChannelProgressMedia,
    EventName::ChannelState,
    EventName::ChannelUnbridge,
    EventName::ChannelUnpark,
    EventName::ChannelUuid,
    EventName::Dtmf,
    EventName::Notalk,
    EventName::Talk,
    EventName::CallUpdate,
];

/// The most subclasses that one client may name; further ones are not taken. FreeSWITCH has some 40.
pub(crate) const MAX_SUBCLASSES: usize = 1_000;

/// Names of events, subclasses of `CUSTOM`, and perhaps one call.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Want {
    all: bool,
    names: u128,
    subclasses: BTreeSet<String>,
    /// Only the events of this channel.
    channel: Option<Arc<str>>,
}

const fn bit(name: EventName) -> u128 {
    1 << name.index()
}

impl Want {
    /// Nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        !self.all && self.names == 0 && self.subclasses.is_empty()
    }

    /// Everything.
    pub(crate) fn add_all(&mut self) {
        self.all = true;
    }

    /// All events of that name. `CUSTOM` alone brings only those without a subclass.
    pub(crate) fn add(&mut self, name: EventName) {
        self.names |= bit(name);
    }

    /// The `CUSTOM` events of a subclass; false when there are [`MAX_SUBCLASSES`] already.
    pub(crate) fn add_subclass(&mut self, subclass: &str) -> bool {
        if self.subclasses.len() >= MAX_SUBCLASSES {
            return false;
        }
        self.names |= bit(EventName::Custom);
        self.subclasses.insert(subclass.to_ascii_lowercase());
        true
    }

    /// No longer the events of that name. After `ALL`, all other names stay, but no subclasses: they
    /// were never named.
    pub(crate) fn remove(&mut self, name: EventName) {
        if std::mem::take(&mut self.all) {
            self.names = EventName::ALL.iter().fold(0, |names, name| names | bit(*name));
        }
        if name != EventName::Custom || self.subclasses.is_empty() {
            self.names &= !bit(name);
        }
    }

    /// No longer that subclass.
    pub(crate) fn remove_subclass(&mut self, subclass: &str) {
        self.subclasses.remove(&subclass.to_ascii_lowercase());
    }

    /// Nothing any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether that name is asked for.
    pub(crate) fn names(&self, name: EventName) -> bool {
        self.all || self.names & bit(name) != 0
    }

    /// Whether that subclass is asked for.
    pub(crate) fn has_subclass(&self, subclass: &str) -> bool {
        self.all || self.subclasses.contains(&subclass.to_ascii_lowercase())
    }

    /// The events of one channel that `myevents` brings, and no others.
    pub(crate) fn my_events(channel: Arc<str>) -> Self {
        let names = MY_EVENTS.iter().fold(0, |names, name| names | bit(*name));
        Self { names, channel: Some(channel), ..Self::default() }
    }

    /// Whether that event is wanted.
    pub(crate) fn matches(&self, event: &Event) -> bool {
        let named = self.all
            || (self.names & bit(event.name()) != 0
                && (event.name() != EventName::Custom
                    || event.subclass().is_none_or(|subclass| {
                        self.subclasses.contains(&subclass.to_ascii_lowercase())
                    })));
        named
            && self.channel.as_ref().is_none_or(|channel| {
                event.header("Unique-ID").is_some_and(|uuid| *uuid == **channel)
            })
    }

    /// The same for the bus, which knows no channels.
    pub(crate) fn filter(&self) -> Filter {
        if self.all {
            return Filter::all();
        }
        let mut filter = Filter::none();
        for name in EventName::ALL.iter().filter(|name| self.names & bit(**name) != 0) {
            // All of CUSTOM is asked for only to find those without a subclass.
            if *name != EventName::Custom || self.subclasses.is_empty() {
                filter = filter.with(*name);
            }
        }
        for subclass in &self.subclasses {
            filter = filter.with_subclass(subclass.clone());
        }
        filter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn custom(subclass: &str) -> Event {
        let mut event = Event::bare(EventName::Custom);
        event.set("Event-Subclass", subclass);
        event
    }

    #[test]
    fn custom_events_are_asked_for_by_subclass() {
        let mut want = Want::default();
        want.add(EventName::Custom);
        assert!(!want.matches(&custom("a::b")) && want.matches(&Event::bare(EventName::Custom)));
        assert!(want.add_subclass("A::b"));
        assert!(want.matches(&custom("a::B")) && !want.matches(&custom("a::c")));
        assert!(want.filter().matches(&custom("a::b")) && !want.filter().matches(&custom("a::c")));
        want.remove(EventName::Custom);
        assert!(want.matches(&custom("a::b")), "without a subclass, nixevent CUSTOM removes none");
        want.remove_subclass("a::b");
        assert!(!want.matches(&custom("a::b")));
    }

    #[test]
    fn taking_one_name_from_all_takes_the_subclasses_too() {
        let mut want = Want::default();
        want.add_all();
        assert!(want.matches(&custom("a::b")));
        want.remove(EventName::Api);
        assert!(!want.matches(&Event::bare(EventName::Api)) && !want.matches(&custom("a::b")));
        assert!(want.matches(&Event::bare(EventName::Heartbeat)));
    }

    #[test]
    fn my_events_are_those_of_one_channel() {
        let want = Want::my_events("one".into());
        let mut event = Event::bare(EventName::ChannelAnswer);
        assert!(!want.matches(&event));
        event.set("Unique-ID", "one");
        assert!(want.matches(&event) && want.filter().wants(EventName::ChannelAnswer));
        assert!(!want.matches(event.set("Unique-ID", "two")));
    }

    #[test]
    fn a_client_names_a_bounded_number_of_subclasses() {
        let mut want = Want::default();
        for number in 0..MAX_SUBCLASSES {
            assert!(want.add_subclass(&number.to_string()));
        }
        assert!(!want.add_subclass("more"));
    }
}
