//! The harness of the black-box tests: the real binary, real peers, loopback only.
//!
//! # Layout
//!
//! Read [`Server`] (a `ringfence serve` on free ports, ended with its test) and [`Caller`] (a phone
//! of two hundred lines that a test steers message by message) first.
//!
//! * [`binary`] finds or builds the `ringfence` under test; [`ringfence`] runs one of its commands.
//! * [`configuration`] is a copy of `conf/` that a test may change.
//! * [`server`], [`log`]: the running server and what it said.
//! * [`control`]: the event socket, for commands ([`Server::api`]) and events.
//! * [`caller`], [`message`]: a phone in the test's hand, and the SIP text that it reads.
//! * [`peer`]: a phone that is called and refuses as told.
//! * [`job`], [`state`]: running scripts, and what they can be busy with.
//! * [`sipp`], [`baresip`]: peers that others wrote.
//! * [`postgres`]: a database server.
//! * [`receiver`]: when packets of sound came, and how late.
//! * [`audio`]: sounds to play, and how alike two recordings are.
//! * [`ports`], [`deadline`]: free ports, and waiting for conditions.
//!
//! Nothing here asserts how long something took. A test waits for a condition under a generous
//! deadline, and fails with what the server said until then.

pub mod audio;
pub mod baresip;
pub mod binary;
pub mod caller;
pub mod configuration;
pub mod control;
pub mod deadline;
pub mod job;
pub mod log;
pub mod message;
pub mod peer;
pub mod ports;
pub mod postgres;
pub mod receiver;
pub mod server;
pub mod sipp;
pub mod state;

pub use baresip::Baresip;
pub use binary::{Finished, ringfence};
pub use caller::Caller;
pub use configuration::Configuration;
pub use control::Control;
pub use deadline::{DEADLINE, eventually};
pub use job::Job;
pub use peer::Peer;
pub use postgres::Postgres;
pub use receiver::Receiver;
pub use server::Server;
pub use sipp::Sipp;
