//! Messages: reading them, and writing ours.
//!
//! This module alone names `sipx-sip`, whose parser is lossless, lazy and bounded; everything above
//! sees the types here. Text comes out through [`ringfence_text::decode`], so that a Latin-1 header
//! survives its way into a script and back.
//!
//! * [`Request`], [`Response`]: a message that was read; any header by its name.
//! * [`Uri`], [`NameAddr`]: what From, To, Contact and the request line hold.
//! * `Essentials`: what transactions and dialogs need of a request, checked once, or the refusal.
//! * `Writer`: the only place where a message is put together.
//! * `salvage`: a 400 for what cannot be read.

mod check;
mod essentials;
mod message;
#[cfg(feature = "rsip")]
mod rsip;
mod salvage;
mod steer;
mod uri;
mod write;

pub use message::{Request, Response};
#[cfg(feature = "rsip")]
pub use rsip::Untranslatable;
pub use uri::{NameAddr, Uri};

pub(crate) use check::{check_headers, check_value};
pub(crate) use essentials::{Essentials, Refusal, ResponseEssentials, client_key, essentials};
pub(crate) use message::{Message, Unreadable, parse};
pub(crate) use salvage::salvage;
pub(crate) use steer::{call_id_of, from_tag_of, to_tag_of, top_branch};
pub(crate) use write::{Writer, phrase, response_head};
