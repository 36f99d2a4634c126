//! The switch's failures in the contract's words.

use ringfence_switch as switch;

use crate::{bindings::ringfence::call::types::Failure, host::MAX_TEXT};

impl From<switch::Failure> for Failure {
    fn from(failure: switch::Failure) -> Self {
        match failure {
            switch::Failure::Hangup(cause) => Self::Hangup(cause.to_string()),
            switch::Failure::Invalid(text) => Self::Invalid(text),
            switch::Failure::NotFound(text) => Self::NotFound(text),
            switch::Failure::Refused(text) => Self::Refused(text),
            switch::Failure::Failed(text) => Self::Failed(text),
        }
    }
}

/// Refuses a text that is too long; `what` names the argument.
pub(crate) fn bounded(what: &str, text: &str) -> Result<(), Failure> {
    if text.len() <= MAX_TEXT {
        return Ok(());
    }
    Err(Failure::Invalid(format!("{what} is {} bytes long; at most {MAX_TEXT}", text.len())))
}
