//! Events as data: a name, headers in order, sometimes a body; and the three forms they are written in,
//! byte for byte as FreeSWITCH writes them.
//!
//! The switch fires them and the interpreters' guests make them, both from this crate. Read [`Event`]
//! first; its headers are [`variable::Variables`], which channel variables are, too.
//!
//! # Layout
//!
//! * `variable`: names without regard to case, in order, with values that may be lists.
//! * `name`: the names of all events.
//! * `serialize`: plain, JSON and XML.

mod name;
mod serialize;
pub mod variable;

pub use name::EventName;
pub use serialize::Format;

use variable::{Refused, Value, Variables};

/// How urgent an event is; told in the header `priority` unless it is normal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Priority {
    /// `NORMAL`
    #[default]
    Normal,
    /// `LOW`
    Low,
    /// `HIGH`
    High,
}

/// What happened: a name, headers in order, and sometimes a body.
#[derive(Clone, Debug)]
pub struct Event {
    name: EventName,
    headers: Variables,
    body: Option<String>,
    priority: Priority,
}

/// What a header takes besides its texts, in bytes.
const HEADER: usize = 64;

impl Event {
    /// An event without headers, not even its name's: for data that only looks like an event.
    /// [`Bus::event`] makes those that are sent.
    #[must_use]
    pub const fn bare(name: EventName) -> Self {
        Self { name, headers: Variables::new(), body: None, priority: Priority::Normal }
    }

    /// Which event it is.
    #[must_use]
    pub const fn name(&self) -> EventName {
        self.name
    }

    /// The subclass of a `CUSTOM` event: its header `Event-Subclass`.
    #[must_use]
    pub fn subclass(&self) -> Option<&str> {
        match self.headers.value("Event-Subclass") {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The header of that name, in any case; a list as `ARRAY::a|:b`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        self.headers.text(name)
    }

    /// All headers.
    #[must_use]
    pub const fn headers(&self) -> &Variables {
        &self.headers
    }

    /// Sets a header; an empty value and a name that cannot be one are left out, as in FreeSWITCH.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        let value = value.into();
        if value.is_empty() {
            self.headers.remove(name);
        } else {
            let _ = self.headers.set(name, value);
        }
        self
    }

    /// Adds a header, also where there is one of that name; `list[2]` sets an element of a list.
    ///
    /// # Errors
    ///
    /// For an element past the limit.
    pub fn add(&mut self, name: &str, value: impl Into<String>) -> Result<(), Refused> {
        self.headers.add(name, value)
    }

    /// Removes all headers of that name; false when there were none.
    pub fn remove(&mut self, name: &str) -> bool {
        let found = self.headers.remove(name);
        while found && self.headers.remove(name) {}
        found
    }

    /// What it takes, in bytes: its texts, and roughly what is kept about each.
    #[must_use]
    pub fn size(&self) -> usize {
        let sizes =
            self.headers.iter().map(|(name, value)| name.len() + value.text().len() + HEADER);
        sizes.sum::<usize>() + self.body.as_deref().map_or(0, str::len)
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Sets the body.
    pub fn set_body(&mut self, body: impl Into<String>) -> &mut Self {
        self.body = Some(body.into());
        self
    }

    /// How urgent it is.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// Sets the priority and the header that tells it.
    pub fn set_priority(&mut self, priority: Priority) -> &mut Self {
        self.priority = priority;
        self.set(
            "priority",
            match priority {
                Priority::Normal => "NORMAL",
                Priority::Low => "LOW",
                Priority::High => "HIGH",
            },
        )
    }

    /// As text: what a subscriber on the event socket reads.
    #[must_use]
    pub fn serialize(&self, format: Format) -> String {
        serialize::serialize(self, format)
    }
}
