//! What a channel tells the event bus. Nothing is built when nobody listens.

use crate::cause::Cause;
use crate::channel::{CallState, Channel, ChannelState, data};
use crate::event::{Event, EventName};
use crate::operation::Dtmf;

impl Channel {
    /// Fires an event with the channel's data; `more` adds what is particular to it.
    #[track_caller]
    pub(crate) fn fire(&self, name: EventName, more: impl FnOnce(&mut Event)) {
        self.switch.events().fire(name, |event| {
            data::describe(self, &self.shared.lock(), event);
            more(event);
        });
    }

    /// Enters a state unless the call is over already; hangup has its own way.
    pub(crate) fn enter(&self, state: ChannelState) -> bool {
        {
            let mut shared = self.shared.lock();
            if shared.state >= ChannelState::Hangup && state < ChannelState::Reporting {
                return false;
            }
            shared.state = state;
        }
        tracing::debug!(call = %self.uuid, state = state.name(), "state");
        self.fire(EventName::ChannelState, |_| {});
        true
    }

    /// Enters a call state; the same one again is no change.
    pub(crate) fn enter_call_state(&self, state: CallState) {
        let before = std::mem::replace(&mut self.shared.lock().callstate, state);
        if before != state {
            self.fire(EventName::ChannelCallstate, |event| {
                event
                    .set("Original-Channel-Call-State", before.name())
                    .set("Channel-Call-State-Number", state.number().to_string());
            });
        }
    }

    /// Tells that a key was pressed.
    pub(crate) fn report_dtmf(&self, digit: Dtmf) {
        self.fire(EventName::Dtmf, |event| {
            event
                .set("DTMF-Digit", digit.digit.to_string())
                .set("DTMF-Duration", digit.duration.to_string());
        });
    }

    /// Tells that an application begins or has ended.
    pub(crate) fn report_application(
        &self,
        begins: bool,
        name: &str,
        data: &str,
        (uuid, uuid_name): (&str, Option<&str>),
    ) {
        let event =
            if begins { EventName::ChannelExecute } else { EventName::ChannelExecuteComplete };
        self.fire(event, |event| {
            event.set("Application", name).set("Application-Data", data);
            if !begins
                && let Some(response) =
                    self.shared.lock().variables.text("current_application_response")
            {
                event.set("Application-Response", response.into_owned());
            } else if !begins {
                event.set("Application-Response", "_none_");
            }
            event.set("Application-UUID", uuid);
            if let Some(uuid_name) = uuid_name {
                event.set("Application-UUID-Name", uuid_name);
            }
        });
    }

    /// Tells that the call was hung up.
    pub(crate) fn report_hangup(&self, name: EventName, cause: Cause) {
        self.fire(name, |event| {
            event.set("Hangup-Cause", cause.name());
        });
    }
}
