//! Mail: a message, and who delivers it.

mod message;
mod send;

pub use message::{Attachment, Invalid, Message};
pub use send::{Fault, Route, SMTP_TIMEOUT};
