//! Events: what happened, as headers; and the bus that brings it to those who asked.
//!
//! [`Bus`] is the one to read first: it makes events ([`Bus::event`]), tells whether anybody wants
//! them ([`Bus::wanted`], one atomic load) and brings them to bounded queues ([`Bus::subscribe`]). What
//! an event is, and how it is written, is the crate `ringfence-event`.

mod bus;
mod core;

pub use bus::{Bus, Delivery, Filter, MAX_QUEUE, Registered, Subscription, Tap};
pub use core::Core;
pub use ringfence_event::{Event, EventName, Format, Priority};
