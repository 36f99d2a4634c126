//! Hangup, transfer, break and broadcast: what ends or redirects a call from any thread.

use crate::authority;
use crate::cause::Cause;
use crate::channel::{ChannelState, Shared, hangup};
use crate::operation::Failure;
use crate::session::{Execution, Session};

/// What a hangup hook is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// The call is over.
    Hangup,
    /// The call was transferred: what runs on it should end.
    Transfer,
}

impl Session {
    /// What a hangup hook should be told now; none while the call is up and stays here.
    #[must_use]
    pub fn hook(&self) -> Option<Hook> {
        let shared = self.0.shared.lock();
        if !shared.state.up() {
            Some(Hook::Hangup)
        } else if shared.transferring {
            Some(Hook::Transfer)
        } else {
            None
        }
    }

    /// Puts a call that was made for a script at its disposal, in `CS_SOFT_EXECUTE`, as soon as it waits
    /// for orders.
    pub async fn soft_execute(&self) {
        let waits = |shared: &mut Shared| {
            (!shared.state.up() || shared.running == ChannelState::ConsumeMedia).then_some(())
        };
        self.0.wait_for(waits).await;
        self.0.enter(ChannelState::SoftExecute);
    }

    /// Waits until the call is hung up or transferred, and tells which.
    pub async fn interrupted(&self) -> Hook {
        self.0
            .wait_for(|shared| match (shared.state.up(), shared.transferring) {
                (false, _) => Some(Hook::Hangup),
                (true, true) => Some(Hook::Transfer),
                (true, false) => None,
            })
            .await
    }

    /// Waits until the call is hung up, and tells the cause.
    pub async fn ended(&self) -> Cause {
        self.0.wait_for(|shared| (!shared.state.up()).then_some(shared.cause)).await
    }

    /// Waits until the channel is gone: told, reported, and out of the list of sessions.
    pub async fn gone(&self) {
        self.0.wait_for(|shared| (shared.state == ChannelState::Destroy).then_some(())).await;
    }

    /// Ends the call now: BYE, CANCEL or a refusal, whatever fits. Hung up already is no error and
    /// does not change the cause.
    pub fn hangup(&self, cause: Cause) {
        hangup::hangup(&self.0, cause, &hangup::How::Local);
    }

    /// Why an operation cannot go on now; none when it can.
    #[must_use]
    pub(crate) fn over(&self) -> Option<Failure> {
        let shared = self.0.shared.lock();
        if !shared.state.up() {
            Some(Failure::Hangup(shared.cause))
        } else if shared.transferring {
            Some(Failure::Hangup(Cause::NONE))
        } else {
            None
        }
    }

    /// Leaves what the call does for another extension, as soon as what runs on it has ended.
    ///
    /// None keeps the dialplan or context.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Invalid` without an extension; `Refused` when the script that
    /// asks may not send a call there.
    pub fn transfer(
        &self,
        extension: &str,
        dialplan: Option<&str>,
        context: Option<&str>,
    ) -> Result<(), Failure> {
        if extension.is_empty() {
            return Err(Failure::Invalid("transfer needs an extension".into()));
        }
        for text in [Some(extension), dialplan, context].into_iter().flatten() {
            authority::expandable(text)?;
        }
        authority::dialplan(dialplan.unwrap_or_default())?;
        let now = self.0.switch.microseconds();
        {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return Err(Failure::Hangup(shared.cause));
            }
            if shared.initial.is_none() {
                shared.initial = Some(Box::new(shared.profile.clone()));
            }
            let index = shared.profile.profile_index.parse().unwrap_or(1_u32).saturating_add(1);
            let profile = &mut shared.profile;
            profile.rdnis =
                std::mem::replace(&mut profile.destination_number, extension.to_owned());
            if let Some(dialplan) = dialplan.filter(|text| !text.is_empty()) {
                dialplan.clone_into(&mut profile.dialplan);
            } else if profile.dialplan.is_empty() {
                "XML".clone_into(&mut profile.dialplan);
            }
            if let Some(context) = context.filter(|text| !text.is_empty()) {
                context.clone_into(&mut profile.context);
            } else if profile.context.is_empty() {
                "default".clone_into(&mut profile.context);
            }
            profile.profile_index = index.to_string();
            profile.times.transferred = now;
            profile.times.profile_created = now;
            profile.transfer_source = format!(
                "{}:{}:bl_xfer:{extension}/{}/{}",
                now / 1_000_000,
                self.0.uuid,
                profile.context,
                profile.dialplan
            );
            let source = profile.transfer_source.clone();
            // A variable of ours always has a name.
            let _ = shared.variables.set("transfer_source", source.clone());
            let _ = shared.variables.push("transfer_history", source);
            shared.transferring = true;
            shared.plan = None;
            shared.bond = None;
        }
        tracing::debug!(call = %self.0.uuid, extension, "transfer");
        self.0.notify();
        Ok(())
    }

    /// Ends the running operation (`uuid_break`); `all` also forgets the broadcasts that wait.
    pub fn break_operation(&self, all: bool) {
        {
            let mut shared = self.0.shared.lock();
            shared.breaks = shared.breaks.wrapping_add(1);
            if all {
                shared.broadcasts.clear();
            }
        }
        self.0.notify();
    }

    /// Runs an application beside what the call does (`uuid_broadcast`), after the broadcasts that
    /// wait already.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Failed` when too many wait; `Refused` when the
    /// script that asks may not run the application.
    pub fn broadcast(&self, application: String, data: String) -> Result<(), Failure> {
        self.queue(Execution { lock: true, ..Execution::new(application, data) })
    }
}
