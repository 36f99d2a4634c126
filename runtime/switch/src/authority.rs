//! On whose authority something is done: what a script's profile permits.
//!
//! Applications and API commands act with the server's rights. When a script with fewer rights asks for
//! one, it runs [`under`](Authority::under) the script's authority, and with it all that it does in
//! turn: commands within `${…}`, applications within applications, the files that they play and
//! record. What is refused is noted in the authority, so that the script is told even when the
//! application goes on.
//!
//! The operator's own dialplan acts with the server's rights again, whoever sent a call there
//! ([`as_operator`]). Therefore a script with fewer rights cannot put a `${…}` into what that dialplan
//! expands later: variables and the number it transfers to.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_media::Folders;

use crate::channel::api_hook;
use crate::config::Permissions;
use crate::config::permission::every;
use crate::operation::Failure;
use crate::session::on;
use crate::variable::ARRAY;

tokio::task_local! {
    static CURRENT: Option<Arc<Authority>>;
}

/// What a script may have done for it.
#[derive(Debug)]
pub struct Authority {
    script: String,
    profile: String,
    permissions: Permissions,
    /// None is every folder.
    play: Option<Folders>,
    record: Option<Folders>,
    /// What was refused and not yet told.
    refused: Mutex<Vec<String>>,
}

/// Refusals that are kept until the script is told; one host call rarely makes two.
const MAX_REFUSED: usize = 16;

impl Authority {
    /// That of a script under a profile; none when the profile permits everything.
    #[must_use]
    pub fn new(script: &str, profile: &str, permissions: &Permissions) -> Option<Arc<Self>> {
        if permissions.everything() {
            return None;
        }
        let besides = |own: &[PathBuf], more: &[&Vec<PathBuf>]| {
            let all = own.iter().chain(more.iter().copied().flatten());
            (!every(own)).then(|| Folders::new(all.cloned()))
        };
        Some(Arc::new(Self {
            script: script.to_owned(),
            profile: profile.to_owned(),
            play: besides(&permissions.play, &[&permissions.read, &permissions.write]),
            record: besides(&permissions.record, &[&permissions.write]),
            permissions: permissions.clone(),
            refused: Mutex::default(),
        }))
    }

    /// Does something on its authority.
    pub async fn under<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        CURRENT.scope(Some(Arc::clone(self)), work).await
    }

    /// The same for what does not wait.
    pub fn under_now<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(Some(Arc::clone(self)), work)
    }

    /// What was refused since the last time: the first, as the script is told.
    pub fn take_refusal(&self) -> Option<String> {
        let refused = std::mem::take(&mut *self.refused.lock());
        refused.into_iter().next()
    }

    /// Whether an application may be run.
    ///
    /// # Errors
    ///
    /// `Refused`, with what to tell the script.
    pub fn application(&self, name: &str) -> Result<(), Failure> {
        if self.permissions.application.contain(name) {
            return Ok(());
        }
        Err(self.refuse(&format!("run the application {name}"), &format!("application={name}")))
    }

    /// Whether a command may be run.
    fn command(&self, name: &str) -> Result<(), Failure> {
        if self.permissions.api.contain(name) {
            return Ok(());
        }
        Err(self.refuse(&format!("run the API command {name}"), &format!("api={name}")))
    }

    /// Whether everything may be run that a client of the event socket can run: whoever says who may
    /// log in there can log in, too.
    ///
    /// # Errors
    ///
    /// `Refused`, with what to tell the script.
    pub fn event_socket(&self) -> Result<(), Failure> {
        if self.permissions.application.all_names() && self.permissions.api.all_names() {
            return Ok(());
        }
        Err(self.refuse("let users log in to the event socket", "application=* or api=*"))
    }

    /// Whether a database may be used, by its full name.
    ///
    /// # Errors
    ///
    /// `Refused`, with what to tell the script.
    pub fn database(&self, name: &str) -> Result<(), Failure> {
        if self.permissions.database.contain_exactly(name) {
            return Ok(());
        }
        Err(self.refuse(&format!("use the database {name}"), &format!("database={name}")))
    }

    /// Whether every database may be used.
    #[must_use]
    pub fn all_databases(&self) -> bool {
        self.permissions.database.all_names()
    }

    /// What is permitted.
    pub(crate) fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Whether a call of others may be taken hold of.
    ///
    /// # Errors
    ///
    /// `Refused`, with what to tell the script.
    pub fn call(&self, uuid: &str) -> Result<(), Failure> {
        if self.permissions.call.contain(uuid) {
            return Ok(());
        }
        Err(self.refuse(&format!("take hold of the call {uuid}"), &format!("call={uuid}")))
    }

    /// Whether an event may be fired.
    ///
    /// # Errors
    ///
    /// `Refused`, with what to tell the script.
    pub fn fire(&self, name: &str, subclass: &str) -> Result<(), Failure> {
        let event = event(name, subclass);
        if self.permissions.fire.contain(&event) {
            return Ok(());
        }
        Err(self.refuse(&format!("fire the event {event}"), &format!("fire={event}")))
    }

    /// Whether events of the server may be consumed.
    ///
    /// # Errors
    ///
    /// `Refused`, with what to tell the script.
    pub fn consume(&self, name: &str, subclass: &str) -> Result<(), Failure> {
        let event = event(name, subclass);
        if self.permissions.consume.contain(&event) {
            return Ok(());
        }
        Err(self.refuse(&format!("consume the event {event}"), &format!("consume={event}")))
    }

    /// Notes and words a refusal.
    pub(crate) fn refuse(&self, what: &str, permission: &str) -> Failure {
        let Self { script, profile, .. } = self;
        let text = wording(script, profile, what, permission);
        let mut refused = self.refused.lock();
        if refused.len() < MAX_REFUSED {
            refused.push(text.clone());
        }
        Failure::Refused(text)
    }
}

/// What a script is told, and the log, when its profile does not permit something.
#[must_use]
pub fn wording(script: &str, profile: &str, what: &str, permission: &str) -> String {
    format!(
        "script {script} may not {what}: permission {permission} is missing in profile {profile}"
    )
}

/// An event as permissions name it: `DTMF`, `CUSTOM myapp::done`.
fn event(name: &str, subclass: &str) -> String {
    if subclass.is_empty() { name.to_owned() } else { format!("{name} {subclass}") }
}

/// Does something with the server's rights, whoever asked for it.
pub(crate) async fn as_operator<T>(work: impl Future<Output = T>) -> T {
    if current().is_some() { CURRENT.scope(None, work).await } else { work.await }
}

/// Does something that was asked for earlier: on that [`current`] authority.
pub(crate) async fn with<T>(authority: Option<Arc<Authority>>, work: impl Future<Output = T>) -> T {
    match authority {
        Some(authority) => authority.under(work).await,
        None => work.await,
    }
}

/// On whose authority the current task acts; none is the server's.
pub(crate) fn current() -> Option<Arc<Authority>> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Asks the current authority, if there is one.
pub(crate) fn ask(question: impl FnOnce(&Authority) -> Result<(), Failure>) -> Result<(), Failure> {
    CURRENT.try_with(|current| current.as_deref().map_or(Ok(()), question)).unwrap_or(Ok(()))
}

/// Whether an application may be run now.
pub(crate) fn application(name: &str) -> Result<(), Failure> {
    ask(|authority| authority.application(name))
}

/// Whether an API command may be run now.
pub(crate) fn command(name: &str) -> Result<(), Failure> {
    ask(|authority| authority.command(name))
}

/// Whether a command may be left under that name to whoever says the name, and then has their rights.
pub(crate) fn command_for_others(name: &str) -> Result<(), Failure> {
    ask(|authority| {
        if authority.permissions.api.all_names() {
            return Ok(());
        }
        Err(authority.refuse(&format!("define the alias {name}"), "api=*"))
    })
}

/// Whether a leg may be called now.
pub(crate) fn originate(leg: &str) -> Result<(), Failure> {
    ask(|authority| {
        if authority.permissions.originate.contain(leg) {
            return Ok(());
        }
        Err(authority.refuse(&format!("call {leg}"), &format!("originate={leg}")))
    })
}

/// Whether a global variable may be set now.
pub(crate) fn global_variable(name: &str) -> Result<(), Failure> {
    ask(|authority| {
        if authority.permissions.global_variable.contain(name) {
            return Ok(());
        }
        let permission = format!("global-variable={name}");
        Err(authority.refuse(&format!("set the global variable {name}"), &permission))
    })
}

/// Whether a text may be kept that is expanded later, with the server's rights.
pub(crate) fn expandable(text: &str) -> Result<(), Failure> {
    ask(|authority| {
        if !expands(text) || authority.permissions.api.all_names() {
            return Ok(());
        }
        Err(authority.refuse("hand on a text with ${…}, which the server would expand", "api=*"))
    })
}

/// Whether a variable may be set: to a text that is expanded later, or to what the server runs or plays.
/// Answers on whose authority that is done; none is the server's.
pub(crate) fn variable(name: &str, value: &str) -> Result<Option<Arc<Authority>>, Failure> {
    expandable(value)?;
    let lower = name.to_ascii_lowercase();
    // An element of a list is read as the whole of a list of one; an exported variable loses its prefix.
    let lower = lower.trim_start_matches("nolocal:").split('[').next().unwrap_or_default();
    let value = value.strip_prefix(ARRAY).unwrap_or(value);
    if lower == "transfer_after_bridge" {
        return dialplan(value.split(':').nth(1).unwrap_or_default()).map(|()| None);
    }
    if lower == "hold_music" {
        // It is played to whoever is bridged with the call, by nobody who asks.
        return Ok(current());
    }
    let Some(first) = value.split_whitespace().next() else { return Ok(None) };
    if api_hook::NAMES.contains(&lower) || lower.starts_with(on::API) {
        command(first)?;
    } else if lower.starts_with(on::EXECUTE) {
        application(first.split("::").next().unwrap_or(first))?;
    } else {
        return Ok(None);
    }
    Ok(current())
}

/// Whether a dial string may be used, which may set variables.
pub(crate) fn dial_string(text: &str) -> Result<(), Failure> {
    expandable(text)?;
    ask(|authority| {
        // Reading it takes quotes and backslashes away, also within a name.
        let text = text.replace(['\'', '\\'], "").to_ascii_lowercase();
        let contains = |names: &[&str]| names.iter().any(|name| text.contains(name));
        let Permissions { api, application, .. } = &authority.permissions;
        let commands = contains(&api_hook::NAMES) || contains(&[on::API, "transfer_after_bridge"]);
        if (api.all_names() || !commands) && (application.all_names() || !contains(&[on::EXECUTE]))
        {
            return Ok(());
        }
        Err(authority.refuse("leave a command to a call that it makes", "application=* and api=*"))
    })
}

/// A text that a script chose and the server keeps in a variable of its own: no `${…}` in it is
/// expanded, its `$` become `%`.
#[must_use]
pub fn inert(text: &str) -> Cow<'_, str> {
    if expands(text) { text.replace('$', "%").into() } else { text.into() }
}

/// Whether a text holds a `${`, or becomes one that does: expanding takes backslashes away, and
/// applications take quotes away.
fn expands(text: &str) -> bool {
    let mut dollar = false;
    for byte in text.bytes() {
        match byte {
            b'$' => dollar = true,
            b'{' if dollar => return true,
            b'\\' | b'\'' => {}
            _ => dollar = false,
        }
    }
    false
}

/// Whether a call may be sent there: the operator's dialplan may be used by all, other dialplans name
/// what to run themselves.
pub(crate) fn dialplan(name: &str) -> Result<(), Failure> {
    ask(|authority| {
        let Permissions { application, api, .. } = &authority.permissions;
        if name.is_empty()
            || name.eq_ignore_ascii_case("XML")
            || (application.all_names() && api.all_names())
        {
            return Ok(());
        }
        Err(authority.refuse(&format!("use the dialplan {name}"), "application=* and api=*"))
    })
}

/// The folders that may be played from now; none is every folder.
pub(crate) fn playable() -> Option<Folders> {
    current().and_then(|authority| authority.play.clone())
}

/// The folders that may be recorded to now; none is every folder.
pub(crate) fn recordable() -> Option<Folders> {
    current().and_then(|authority| authority.record.clone())
}

/// Words that a file may not be played.
pub(crate) fn refuse_play(path: &str) -> Failure {
    refuse_file("play", "play or read", path)
}

/// Words that a file may not be recorded to.
pub(crate) fn refuse_record(path: &str) -> Failure {
    refuse_file("record to", "record or write", path)
}

fn refuse_file(verb: &str, permission: &str, path: &str) -> Failure {
    let what = format!("{verb} {path}");
    match current() {
        Some(authority) => authority.refuse(&what, permission),
        // Who asked had folders a moment ago; the words for the log are the same.
        None => Failure::Refused(format!("the script may not {what}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_cannot_be_left_under_another_spelling() {
        let permissions = Permissions::default();
        let authority = Authority::new("a.lua", "quiz", &permissions).unwrap();
        for (name, value) in [
            ("api_hangup_hook", "system id"),
            ("API_hangup_hook[0]", "system id"),
            ("nolocal:api_hangup_hook", "system id"),
            ("nolocal:execute_on_answer", "system id"),
            ("execute_on_answer", "ARRAY::system id"),
            ("transfer_after_bridge", "x:LUA:y"),
            ("transfer_after_bridge[0]", "ARRAY::x:LUA:y"),
        ] {
            assert!(authority.under_now(|| variable(name, value)).is_err(), "{name}={value}");
        }
        for (name, value) in [("transfer_after_bridge", "5000:XML:default"), ("a[0]", "system id")]
        {
            assert!(authority.under_now(|| variable(name, value)).is_ok(), "{name}={value}");
        }
        for text in ["{api'_hang'up_hook=system}null/x", "[execute\\_on_answer=system]null/x"] {
            assert!(authority.under_now(|| dial_string(text)).is_err(), "{text}");
        }
        assert!(authority.under_now(|| dial_string("{a='b c'}null/x")).is_ok());
    }

    #[test]
    fn what_would_be_expanded_sooner_or_later() {
        for text in ["${a}", "x $${a}", "$\\'{status()}", "$\\\\'{a}", "$'{a}'", "\\${a}"] {
            assert!(expands(text) && !expands(&inert(text)), "{text}");
        }
        for text in ["", "5 $", "{a}", "$5 {a}", "$ {a}", "\\'{a}", "%{a}"] {
            assert!(!expands(text), "{text}");
            assert_eq!(inert(text), text);
        }
    }
}
