//! What a session tells of itself to those who control it from outside.

use crate::channel::data;
use crate::event::{Event, EventName};
use crate::session::{Hook, Session};

impl Session {
    /// Adds the headers that all events of a channel have: `Channel-*`, `Caller-*`, `variable_*`.
    pub fn describe(&self, event: &mut Event) {
        data::describe(&self.0, &self.0.shared.lock(), event);
    }

    /// Adds the caller profile with another prefix than `Caller`.
    pub fn describe_caller(&self, event: &mut Event, prefix: &str) {
        let shared = self.0.shared.lock();
        data::describe_caller(self.0.direction, &shared.profile, prefix, event);
    }

    /// Waits, as `park` does (`CHANNEL_PARK`, `CHANNEL_UNPARK`), until the call is hung up or
    /// transferred, or `released` is there: then none.
    pub async fn parked(&self, released: impl Future<Output = ()>) -> Option<Hook> {
        self.0.fire(EventName::ChannelPark, |_| {});
        let hook = tokio::select! {
            biased;
            hook = self.interrupted() => Some(hook),
            () = released => None,
        };
        self.0.fire(EventName::ChannelUnpark, |_| {});
        hook
    }
}
