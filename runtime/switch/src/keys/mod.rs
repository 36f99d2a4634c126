//! Keys that do something whatever the call does: `bind_digit_action`, `bind_meta_app`, `block_dtmf`.
//!
//! [`taken`] sees each key before anybody else: `action` gathers the keys of bound sequences, `meta`
//! looks for `*` and a key. What turns out to be nothing goes on to whoever reads keys.

pub(crate) mod action;
pub(crate) mod meta;

use std::sync::Arc;

use crate::authority::Authority;
use crate::operation::Dtmf;
use crate::session::{Execution, Session};
use crate::variable::integer;

/// What one binding may take, in bytes, besides its keys: a call has up to 256 of them.
pub(crate) const MAX_TEXT: usize = 4096;

/// What is bound to the keys of a call.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) actions: action::Actions,
    pub(crate) meta: meta::Meta,
    /// Keys are dropped.
    pub(crate) blocked: bool,
}

/// Which leg is meant, seen from the one that a binding is made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leg {
    Own,
    Peer,
    Both,
}

impl Leg {
    /// `self` (also for nothing), `peer`, `both`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "" | "self" => Some(Self::Own),
            "peer" => Some(Self::Peer),
            "both" => Some(Self::Both),
            _ => None,
        }
    }

    /// The legs that are there.
    pub(crate) fn of(self, session: &Session) -> Vec<Session> {
        let own = (self != Self::Peer).then(|| session.clone());
        let peer = if self == Self::Own { None } else { session.partner() };
        own.into_iter().chain(peer).collect()
    }
}

/// Whether a key is none of those that read keys: it belongs to something bound, or is dropped.
pub(crate) fn taken(session: &Session, key: Dtmf) -> bool {
    if session.0.shared.lock().keys.as_ref().is_some_and(|keys| keys.blocked) {
        return true;
    }
    meta::feed(session, key) || action::feed(session, key)
}

/// Runs an application beside what a call does, for whoever bound it.
fn run(leg: &Session, execution: Execution, authority: Option<Arc<Authority>>) {
    let (application, data) = (execution.application.clone(), execution.data.clone());
    let queued = match authority {
        Some(authority) => authority.under_now(|| leg.queue(execution)),
        None => leg.queue(execution),
    };
    if let Err(failure) = queued {
        tracing::warn!(call = %leg.uuid(), "{application}({data}) that a key asks for: {failure}");
    }
}

/// A variable in milliseconds.
fn milliseconds(session: &Session, name: &str, unless: u64) -> u64 {
    let text = session.variable(name);
    text.and_then(|text| u64::try_from(integer(&text)).ok()).filter(|ms| *ms > 0).unwrap_or(unless)
}
