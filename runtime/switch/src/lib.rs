//! Calls: channels, variables, events, dialplan, applications and API commands.
//!
//! Read first: [`switch::Switch`], the root object that calls come to, and [`session::Session`], the
//! handle to one channel that applications, commands and scripts work with. Everything else is one of
//! these layers:
//!
//! * **Text.** [`xml`] and [`config`] read FreeSWITCH's files; [`variable`], [`profile`] and
//!   [`cause`] are what a call is described by; [`expand`], [`mod@regex`] and [`condition`] are the
//!   small languages of the dialplan, and [`dialplan`] hunts it. None of these knows a channel: each
//!   is a function over a trait ([`expand::Scope`], [`dialplan::Caller`]).
//! * **Events.** [`event`]: made only when somebody listens, brought to bounded queues.
//! * **Calls.** [`channel`] is the task that owns a leg; [`operation`] what runs on it and can be
//!   controlled; `endpoint` the legs themselves; [`originate`] makes calls; `bridge` joins two.
//! * **Messages.** [`chat`]: texts through the chatplan.
//! * **Lookup.** [`lookup`]: who answers for the XML before the files do.
//! * **Later.** [`schedule`]: tasks at their time, and the heartbeat.
//! * **Outside.** [`outside`]: commands of the system, HTTP and mail, for those who may.
//! * **Speech.** [`say`] makes sounds of numbers, `phrase` of macros; [`speech`] has the engines that
//!   speak and listen; [`ivr`] is menus. `operation::speech` plays it all.
//! * **Log.** [`log`]: FreeSWITCH's levels, and what is logged of which part and call.
//! * **Rights.** [`authority`]: what scripts with fewer rights than the server may have done for them.
//! * **Tables.** [`application`] and [`command`]: one file an entry, one entry a file; help and
//!   manuals are made from them.

pub mod application;
pub mod authority;
mod bridge;
pub mod cause;
pub mod channel;
pub mod chat;
pub mod command;
pub mod condition;
pub mod config;
pub mod dialplan;
pub mod documentation;
mod endpoint;
pub mod event;
pub mod expand;
pub mod ivr;
mod keys;
pub mod log;
pub mod lookup;
pub mod operation;
pub mod originate;
pub mod outside;
mod phrase;
pub mod profile;
pub mod regex;
pub mod say;
pub mod schedule;
pub mod session;
pub mod speech;
pub mod switch;
pub mod xml;

pub use authority::Authority;
pub use bridge::Overhearing;
pub use cause::Cause;
pub use operation::{
    Control, Detect, Digits, Dtmf, DtmfSource, Failure, Operation, OperationEvent, Outcome, Play,
    Prompt, Record, Running, SPEECH_RESULT, Say, Sleep, Speak, Speech,
};
pub use ringfence_event::variable;
pub use session::{Execution, Hook, Session};
pub use switch::{Lifecycle, Module, Setup, Shutdown, Switch};
