//! The XML dialplan: contexts of extensions of conditions of actions.
//!
//! A [`Dialplan`] is compiled when the configuration is loaded; [`Context::hunt`] asks it what to do
//! for one [`Caller`]. Hunting is pure but for what the caller is asked to do: read a field or a
//! variable, run an API command, run an `inline` action. [`Hunter`] is a dialplan of another kind.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::future::BoxFuture;

use crate::authority::Authority;
use crate::expand::Scope;
use crate::session::Session;
use crate::variable::Variables;
use crate::xml::{self, Element, Fault, Place};

mod hunt;
pub mod inline;
mod load;
mod rule;
#[cfg(test)]
mod tests;
mod time;

pub(crate) use time::{in_zone, local_zone};

pub use hunt::MAX_ACTIONS;
pub use load::MAX_NESTING;

/// Whom the dialplan is asked for: a channel, seen from the dialplan.
pub trait Caller: Scope {
    /// The caller-profile field of that name; none when no field has it. A field without a value is
    /// `Some("")`.
    fn field(&self, name: &str) -> Option<String>;

    /// Sets a channel variable; none removes it.
    fn set_variable(&self, name: &str, value: Option<String>);

    /// Removes all channel variables whose names begin so.
    fn remove_variables(&self, prefix: &str);

    /// Runs an `inline="true"` action while hunting. Its captures are replaced, its variables are
    /// not expanded yet.
    ///
    /// What cannot run inline, or at all, is the caller's to log and to act upon; hunting goes on.
    fn execute_inline<'a>(&'a self, action: &'a Action) -> BoxFuture<'a, ()>;

    /// The wall-clock time, for conditions like `hour="9-17"`.
    fn now(&self) -> SystemTime;

    /// The time zone of callers without one of their own (variables `tod_tz_offset`, `timezone`).
    fn zone(&self) -> chrono_tz::Tz {
        time::local_zone()
    }
}

/// One application to execute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Action {
    /// Its name, as written.
    pub application: Arc<str>,
    /// Its data: captures are replaced, variables are not expanded yet.
    pub data: String,
    /// Where it stands.
    pub place: Place,
}

/// A dialplan of a module, beside `XML` and `inline`: `LUA`.
pub trait Hunter: Send + Sync {
    /// What to execute for a call; `argument` is what stands behind its name: `LUA:routes.lua`.
    ///
    /// The error is why there is nothing, for the log; the next dialplan is asked then.
    fn hunt<'h>(
        &'h self,
        session: &'h Session,
        argument: Option<&'h str>,
    ) -> BoxFuture<'h, Result<Hunted, String>>;
}

/// What a [`Hunter`] found.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// What to execute, in order.
    pub actions: Vec<Action>,
    /// With whose rights; none is the server's.
    pub authority: Option<Arc<Authority>>,
}

/// What hunting found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Route {
    /// The name of the extension that gave the first action; FreeSWITCH calls it `UNKNOWN` when it
    /// has none.
    pub extension: Arc<str>,
    /// What to execute, in order; empty when all actions were inline.
    pub actions: Vec<Action>,
}

/// Why nothing was found.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoRoute {
    /// There is neither such a context nor one named `global`.
    #[error("Context {0} not found")]
    NoContext(String),
    /// No extension matched.
    #[error("no extension of the context {0} matches")]
    NoMatch(String),
}

/// All contexts.
#[derive(Debug, Default)]
pub struct Dialplan {
    /// By name in lower case.
    contexts: HashMap<String, Arc<Context>>,
}

/// One context: what its callers may reach.
#[derive(Debug)]
pub struct Context {
    name: String,
    place: Place,
    extensions: Vec<rule::Extension>,
}

impl Dialplan {
    /// Compiles `<section name="dialplan">`. What is broken becomes a fault, and the rest is used.
    #[must_use]
    pub fn compile(section: &Element, faults: &mut Vec<Fault>) -> Self {
        load::dialplan(section, faults)
    }

    /// Reads a file for `XML:/path/file.xml`: its section `dialplan`, or contexts at its top.
    /// Blocks on the file system.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is not XML.
    pub fn load(path: &Path, globals: &Variables, faults: &mut Vec<Fault>) -> Result<Self, Fault> {
        let mut root = xml::load(path, &mut globals.clone(), faults)?;
        if root.name == "context" {
            // A file of one context and nothing around it.
            root = Element::around(root);
        }
        let section = root
            .children_named("section")
            .find(|section| section.attribute("name") == Some("dialplan"));
        Ok(load::dialplan(section.unwrap_or(&root), faults))
    }

    /// The context of that name, in any case; else the one named `global`.
    ///
    /// # Errors
    ///
    /// There is neither.
    pub fn context(&self, name: &str) -> Result<&Arc<Context>, NoRoute> {
        self.contexts
            .get(&name.to_ascii_lowercase())
            .or_else(|| self.contexts.get("global"))
            .ok_or_else(|| NoRoute::NoContext(name.to_owned()))
    }

    /// All contexts, in no order.
    pub fn contexts(&self) -> impl Iterator<Item = &Context> {
        self.contexts.values().map(|context| &**context)
    }

    /// Every action and anti-action: application, data as written, place. For checks.
    pub fn actions(&self) -> impl Iterator<Item = (&str, &str, &Place)> {
        self.contexts().flat_map(|context| {
            context
                .extensions
                .iter()
                .flat_map(rule::Extension::actions)
                .map(|action| (&*action.application, &*action.data, &action.place))
        })
    }
}

impl Context {
    /// Its name, as written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// How many extensions it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.extensions.len()
    }

    /// True when it has no extension.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.extensions.is_empty()
    }

    /// Finds what to execute for a caller.
    ///
    /// All conditions are evaluated first and actions only queued, so a variable that an action sets
    /// is not seen by a later condition, unless the action is `inline="true"`. Waits only for API
    /// commands and inline actions.
    ///
    /// # Errors
    ///
    /// No extension matched, or the first that did has no action.
    pub async fn hunt(&self, caller: &dyn Caller) -> Result<Route, NoRoute> {
        hunt::hunt(self, caller).await
    }
}

/// Splits the caller profile's dialplan (`XML,LUA:argument`) into names and arguments.
pub fn names(dialplan: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    dialplan.split(',').map(|name| match name.split_once(':') {
        Some((name, argument)) => (name.trim(), Some(argument.trim())),
        None => (name.trim(), None),
    })
}
