//! Control from outside: FreeSWITCH's event socket, inbound and outbound.
//!
//! Read first: [`EventSocket`], which listens and registers the application `socket`, and
//! [`verb::VERBS`], the table of all commands. The way of a command:
//!
//! * [`parser`] makes requests of bytes, without I/O; the fuzz target is that.
//! * `serve` is a connection's task: it takes requests, lets `verb` answer them, and sends events.
//!   `connection` is what a command may change.
//! * `journal` keeps the events that clients asked for, once for all of them: a slow client has a
//!   place in it and no queue, and is told what it missed.
//! * `want` and `filter` say which events a client gets, `divert` brings those of a call, [`log`] the
//!   log's lines; `jobs` are a client's `bgapi`; `frame` writes it all.
//! * `strangers` counts those who have not logged in; `directory` knows the users who may.
//! * `outbound` is the application `socket`; from there on a connection is a connection.
//!
//! Everything stands on the switch's public interface; this crate knows no SIP and no guests.

mod connection;
mod directory;
mod divert;
mod filter;
mod frame;
mod jobs;
mod journal;
pub mod log;
mod outbound;
pub mod parser;
mod serve;
mod socket;
mod strangers;
pub mod verb;
mod want;

pub use outbound::without_socket;
pub use socket::{EventSocket, StartError};

/// A new name for an event or a job.
fn uuid() -> String {
    ::uuid::Uuid::new_v4().to_string()
}
