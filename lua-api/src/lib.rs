//! The Lua surface as one table: every class, method, function and constant that a script finds.
//!
//! The interpreter (`lua-guest`) binds an implementation to each row by name and does not come up when
//! a row has none or an implementation has no row; the manual (`docs/lua-api.md`), the stubs for
//! editors and the tests of bad input are made from the same rows. So what is documented is what there
//! is. Names, order and C types are FreeSWITCH's, whose messages scripts and their authors know.
//!
//! Read [`Function`] and [`Class`] first; [`CLASSES`], [`FUNCTIONS`] and [`CONSTANTS`] are the table.
//!
//! # Layout
//!
//! * `function`: what a row says, and how it is written.
//! * `session`: the methods of a call. One file for each other class: `api`, `event`, `consumer`, `dbh`,
//!   `json`, `ivr_menu`, `stream`, `dtmf`.
//! * `module`: the functions and constants of the table `freeswitch`.
//! * [`manual`], [`stubs`]: what is made of the table for readers and for editors.

mod api;
mod consumer;
mod dbh;
mod dtmf;
mod event;
mod function;
mod ivr_menu;
mod json;
pub mod manual;
mod module;
mod session;
mod stream;
pub mod stubs;

pub use function::{Class, Field, Function, Gone, Kind, Overloads, Parameter};
pub use module::{CONSTANTS, FUNCTIONS};

/// All classes, as `freeswitch.<name>`.
pub const CLASSES: &[Class] = &[
    session::SESSION,
    session::CORE_SESSION,
    api::API,
    event::EVENT,
    consumer::EVENT_CONSUMER,
    dbh::DBH,
    json::JSON,
    ivr_menu::IVR_MENU,
    stream::STREAM,
    dtmf::DTMF,
    dtmf::INPUT_CALLBACK_STATE,
    dtmf::STRING,
];

/// The class of that name.
#[must_use]
pub fn class(name: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// What FreeSWITCH's wrapper has; ours may have more.
    #[test]
    fn all_that_freeswitch_has_is_there() {
        assert_eq!(CLASSES.len(), 12);
        let session = class("Session").map_or(0, |class| {
            class.methods.iter().filter(|method| !method.ours).map(|row| row.names.len()).sum()
        });
        assert_eq!(session, 55);
        let functions: usize =
            FUNCTIONS.iter().filter(|row| !row.ours).map(|row| row.names.len()).sum();
        assert_eq!(functions, 14);
    }

    #[test]
    fn names_are_given_once() {
        for class in CLASSES {
            let mut seen = HashSet::new();
            for name in class.methods.iter().flat_map(|method| method.names) {
                assert!(seen.insert(name), "{}:{name}", class.name);
            }
        }
        let mut seen = HashSet::new();
        let classes = CLASSES.iter().map(|class| class.name);
        let functions = FUNCTIONS.iter().flat_map(|row| row.names.iter().copied());
        for name in classes.chain(functions).chain(CONSTANTS.iter().map(|(name, _)| *name)) {
            assert!(seen.insert(name), "freeswitch.{name}");
        }
    }

    #[test]
    fn every_row_says_what_it_does() {
        let methods = CLASSES.iter().flat_map(|class| class.methods);
        for row in methods.chain(FUNCTIONS) {
            let name = row.c_name;
            assert!(row.summary.ends_with('.'), "{name}: {}", row.summary);
            assert!(
                row.differs.is_empty() || row.differs.ends_with('.'),
                "{name}: {}",
                row.differs
            );
            // What may be left out comes last: Lua has no other way.
            let optional = |parameter: &Parameter| parameter.default.is_some();
            let first = row.parameters.iter().position(optional).unwrap_or(row.parameters.len());
            let last = &row.parameters[first..];
            assert!(row.overloads.is_some() || last.iter().all(optional), "{name}");
        }
    }
}
