//! Variable expansion: `${name}`, `${name:1:2}`, `${name[0]}`, `$${global}`, `${api(arguments)}`.
//!
//! [`expand`] is a pure function over a [`Scope`]. It waits only when the text runs an API command;
//! otherwise its future is ready at the first poll, and a text without `$` and `\` is handed back
//! as it is.

use std::borrow::Cow;

use futures_util::future::BoxFuture;

mod engine;
#[cfg(test)]
mod tests;

pub use engine::expand;
pub(crate) use engine::has_variable;

/// How deep values may refer to values, and commands within expansions expand again. What is deeper
/// stays as it is written. FreeSWITCH stops at the same depth, but starts anew in every command.
pub const MAX_DEPTH: usize = 100;

/// How many `${…}` one expansion may replace; values that refer to each other twice would otherwise
/// double the work a hundred times. Commands that expand again count with it. What comes after stays as it is written.
pub const MAX_SUBSTITUTIONS: usize = 10_000;

/// How many bytes one expansion may produce; 1 MiB is far above every dialplan and bounds what a
/// caller's header can be blown up to. The text is cut there.
pub const MAX_OUTPUT: usize = 1 << 20;

/// Which of FreeSWITCH's two expanders is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// What applications and dialplan conditions see: values of variables are expanded again.
    Channel,
    /// What the API commands `eval` and `expand` see: names are event headers, and a header's value
    /// is taken as it is.
    Event,
}

/// Where names get their values.
pub trait Scope: Send + Sync {
    /// Which rules hold.
    fn engine(&self) -> Engine {
        Engine::Channel
    }

    /// The value of that name: channel variable or caller-profile field (engine `Channel`), header
    /// (engine `Event`). A list as `ARRAY::a|:b`. Not globals: [`Self::global`] is asked next.
    fn variable(&self, name: &str) -> Option<String>;

    /// One element of a list, counted from 0; a value that is no list has none.
    fn element(&self, name: &str, index: usize) -> Option<String>;

    /// The global variable of that name.
    fn global(&self, name: &str) -> Option<String>;

    /// Runs an API command with this scope's call and answers its output; none when there is no
    /// such command.
    fn api<'a>(&'a self, name: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>>;
}

/// True when [`expand`] could change the text.
#[must_use]
pub fn needed(text: &str) -> bool {
    has_variable(text) || engine::has_escape(text)
}

/// Expands without an API command: `${api(…)}` gives nothing. For places that cannot wait.
#[must_use]
pub fn expand_now<'t>(text: &'t str, scope: &dyn Scope) -> Cow<'t, str> {
    use futures_util::FutureExt;
    struct Silent<'s>(&'s dyn Scope);
    impl Scope for Silent<'_> {
        fn engine(&self) -> Engine {
            self.0.engine()
        }
        fn variable(&self, name: &str) -> Option<String> {
            self.0.variable(name)
        }
        fn element(&self, name: &str, index: usize) -> Option<String> {
            self.0.element(name, index)
        }
        fn global(&self, name: &str) -> Option<String> {
            self.0.global(name)
        }
        fn api<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Option<String>> {
            Box::pin(std::future::ready(None))
        }
    }
    // Nothing in there waits: the future is ready at the first poll.
    expand(text, &Silent(scope)).now_or_never().unwrap_or(Cow::Borrowed(text))
}
