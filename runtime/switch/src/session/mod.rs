//! A cheap handle to a channel: what applications, commands and guests act through.
//!
//! Any number of handles, on any thread. Nothing here waits for the channel's task: what is quick is
//! done at once under the channel's lock, and what takes time ([`Session::start`],
//! [`Session::execute`]) is a future of whoever asks, answered early by a hangup.

mod caller;
mod cdr;
mod control;
pub(crate) mod displace;
mod execute;
mod heartbeat;
mod hold;
mod input;
mod media;
mod message;
pub(crate) mod on;
mod queue;
pub(crate) mod recording;
mod report;
mod scope;

use std::fmt;
use std::sync::Arc;

use crate::authority;
use crate::cause::Cause;
use crate::channel::{CallState, Channel, ChannelState, Direction, derived};
use crate::log::{self, Level};
use crate::profile::CallerProfile;
use crate::switch::Switch;
use crate::variable::Refused;

pub use control::Hook;
pub use displace::MAX_DISPLACED;
pub use input::MAX_MESSAGE_DIGITS;
pub use queue::Execution;

/// A call leg of this server. Dropping a handle does not hang up.
#[derive(Clone)]
pub struct Session(pub(crate) Arc<Channel>);

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(&self.0.uuid).finish()
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Session {
    /// The channel's uuid.
    #[must_use]
    pub fn uuid(&self) -> &Arc<str> {
        &self.0.uuid
    }

    /// The channel's name, as `sofia/internal/1000@192.0.2.1`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The server it belongs to.
    #[must_use]
    pub fn switch(&self) -> &Switch {
        &self.0.switch
    }

    /// Which side began the call.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.0.direction
    }

    /// Logs more of this call, up to that level, until it ends.
    pub fn set_log_level(&self, level: Level) {
        log::levels().set_call(self.uuid(), level);
        if self.0.switch.session(self.uuid()).is_none() {
            // It ended before it had a level; nobody else would forget it.
            log::levels().forget(self.uuid());
        }
    }

    /// A copy of the caller profile.
    #[must_use]
    pub fn profile(&self) -> CallerProfile {
        self.0.shared.lock().profile.clone()
    }

    /// One field of the caller profile; none when no field has that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.0.shared.lock().profile.field(name).map(|value| value.into_owned())
    }

    /// Sets a field of the caller profile; false when no text field has that name.
    pub fn set_field(&self, name: &str, value: &str) -> bool {
        self.0.shared.lock().profile.set_field(name, value)
    }

    /// Where the channel is in its life.
    #[must_use]
    pub fn state(&self) -> ChannelState {
        self.0.shared.lock().state
    }

    /// The state of the call as a user sees it.
    #[must_use]
    pub fn call_state(&self) -> CallState {
        self.0.shared.lock().callstate
    }

    /// True while the call is up and what runs on it may go on: false after hangup or transfer.
    #[must_use]
    pub fn ready(&self) -> bool {
        !self.0.shared.lock().interrupted()
    }

    /// True until the call is hung up; a transfer does not change it.
    #[must_use]
    pub fn up(&self) -> bool {
        self.0.shared.lock().state.up()
    }

    /// True once the call was answered.
    #[must_use]
    pub fn answered(&self) -> bool {
        self.0.shared.lock().answered
    }

    /// True when audio can be sent: early media or answered, and both ends know where to.
    #[must_use]
    pub fn media_ready(&self) -> bool {
        let shared = self.0.shared.lock();
        shared.state.up() && shared.media.ready
    }

    /// The cause the channel was hung up with; `NONE` before.
    #[must_use]
    pub fn hangup_cause(&self) -> Cause {
        self.0.shared.lock().cause
    }

    /// The channel variable, else the caller-profile field, else the global variable of that name.
    ///
    /// An empty profile field counts as none, as in FreeSWITCH.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        self.own_variable(name).or_else(|| self.0.switch.variables().text(name))
    }

    /// The channel variable, else the caller-profile field of that name; not a global variable.
    #[must_use]
    pub fn own_variable(&self, name: &str) -> Option<String> {
        let shared = self.0.shared.lock();
        if let Some((list, index)) = crate::variable::element_of(name) {
            return shared.variables.element(list, index).map(str::to_owned);
        }
        if let Some(value) = shared.variables.text(name) {
            return Some(value.into_owned());
        }
        if let Some(value) = derived::variable(&self.0, &shared, name) {
            return Some(value);
        }
        shared.profile.field(name).filter(|value| !value.is_empty()).map(|value| value.into_owned())
    }

    /// A copy of all channel variables.
    #[must_use]
    pub fn variables(&self) -> crate::variable::Variables {
        self.0.shared.lock().variables.clone()
    }

    /// Sets the channel variable; none removes it.
    ///
    /// # Errors
    ///
    /// Without a name, for a list element past the limit, when there is no room for more, and for a
    /// text with `${…}` from a script that may not run all commands.
    pub fn set_variable(&self, name: &str, value: Option<&str>) -> Result<(), Refused> {
        let left = authority::variable(name, value.unwrap_or_default());
        let left = left.map_err(|_| Refused::NotPermitted)?;
        let mut shared = self.0.shared.lock();
        shared.left = left.or(shared.left.take());
        match value {
            Some(value) => shared.variables.set_bounded(name, value)?,
            None => {
                if name.is_empty() {
                    return Err(Refused::NoName);
                }
                shared.variables.remove(name);
            }
        }
        Ok(())
    }

    /// Sets a variable of the server's own, which no limit refuses: its name is not empty, and few have one.
    pub fn note(&self, name: &str, value: &str) {
        debug_assert!(!name.is_empty());
        let _ = self.0.shared.lock().variables.set(name, value);
    }
}
