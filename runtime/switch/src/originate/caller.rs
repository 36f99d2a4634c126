//! The call that legs are made for: what it hands on to them, and what it learns of them.

use std::sync::Arc;

use ringfence_sip::MAX_FORWARDS;

use crate::cause::Cause;
use crate::channel::data::{OtherLeg, OtherType};
use crate::channel::{CallState, Channel};
use crate::profile::{CallerProfile, Times};
use crate::session::Session;
use crate::variable::{Variables, integer};

/// The name of whom we call when nobody says one, as in FreeSWITCH.
pub(super) const CALLEE: &str = "Outbound Call";

/// The leg that waits for others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'s>(pub(super) &'s Session);

impl Caller<'_> {
    /// Notes that legs are being called.
    pub(super) fn begins(self) {
        let Self(session) = self;
        session.note("originate_disposition", "failure");
        session.note("DIALSTATUS", "INVALIDARGS");
        if session.answered() {
            session.0.enter_call_state(CallState::RingWait);
        }
    }

    /// The caller profile of a leg to `destination`; what `name` and `number` leave open is as the
    /// caller's own.
    pub(super) fn profile(
        self,
        destination: &str,
        name: Option<String>,
        number: Option<String>,
    ) -> CallerProfile {
        let Self(session) = self;
        let own = session.profile();
        let effective = |variable: &str, own: &str| {
            let value = session.own_variable(variable).filter(|value| !value.is_empty());
            value.unwrap_or_else(|| own.to_owned())
        };
        CallerProfile {
            caller_id_name: name
                .unwrap_or_else(|| effective("effective_caller_id_name", &own.caller_id_name)),
            caller_id_number: number
                .unwrap_or_else(|| effective("effective_caller_id_number", &own.caller_id_number)),
            ani: effective("effective_ani", &own.ani),
            callee_id_name: CALLEE.to_owned(),
            callee_id_number: destination.to_owned(),
            destination_number: destination.to_owned(),
            transfer_source: String::new(),
            profile_index: String::new(),
            times: Times::default(),
            ..own
        }
    }

    /// What a leg gets from the caller before the dial string's own variables: who made it, and what
    /// was exported.
    pub(super) fn variables(self, leg: &mut Variables) {
        let Self(session) = self;
        // All names are ours, or were names already.
        let mut set = |name: &str, value: String| {
            let _ = leg.set(name, value);
        };
        if let Some(agreement) = &session.0.shared.lock().media.agreement {
            let codec = format!("{}@8000h@{}i", agreement.codec.name(), agreement.ptime);
            set("originator_codec", codec);
        }
        set("originator", session.uuid().to_string());
        set("signal_bond", session.uuid().to_string());
        for list in ["export_vars", "bridge_export_vars"] {
            let names = session.own_variable(list).unwrap_or_default();
            for name in names.split(',').filter(|name| !name.is_empty()) {
                if let Some(value) = session.own_variable(name) {
                    set(name.strip_prefix("nolocal:").unwrap_or(name), value);
                }
            }
        }
    }

    /// How many servers a leg of the caller's may still pass through.
    pub(super) fn forwards(self) -> u8 {
        let most = i64::from(MAX_FORWARDS);
        let left = self.0.own_variable("max_forwards").map(|text| integer(&text));
        u8::try_from(left.unwrap_or(most).min(most) - 1).unwrap_or(0)
    }

    /// What the leg's events tell of the caller.
    pub(super) fn introduce(self, leg: &Channel) {
        let Self(session) = self;
        let profile = CallerProfile { times: Times::default(), ..session.profile() };
        let (kind, direction) = (OtherType::Originator, session.direction());
        leg.shared.lock().other = Some(Box::new(OtherLeg { kind, direction, profile }));
    }

    /// A leg has been called.
    pub(super) fn called(self, leg: &Session) {
        let Self(session) = self;
        leg.0.shared.lock().call_uuid = Some(Arc::clone(session.uuid()));
        session.note("originate_signal_bond", leg.uuid());
        let profile = leg.profile();
        let (name, number) = (&profile.callee_id_name, &profile.callee_id_number);
        self.list("originated_legs", format!("{};{name};{number}", leg.uuid()));
    }

    /// A leg rings: so does the caller's phone.
    pub(super) async fn rings(self) {
        if let Err(failure) = self.0.ring_ready().await {
            tracing::debug!(call = %self.0.uuid(), %failure, "not told that it rings");
        }
    }

    /// A leg that has ended or was answered.
    pub(super) fn settled(self, leg: &Session, cause: Cause) {
        self.list("originate_causes", format!("{};{cause}", leg.uuid()));
        if cause == Cause::NONE {
            return;
        }
        let (of, at) = match cause {
            // It was ours to say.
            Cause::ORIGINATOR_CANCEL | Cause::PICKED_OFF => (self.0, leg),
            _ => (leg, self.0),
        };
        at.note("last_bridge_hangup_cause", cause.name());
        if let Some(status) = of.own_variable("proto_specific_hangup_cause") {
            at.note("last_bridge_proto_specific_hangup_cause", &status);
        }
    }

    /// Notes what became of it all.
    pub(super) fn ends(self, result: Result<(), Cause>) {
        let Self(session) = self;
        let cause = result.err().unwrap_or(Cause::SUCCESS);
        session.note("originate_disposition", cause.name());
        session.note("DIALSTATUS", dial_status(cause));
        if result.is_err() {
            session.note("originate_failed_cause", cause.name());
        } else {
            session.0.shared.lock().variables.remove("originate_signal_bond");
        }
        if session.answered() && session.up() {
            session.0.enter_call_state(CallState::Active);
        }
    }

    fn list(self, name: &str, element: String) {
        // As many as a dial string has legs, and a call has dial strings: those beyond are not kept.
        let _ = self.0.0.shared.lock().variables.push(name, element);
    }
}

/// The cause in the words that scripts from elsewhere know.
fn dial_status(cause: Cause) -> &'static str {
    match cause {
        Cause::SUCCESS => "SUCCESS",
        Cause::USER_BUSY => "BUSY",
        Cause::NO_ANSWER | Cause::NO_USER_RESPONSE | Cause::ALLOTTED_TIMEOUT => "NOANSWER",
        Cause::ORIGINATOR_CANCEL => "CANCEL",
        Cause::NORMAL_CIRCUIT_CONGESTION | Cause::SWITCH_CONGESTION => "CONGESTION",
        Cause::INVALID_MSG_UNSPECIFIED | Cause::INVALID_URL => "INVALIDARGS",
        _ => "CHANUNAVAIL",
    }
}
