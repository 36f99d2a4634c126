//! For whom a script runs.

use std::fmt;

/// Who started a run, and answers for what it starts.
///
/// Runs that a run starts ([`Run::parent`](crate::Run::parent)) have its owner, however deep: a
/// profile's `of_owner` bounds them all together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// What kind of thing: `call`, `api`, `luarun`, `startup`, `hook` …
    pub kind: &'static str,
    /// Which one: a call's uuid, a client's address. When empty the run is its own owner, with its
    /// job's id for a name.
    pub name: String,
}

impl Owner {
    /// The owner `name` among those of its kind.
    #[must_use]
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            out.write_str(self.kind)
        } else {
            write!(out, "{} {}", self.kind, self.name)
        }
    }
}
