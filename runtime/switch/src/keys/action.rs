//! Sequences of keys that do something: `bind_digit_action`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Keys, Leg, MAX_TEXT, milliseconds};
use crate::authority::{self, Authority};
use crate::event::{Event, EventName};
use crate::operation::{Dtmf, Failure};
use crate::regex::{self, Compiled};
use crate::session::{Execution, Session};

/// Sequences that one call may have bound; more are refused.
pub(crate) const MAX_BINDINGS: usize = 256;

/// Of which so many may be patterns: all of them may have to be looked at for a key.
pub(crate) const MAX_PATTERNS: usize = 16;

/// Keys of a sequence at most; a longer one is refused.
pub(crate) const MAX_KEYS: usize = 64;

/// Milliseconds to wait for a further key of a sequence, unless the variable
/// `bind_digit_digit_timeout` says otherwise; FreeSWITCH's.
const DIGIT_TIMEOUT: u64 = 1500;

/// The most that the variable may say.
const MAX_DIGIT_TIMEOUT: u64 = 60_000;

/// Commands that keys of one call may have running; further ones are dropped with a WARN line.
const MAX_COMMANDS: usize = 16;

/// How long such a command may take, as those that are left in `api_hangup_hook`.
const COMMAND_TIME: Duration = Duration::from_mins(5);

/// The sequences of a call.
#[derive(Default)]
pub(crate) struct Actions {
    /// The realm that is listened in; the first that something is bound in.
    realm: String,
    bound: Vec<Binding>,
    /// Keys that may become a sequence.
    entered: Vec<Dtmf>,
    /// When they are decided about, unless a further key comes; somebody waits for that.
    decide_at: Option<Instant>,
    /// One for each command that a key asked for and that runs, and one more.
    commands: Arc<()>,
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
        if longer {
            return Found::Beginning;
        }
        match self.sequence() {
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
    if realm.len() + what.len() + value.len() > MAX_TEXT {
        let text = format!("bind_digit_action takes {MAX_TEXT} bytes, realm and all");
        return Err(Failure::Invalid(text));
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
    let patterns = actions.bound.iter().filter(|known| known.pattern.is_some()).count();
    if binding.pattern.is_some() && patterns >= MAX_PATTERNS {
        let text = format!("bind_digit_action: {MAX_PATTERNS} patterns are bound already");
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
    let found = {
        let mut shared = session.0.shared.lock();
        let Some(keys) = &mut shared.keys else { return false };
        let actions = &mut keys.actions;
        if actions.here().next().is_none() {
            return false;
        }
        actions.entered.push(key);
        let found = actions.look();
        if matches!(found, Found::Sequence(_)) {
            actions.entered.clear();
        }
        found
    };
    match found {
        Found::Sequence(binding) => act(session, &binding),
        Found::Beginning => wait(session),
        Found::Nothing => release(session),
    }
    true
}

/// Decides when no further key has come in time.
fn wait(session: &Session) {
    let patience = milliseconds(session, "bind_digit_digit_timeout", DIGIT_TIMEOUT);
    let at = Instant::now() + Duration::from_millis(patience.min(MAX_DIGIT_TIMEOUT));
    let mut shared = session.0.shared.lock();
    let actions = &mut shared.keys.get_or_insert_default().actions;
    if actions.decide_at.replace(at).is_some() {
        // Whoever waits sees that it is later now.
        return;
    }
    let waiting = session.clone();
    shared.watched.push(Box::pin(async move {
        tokio::select! {
            _ = waiting.ended() => {}
            () = decide(&waiting, at) => {}
        }
    }));
    drop(shared);
    session.0.notify();
}

async fn decide(session: &Session, mut at: Instant) {
    let found = loop {
        tokio::time::sleep_until(at).await;
        let mut shared = session.0.shared.lock();
        let Some(Keys { actions, .. }) = shared.keys.as_deref_mut() else { return };
        if let Some(later) = actions.decide_at.filter(|later| *later > at) {
            at = later;
            continue;
        }
        actions.decide_at = None;
        if actions.entered.is_empty() {
            return;
        }
        let found = actions.sequence().cloned();
        if found.is_some() {
            actions.entered.clear();
        }
        break found;
    };
    match found {
        Some(binding) => act(session, &binding),
        None => release(session),
    }
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
        } else if let Some(line) = what.strip_prefix("api:") {
            command(&leg, line, value, authority.clone());
        } else {
            let mut event = Event::bare(EventName::Clone);
            event.set(what, value.as_str()).set("digits", keys.as_str());
            if let Err(failure) = leg.send_message(event) {
                tracing::warn!(call = %leg.uuid(), "the event {what} of bound keys: {failure}");
            }
        }
    }
}

/// Runs a command beside what the call does.
fn command(leg: &Session, name: &str, value: &str, authority: Option<Arc<Authority>>) {
    let mut shared = leg.0.shared.lock();
    let running = Arc::clone(&shared.keys.get_or_insert_default().actions.commands);
    if Arc::strong_count(&running) > MAX_COMMANDS + 1 {
        drop(shared);
        tracing::warn!(call = %leg.uuid(), "a key asks for the command {name}, but {MAX_COMMANDS} of them run");
        return;
    }
    let (on, name, value) = (leg.clone(), name.to_owned(), value.to_owned());
    shared.watched.push(Box::pin(async move {
        let _running = running;
        let run = on.switch().command(&name, &value, Some(&on));
        let failed = match timeout(COMMAND_TIME, authority::with(authority, run)).await {
            Ok(Ok(_)) => return,
            Ok(Err(unknown)) => unknown.to_string(),
            Err(_) => format!("it took longer than {COMMAND_TIME:?} and was ended"),
        };
        tracing::warn!(call = %on.uuid(), "the command {name} that a key asks for: {failed}");
    }));
    drop(shared);
    leg.0.notify();
}
