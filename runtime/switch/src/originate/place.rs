//! Placing one leg, and waiting for what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use crate::cause::Cause;
use crate::channel::hangup::{self, How};
use crate::channel::{CallState, Channel, Direction, task};
use crate::endpoint::Leg;
use crate::endpoint::sip::outbound;
use crate::event::EventName;
use crate::originate::Originate;
use crate::originate::dial;
use crate::profile::CallerProfile;
use crate::session::Session;
use crate::switch::Switch;
use crate::variable::{Variables, is_true};

/// The number that the far end is told when nobody says one, as in FreeSWITCH.
const NO_NUMBER: &str = "0000000000";

/// A leg that has been called. Dropped before it settled, it is hung up.
#[derive(Debug)]
pub struct Placed {
    session: Option<Session>,
    /// Early media does not count.
    ignore_early: bool,
    timeout: Option<Duration>,
}

impl Drop for Placed {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            // It rang too long, or whoever wanted the call has gone.
            session.hangup(Cause::NO_ANSWER);
        }
    }
}

impl Placed {
    /// The leg, until it settled.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Waits until the leg is answered (or has early media), or failed.
    pub(super) async fn settled(mut self) -> Result<Session, Cause> {
        let Some(session) = self.session.clone() else { return Err(Cause::NONE) };
        let ignore_early = self.ignore_early;
        let settled = session.0.wait_for(|shared| {
            if !shared.state.up() {
                return Some(Err(shared.cause));
            }
            let usable = shared.media.ready && (shared.answered || !ignore_early);
            usable.then_some(Ok(()))
        });
        let result = match self.timeout {
            None => settled.await,
            Some(patience) => match tokio::time::timeout(patience, settled).await {
                Ok(result) => result,
                Err(_) => {
                    session.hangup(Cause::ALLOTTED_TIMEOUT);
                    Err(session.hangup_cause())
                }
            },
        };
        // From here on it is on its own.
        self.session = None;
        result.map(|()| session)
    }
}

/// Calls one leg.
///
/// # Errors
///
/// The cause it fails with at once.
pub(super) fn place(
    switch: &Switch,
    leg: &dial::Leg,
    common: &Variables,
    originate: &Originate,
    first: bool,
) -> Result<Placed, Cause> {
    let mut variables = common.clone();
    for (name, value) in leg.variables.iter() {
        // It was a variable there, so its name is one.
        let _ = variables.set(name, value.text().into_owned());
    }
    let text = |name: &str| variables.text(name).map(|value| value.into_owned());
    let caller_name = text("origination_caller_id_name").or(originate.caller_id_name.clone());
    let caller_number = text("origination_caller_id_number").or(originate.caller_id_number.clone());
    let session = match leg.endpoint.to_ascii_lowercase().as_str() {
        "error" => return Err(Cause::parse(&leg.address)),
        // There are no registrations yet, so nobody can be reached.
        "user" => return Err(Cause::SUBSCRIBER_ABSENT),
        "null" => null(switch, leg, variables, caller_name, caller_number, first)?,
        "sofia" => sip(switch, leg, variables, caller_name, caller_number, first)?,
        other => {
            tracing::warn!("no endpoint {other:?}; there are sofia, null and error");
            return Err(Cause::CHAN_NOT_IMPLEMENTED);
        }
    };
    let timeout = session
        .own_variable("leg_timeout")
        .and_then(|text| text.parse().ok())
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs);
    let ignore_early =
        session.own_variable("ignore_early_media").is_some_and(|text| is_true(&text));
    Ok(Placed { session: Some(session), ignore_early, timeout })
}

fn profile(
    destination: &str,
    source: &str,
    name: Option<String>,
    number: Option<String>,
    default: &str,
) -> CallerProfile {
    let ani = number.clone().unwrap_or_else(|| NO_NUMBER.to_owned());
    let number = number.unwrap_or_else(|| default.to_owned());
    let name = name.unwrap_or_default();
    CallerProfile {
        dialplan: "XML".to_owned(),
        context: "default".to_owned(),
        caller_id_name: name.clone(),
        caller_id_number: number.clone(),
        orig_caller_id_name: name,
        orig_caller_id_number: number,
        ani,
        destination_number: destination.to_owned(),
        source: source.to_owned(),
        ..CallerProfile::default()
    }
}

/// Lets one more call in, as for calls that come.
fn admit(switch: &Switch) -> Result<u64, Cause> {
    switch.admit().map_err(|refusal| {
        tracing::warn!("call not made: {refusal}");
        Cause::SWITCH_CONGESTION
    })
}

fn uuid(switch: &Switch, variables: &Variables, first: bool) -> Arc<str> {
    match variables.text("origination_uuid").filter(|uuid| first && !uuid.is_empty()) {
        Some(uuid) => uuid.as_ref().into(),
        None => switch.new_uuid(),
    }
}

fn null(
    switch: &Switch,
    leg: &dial::Leg,
    variables: Variables,
    name: Option<String>,
    number: Option<String>,
    first: bool,
) -> Result<Session, Cause> {
    let count = admit(switch)?;
    let uuid = uuid(switch, &variables, first);
    let profile = profile(&leg.address, "mod_loopback", name, number, &leg.address);
    let name = format!("null/{}", leg.address);
    let channel =
        Channel::new(switch.clone(), uuid, count, Direction::Outbound, name, profile, Leg::Null);
    {
        let mut shared = channel.shared.lock();
        shared.variables = variables;
        shared.answered = true;
        shared.media.ready = true;
        shared.callstate = CallState::Active;
        shared.profile.times.answered = shared.profile.times.created;
    }
    begin(switch, channel, None)
}

fn sip(
    switch: &Switch,
    leg: &dial::Leg,
    variables: Variables,
    name: Option<String>,
    number: Option<String>,
    first: bool,
) -> Result<Session, Cause> {
    let target = outbound::parse(switch, &leg.address)?;
    let count = admit(switch)?;
    let uuid = uuid(switch, &variables, first);
    let destination = target.uri.user().unwrap_or_default();
    let profile = profile(&destination, "mod_sofia", name, number, NO_NUMBER);
    let caller = (profile.caller_id_name.as_str(), profile.caller_id_number.as_str());
    let sent = outbound::invite(switch, &target, caller, &variables)?;
    let name = format!(
        "sofia/{}/{}",
        target.profile.name,
        leg.address.split_once('/').map_or("", |(_, address)| address)
    );
    let channel = Channel::new(
        switch.clone(),
        uuid,
        count,
        Direction::Outbound,
        name,
        profile,
        Leg::Sip(Box::new(sent.leg)),
    );
    {
        let mut shared = channel.shared.lock();
        shared.variables = variables;
        shared.media = sent.media;
    }
    begin(switch, channel, Some(sent.events))
}

/// Puts a channel on the list and starts its task.
fn begin(
    switch: &Switch,
    channel: Arc<Channel>,
    events: Option<tokio::sync::mpsc::Receiver<ringfence_sip::CallEvent>>,
) -> Result<Session, Cause> {
    let session = Session(channel);
    session.note("direction", "outbound");
    session.note("uuid", session.uuid());
    session.note("session_id", &session.0.number.to_string());
    session.note("channel_name", session.name());
    if !switch.register_session(&session) {
        tracing::warn!(call = %session.uuid(), "origination_uuid is taken by another call");
        hangup::hangup(&session.0, Cause::DESTINATION_OUT_OF_ORDER, &How::Local);
        return Err(Cause::DESTINATION_OUT_OF_ORDER);
    }
    session.0.fire(EventName::ChannelOutgoing, |_| {});
    switch.spawn(task::run(session.clone(), events, false));
    Ok(session)
}
