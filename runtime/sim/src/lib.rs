//! The caller: a phone on a real network, and the whole server offline around a simulated one.
//!
//! Read [`Phone`](phone::Phone) first: it makes a call on the server's own SIP and media crates and
//! tells every moment of it. Then [`offline::run`], which puts phone, switch and sandbox into one
//! thread with a paused clock and a network in memory.
//!
//! # Layout
//!
//! * [`press`]: the language of `--press`. [`ear`]: what a sound is.
//! * [`phone`]: one call. [`timeline`]: what can happen in it; [`in_order`] for printing it live.
//! * [`offline`]: `ringfence run`. [`transcript`]: how a call is told, as text and as JSON.

pub mod ear;
pub mod in_order;
pub mod offline;
pub mod phone;
pub mod press;
pub mod timeline;
pub mod transcript;

pub use offline::{Plan, RunError, Tables, run, tables};
pub use phone::{Dial, Finished, Phone};
pub use transcript::Transcript;
