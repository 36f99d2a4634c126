//! What a channel tells the event bus. Nothing is built when nobody listens.

use crate::cause::Cause;
use crate::channel::{CallState, Channel, ChannelState, data};
use crate::event::{Event, EventName};
use crate::operation::{Dtmf, DtmfSource};

impl Channel {
    /// Fires an event with the channel's data; `more` adds what is particular to it.
    #[track_caller]
    pub(crate) fn fire(&self, name: EventName, more: impl FnOnce(&mut Event)) {
        self.switch.events().fire(name, |event| {
            data::describe_for(self, &self.shared.lock(), event);
            more(event);
        });
    }

    /// The same, with what is particular in front of the channel's data, where FreeSWITCH has it for
    /// `CHANNEL_CALLSTATE`, `CHANNEL_BRIDGE`, `MEDIA_BUG_START` …
    #[track_caller]
    pub(crate) fn fire_first(&self, name: EventName, first: impl FnOnce(&mut Event)) {
        self.switch.events().fire(name, |event| {
            first(event);
            data::describe_for(self, &self.shared.lock(), event);
        });
    }

    /// Enters a state unless the call is over already; hangup has its own way.
    pub(crate) fn enter(&self, state: ChannelState) -> bool {
        self.enter_as(state, None)
    }

    /// The same; the call state that comes with it is told first.
    pub(crate) fn enter_as(&self, state: ChannelState, call: Option<CallState>) -> bool {
        {
            let mut shared = self.shared.lock();
            if shared.state >= ChannelState::Hangup && state < ChannelState::Hangup {
                return false;
            }
            shared.state = state;
            shared.running = state;
        }
        tracing::debug!(call = %self.uuid, state = state.name(), "state");
        if let Some(call) = call {
            self.enter_call_state(call);
        }
        self.fire(EventName::ChannelState, |_| {});
        true
    }

    /// Enters a call state; the same one again is no change.
    pub(crate) fn enter_call_state(&self, state: CallState) {
        let before = std::mem::replace(&mut self.shared.lock().callstate, state);
        if before != state {
            self.fire_first(EventName::ChannelCallstate, |event| {
                event
                    .set("Original-Channel-Call-State", before.name())
                    .set("Channel-Call-State-Number", state.number().to_string());
            });
        }
    }

    /// Tells the codecs, once, when some are agreed on.
    pub(crate) fn report_codecs(&self) {
        {
            let mut shared = self.shared.lock();
            if shared.codecs_told || shared.media.agreement.is_none() {
                return;
            }
            shared.codecs_told = true;
        }
        // The channel's data have both; FreeSWITCH adds to each event its own once more.
        for _ in ["read", "write"] {
            self.fire(EventName::Codec, |_| {});
        }
    }

    /// Tells that a key was pressed.
    pub(crate) fn report_dtmf(&self, digit: Dtmf, source: DtmfSource) {
        self.fire(EventName::Dtmf, |event| {
            event
                .set("DTMF-Digit", digit.digit.to_string())
                .set("DTMF-Duration", digit.duration.to_string())
                .set("DTMF-Source", source.name());
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

    /// Tells that something listens in on the call's audio, or does not any more.
    pub(crate) fn report_bug(&self, name: EventName, function: &str, target: &str) {
        self.fire_first(name, |event| {
            event.set("Media-Bug-Function", function).set("Media-Bug-Target", target);
        });
    }

    /// Tells that all that ran has ended: `CS_HANGUP`. From now on the call has an end, durations and
    /// a last application. Told once.
    pub(crate) fn report_over(&self) {
        if self.shared.lock().running < ChannelState::Hangup {
            self.enter(ChannelState::Hangup);
            self.enter_call_state(CallState::Hangup);
        }
    }

    /// Tells the end: `CS_REPORTING` to `CS_DESTROY`. `gone` takes the channel off the list of
    /// sessions.
    pub(crate) fn report_end(&self, cause: Cause, gone: impl FnOnce()) {
        self.report_over();
        self.enter(ChannelState::Reporting);
        self.fire_first(EventName::ChannelHangupComplete, |event| {
            event.set("Hangup-Cause", cause.name());
        });
        gone();
        self.fire(EventName::ChannelDestroy, |_| {});
        self.enter(ChannelState::Destroy);
    }
}
