//! Sequences of keys that do something: `bind_digit_action`.

use std::sync::Arc;
use std::time::Duration;

use super::{Keys, Leg, milliseconds};
use crate::authority::{self, Authority};
use crate::event::{Event, EventName};
use crate::operation::{Dtmf, Failure};
use crate::regex::{self, Compiled};
use crate::session::{Execution, Session};

/// Sequences that one call may have bound; more are refused.
pub(crate) const MAX_BINDINGS: usize = 256;

/// Keys of a sequence at most; a longer one is refused.
pub(crate) const MAX_KEYS: usize = 64;

/// Milliseconds to wait for a further key of a sequence, unless the variable
/// `bind_digit_digit_timeout` says otherwise; FreeSWITCH's.
const DIGIT_TIMEOUT: u64 = 1500;

/// The sequences of a call.
#[derive(Default)]
pub(crate) struct Actions {
    /// The realm that is listened in; the first that something is bound in.
    realm: String,
    bound: Vec<Binding>,
    /// Keys that may become a sequence.
    entered: Vec<Dtmf>,
    /// Counts keys: a timer that is not of the last one does nothing.
    fed: u64,
}

/// A sequence, and what it does.
#[derive(Clone)]
struct Binding {
    realm: String,
    /// The keys, or `~` and a pattern.
    keys: String,
    pattern: Option<Compiled>,
    what: String,
    value: String,
    leg: Leg,
    /// Of the script that bound it; none is the server's.
    authority: Option<Arc<Authority>>,
}

/// What the keys so far are.
enum Found {
    /// A sequence, and no longer one begins so.
    Sequence(Box<Binding>),
    /// The beginning of one, or one that may go on.
    Beginning,
    Nothing,
}

impl Actions {
    fn here(&self) -> impl Iterator<Item = &Binding> {
        self.bound.iter().filter(|binding| binding.realm == self.realm)
    }

    fn entered(&self) -> String {
        self.entered.iter().map(|key| key.digit).collect()
    }

    /// The sequence that has been entered, whether or not a longer one is.
    fn sequence(&self) -> Option<&Binding> {
        let entered = self.entered();
        let plain =
            self.here().find(|binding| binding.pattern.is_none() && binding.keys == entered);
        plain.or_else(|| {
            self.here().find(|binding| match &binding.pattern {
                // One that cannot be matched is none.
                Some(Ok(pattern)) => pattern.is_match(&entered).unwrap_or(false),
                _ => false,
            })
        })
    }

    fn look(&self) -> Found {
        let entered = self.entered();
        // Whether more keys could still match a pattern is not known before the time is up.
        let longer = self.here().any(|binding| match binding.pattern {
            Some(_) => entered.len() < MAX_KEYS,
            None => binding.keys.len() > entered.len() && binding.keys.starts_with(&entered),
        });
        match self.sequence() {
            _ if longer => Found::Beginning,
            Some(binding) => Found::Sequence(Box::new(binding.clone())),
            None => Found::Nothing,
        }
    }
}

/// Binds a sequence of keys of a call.
///
/// # Errors
///
/// `Invalid` for too long or too many sequences and for what is no pattern; `Refused` when the script
/// that asks may not run what it binds.
pub(crate) fn bind(
    session: &Session,
    realm: &str,
    keys: &str,
    what: &str,
    value: &str,
    leg: Leg,
) -> Result<(), Failure> {
    let pattern = keys.strip_prefix('~').map(regex::cached);
    if let Some(Err(error)) = &pattern {
        return Err(Failure::Invalid(format!("bind_digit_action: {keys:?}: {error}")));
    }
    if keys.is_empty() || keys.len() > MAX_KEYS {
        return Err(Failure::Invalid(format!("bind_digit_action takes 1 to {MAX_KEYS} keys")));
    }
    if let Some(application) = application(what) {
        authority::application(application)?;
    } else if let Some(command) = what.strip_prefix("api:") {
        authority::command(command)?;
    }
    let binding = Binding {
        realm: realm.to_owned(),
        keys: keys.to_owned(),
        pattern,
        what: what.to_owned(),
        value: value.to_owned(),
        leg,
        authority: authority::current(),
    };
    let mut shared = session.0.shared.lock();
    let actions = &mut shared.keys.get_or_insert_default().actions;
    let same = |known: &Binding| known.realm == realm && known.keys == keys;
    actions.bound.retain(|known| !same(known));
    if actions.bound.len() >= MAX_BINDINGS {
        let text = format!("bind_digit_action: {MAX_BINDINGS} sequences are bound already");
        return Err(Failure::Invalid(text));
    }
    if actions.bound.is_empty() {
        realm.clone_into(&mut actions.realm);
    }
    actions.bound.push(binding);
    Ok(())
}

/// Takes the sequences of a realm off a call, or `all`.
pub(crate) fn clear(session: &Session, realm: &str) {
    if let Some(keys) = &mut session.0.shared.lock().keys {
        keys.actions.bound.retain(|binding| realm != "all" && binding.realm != realm);
    }
}

/// Listens in another realm from now on.
pub(crate) fn set_realm(session: &Session, realm: &str) {
    let mut shared = session.0.shared.lock();
    realm.clone_into(&mut shared.keys.get_or_insert_default().actions.realm);
}

/// A key; false when nothing is bound that it could belong to.
pub(super) fn feed(session: &Session, key: Dtmf) -> bool {
    let (found, fed) = {
        let mut shared = session.0.shared.lock();
        let Some(keys) = &mut shared.keys else { return false };
        let actions = &mut keys.actions;
        if actions.here().next().is_none() {
            return false;
        }
        actions.entered.push(key);
        actions.fed = actions.fed.wrapping_add(1);
        let found = actions.look();
        if matches!(found, Found::Sequence(_)) {
            actions.entered.clear();
        }
        (found, actions.fed)
    };
    match found {
        Found::Sequence(binding) => act(session, &binding),
        Found::Beginning => wait(session, fed),
        Found::Nothing => release(session),
    }
    true
}

/// Decides when no further key has come in time.
fn wait(session: &Session, fed: u64) {
    let patience = milliseconds(session, "bind_digit_digit_timeout", DIGIT_TIMEOUT);
    let waiting = session.clone();
    let decide = async move {
        tokio::select! {
            _ = waiting.ended() => return,
            () = tokio::time::sleep(Duration::from_millis(patience)) => {}
        }
        let found = {
            let mut shared = waiting.0.shared.lock();
            let Some(Keys { actions, .. }) = shared.keys.as_deref_mut() else { return };
            if actions.fed != fed {
                return;
            }
            let found = actions.sequence().cloned();
            if found.is_some() {
                actions.entered.clear();
            }
            found
        };
        match found {
            Some(binding) => act(&waiting, &binding),
            None => release(&waiting),
        }
    };
    session.0.shared.lock().watched.push(Box::pin(decide));
    session.0.notify();
}

/// Gives keys that are no sequence to whoever reads keys.
fn release(session: &Session) {
    let entered = match &mut session.0.shared.lock().keys {
        Some(keys) => std::mem::take(&mut keys.actions.entered),
        None => return,
    };
    for key in entered {
        session.pass_on(key, None);
    }
}

/// `playback` of `exec:playback`, also with FreeSWITCH's flags: `exec[I]:playback`.
fn application(what: &str) -> Option<&str> {
    let (word, application) = what.split_once(':')?;
    let word = word.split('[').next().unwrap_or(word);
    word.eq_ignore_ascii_case("exec").then_some(application)
}

fn act(session: &Session, binding: &Binding) {
    let Binding { keys, what, value, leg, authority, .. } = binding;
    tracing::debug!(call = %session.uuid(), "the keys {keys} are bound to {what} {value}");
    for leg in leg.of(session) {
        if let Some(application) = application(what) {
            super::run(&leg, Execution::new(application, value.as_str()), authority.clone());
        } else if let Some(command) = what.strip_prefix("api:") {
            let (command, value) = (command.to_owned(), value.clone());
            let (authority, on) = (authority.clone(), leg.clone());
            let run = async move {
                let run = on.switch().command(&command, &value, Some(&on));
                if authority::with(authority, run).await.is_err() {
                    tracing::warn!(call = %on.uuid(), "a key asks for the command {command}, which is not there");
                }
            };
            leg.0.shared.lock().watched.push(Box::pin(run));
            leg.0.notify();
        } else {
            let mut event = Event::bare(EventName::Clone);
            event.set(what, value.as_str()).set("digits", keys.as_str());
            if let Err(failure) = leg.send_message(event) {
                tracing::warn!(call = %leg.uuid(), "the event {what} of bound keys: {failure}");
            }
        }
    }
}
