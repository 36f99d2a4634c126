//! What scripts and the dialplan want from elsewhere: HTTP, commands, mail. Knows no calls.
//!
//! Read [`Outside`] first: a thread of its own on which all of this waits, so that neither a call nor
//! a script holds a thread meanwhile. Then [`http::Client`] and [`command::Command`].
//!
//! Who may reach what is not decided here: callers ask the permissions of the script first, and give
//! [`http::Client::fetch`] a function that is asked again for each redirection.
//!
//! # Layout
//!
//! * `thread`: the thread, and how its work is awaited when the clock stands still.
//! * `http`: one request and its answer; redirections, deadlines, a bound for the body.
//! * `command`: a command line in words, and a child process with pipes, a deadline and a bound.
//! * `mail`: a message in FreeSWITCH's form, handed to a mailer command or to an SMTP server.
//!
//! # What bounds it
//!
//! | bound | what happens there |
//! |---|---|
//! | [`http::MAX_BODY`], [`http::MAX_HEADERS`] | the request fails and says so |
//! | [`http::TIMEOUT`] | the same |
//! | [`command::AT_ONCE`] | the next command waits for a place |
//! | [`command::MAX_OUTPUT`] | the command is killed |
//! | the deadline that a command is given | the same |

pub mod command;
pub mod http;
pub mod mail;
mod thread;

pub use thread::{Gone, LEFT_AT_ONCE, Outside};
