//! `*` and a key: `bind_meta_app`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::MAX_TEXT;
use crate::authority::{self, Authority};
use crate::operation::{Dtmf, Failure};
use crate::session::{Execution, Session};

/// How long after `*` the key may come; FreeSWITCH's.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whose keys a binding listens to, or whom it acts on, seen from the leg that it was made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

/// Whom a binding acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Leg(Side),
    /// Whoever pressed the keys.
    Same,
    /// The other one.
    Opposite,
}

/// A key, and what it does after `*`.
#[derive(Clone)]
pub(crate) struct Binding {
    pub(crate) key: char,
    pub(crate) listens: Vec<Side>,
    pub(crate) target: Target,
    /// Only the first time.
    pub(crate) once: bool,
    pub(crate) application: String,
    pub(crate) data: String,
    /// Of the script that bound it; none is the server's.
    pub(crate) authority: Option<Arc<Authority>>,
}

/// The bindings of a call: at most one a key, of which there are twelve.
#[derive(Default)]
pub(crate) struct Meta {
    bound: Vec<Binding>,
    /// When `*` was pressed on this leg, and on the other one.
    up: [Option<Instant>; 2],
}

/// Binds a key.
///
/// # Errors
///
/// `Refused` when the script that asks may not run the application, `Invalid` for more than [`MAX_TEXT`].
pub(crate) fn bind(session: &Session, binding: Binding) -> Result<(), Failure> {
    if binding.application.len() + binding.data.len() > MAX_TEXT {
        return Err(Failure::Invalid(format!("bind_meta_app takes {MAX_TEXT} bytes")));
    }
    authority::application(&binding.application)?;
    let mut shared = session.0.shared.lock();
    let meta = &mut shared.keys.get_or_insert_default().meta;
    meta.bound.retain(|known| known.key != binding.key);
    meta.bound.push(binding);
    Ok(())
}

/// Takes the binding of a key off a call, or all of them.
pub(crate) fn unbind(session: &Session, key: Option<char>) {
    if let Some(keys) = &mut session.0.shared.lock().keys {
        keys.meta.bound.retain(|known| key.is_some_and(|key| key != known.key));
    }
}

/// A key on this leg: what the leg itself, and what its partner bound to it. False when it is nothing.
pub(super) fn feed(session: &Session, key: Dtmf) -> bool {
    if hears(session, session, Side::A, key) {
        return true;
    }
    session.partner().is_some_and(|partner| hears(&partner, session, Side::B, key))
}

/// `pressed` pressed a key that `owner` may have bound.
fn hears(owner: &Session, pressed: &Session, side: Side, key: Dtmf) -> bool {
    let binding = {
        let mut shared = owner.0.shared.lock();
        let Some(keys) = &mut shared.keys else { return false };
        let Meta { bound, up } = &mut keys.meta;
        if !bound.iter().any(|binding| binding.listens.contains(&side)) {
            return false;
        }
        let [a, b] = up;
        let up = if side == Side::A { a } else { b };
        let pending = up.take().is_some_and(|at| at.elapsed() < PATIENCE);
        if !pending {
            if key.digit == '*' {
                *up = Some(Instant::now());
            }
            return key.digit == '*';
        }
        let matches =
            |binding: &Binding| binding.key == key.digit && binding.listens.contains(&side);
        let Some(at) = bound.iter().position(matches) else {
            // `**` is a `*` for whoever reads keys; another key is one without its `*`.
            return false;
        };
        let binding = bound.get(at).cloned();
        if binding.as_ref().is_some_and(|binding| binding.once) {
            bound.remove(at);
        }
        binding
    };
    let Some(binding) = binding else { return false };
    let other = || owner.partner();
    let leg = match (binding.target, side) {
        (Target::Leg(Side::A), _) => Some(owner.clone()),
        (Target::Leg(Side::B), _) => other(),
        (Target::Same, _) => Some(pressed.clone()),
        (Target::Opposite, Side::A) => other(),
        (Target::Opposite, Side::B) => Some(owner.clone()),
    };
    match leg {
        Some(leg) => {
            let execution = Execution::new(binding.application, binding.data);
            super::run(&leg, execution, binding.authority);
        }
        None => tracing::info!(call = %owner.uuid(), "*{}: there is no other leg", key.digit),
    }
    true
}
