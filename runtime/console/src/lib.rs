//! Clients of the event socket for people: [`console()`] and [`top()`].
//!
//! Read first: [`client::Client`], one connection, and `link::Link`, which makes it anew when it
//! breaks. They work with a FreeSWITCH as well: everything goes over the protocol.
//!
//! * [`frame`] cuts what the server sends into messages, without I/O; the fuzz target is that.
//! * `console` reads lines; `slash` is the table of its own commands (`/event`, `/log` …), `complete`
//!   asks the server what TAB may mean, `show` makes text of what comes.
//! * `top` shows calls and scripts: `data` fetches them, `view` is what the keys do, `draw` the screen.
//!
//! A thread a connection reads; nothing here is part of the server.

pub mod client;
mod complete;
mod console;
pub mod frame;
mod link;
mod show;
mod slash;
mod top;

pub use client::{ConnectError, Target};
pub use console::{Console, console, execute};
pub use top::{Top, TopError, top};
