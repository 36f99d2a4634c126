//! Placing one leg, and waiting for what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use ringfence_sip::{CallEvent, MAX_FORWARDS};
use tokio::sync::mpsc;

use super::attempt::Attempt;
use super::caller::{CALLEE, Caller};
use super::{NotCalled, dial};
use crate::authority;
use crate::cause::Cause;
use crate::channel::hangup::{self, How};
use crate::channel::{CallState, Channel, Direction, task};
use crate::endpoint::sip::outbound;
use crate::endpoint::{Leg, loopback};
use crate::event::EventName;
use crate::profile::CallerProfile;
use crate::session::Session;
use crate::variable::{Variables, is_true};

/// The number that the far end is told when nobody says one, as in FreeSWITCH.
const NO_NUMBER: &str = "0000000000";

/// A leg that has been called. Dropped before it settled, it is hung up.
pub(super) struct Placed {
    session: Session,
    /// The call that it was made for.
    caller: Option<Session>,
    settled: bool,
}

impl Drop for Placed {
    fn drop(&mut self) {
        if !self.settled && self.session.up() {
            // It rang too long, or whoever wanted the call has gone.
            if let Some(caller) = &self.caller {
                Caller(caller).settled(&self.session, Cause::NO_ANSWER);
            }
            self.session.hangup(Cause::NO_ANSWER);
        }
    }
}

/// What happens to a leg that is waited for.
enum News {
    Rings,
    Settled(Result<(), Cause>),
}

impl Placed {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Waits until the leg is answered (or has early media), or failed.
    pub(super) async fn settled(mut self, attempt: &Attempt<'_>) -> Result<Session, Cause> {
        let session = self.session.clone();
        let variable = |name: &str| session.own_variable(name);
        let early = variable("ignore_early_media").unwrap_or_default();
        // FreeSWITCH's third value: early media is no more than ringing.
        let rings = early.eq_ignore_ascii_case("ring_ready");
        let ignore = rings || is_true(&early);
        let patience = variable("leg_timeout")
            .and_then(|text| text.parse().ok())
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs);
        let settled = settle(&session, attempt, ignore, rings);
        let result = match patience {
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
        self.settled = true;
        if let Some(caller) = attempt.caller {
            caller.settled(&session, result.err().unwrap_or(Cause::NONE));
        }
        result.map(|()| session)
    }
}

async fn settle(
    session: &Session,
    attempt: &Attempt<'_>,
    ignore: bool,
    rings: bool,
) -> Result<(), Cause> {
    let mut told = false;
    loop {
        let news = session.0.wait_for(|shared| {
            if !shared.state.up() {
                return Some(News::Settled(Err(shared.cause)));
            }
            if shared.media.ready && (shared.answered || !ignore) {
                return Some(News::Settled(Ok(())));
            }
            let ringing = shared.progressed || (rings && shared.media.ready);
            (ringing && !told).then_some(News::Rings)
        });
        match news.await {
            News::Settled(result) => return result,
            News::Rings => {
                told = true;
                attempt.rings(session).await;
            }
        }
    }
}

/// What a new leg is made of.
pub(super) struct Plan<'p> {
    attempt: &'p Attempt<'p>,
    uuid: Arc<str>,
    /// `session_id`.
    number: u64,
    endpoint: &'static str,
    caller_name: Option<String>,
    caller_number: Option<String>,
    /// Of the caller and the dial string.
    variables: Variables,
    forwards: u8,
}

/// Calls one leg. `first` may have the uuid that was asked for.
///
/// # Errors
///
/// The cause it fails with at once.
pub(super) fn place(
    attempt: &Attempt<'_>,
    leg: &dial::Leg,
    variables: &Variables,
    first: bool,
) -> Result<Placed, NotCalled> {
    let endpoint = match leg.endpoint.to_ascii_lowercase().as_str() {
        "error" => return Err(NotCalled::new(Cause::parse(&leg.address), "")),
        "null" => "null",
        "sofia" => "sofia",
        "loopback" => "loopback",
        other => {
            let why = format!(
                "no endpoint {other:?}; there are sofia, loopback, user, group, null and error"
            );
            return Err(NotCalled::new(Cause::CHAN_NOT_IMPLEMENTED, why));
        }
    };
    let forwards = attempt.caller.map_or(MAX_FORWARDS, |caller| caller.forwards());
    if forwards == 0 {
        let why = format!(
            "the call went through {MAX_FORWARDS} servers and legs already; does it go in circles?"
        );
        return Err(NotCalled::new(Cause::EXCHANGE_ROUTING_ERROR, why));
    }
    let mut all = Variables::new();
    if let Some(caller) = attempt.caller {
        caller.variables(&mut all);
    }
    for (name, value) in variables.iter() {
        // It was a variable there, so its name is one.
        let _ = all.set(name, value.text().into_owned());
    }
    let text = |name: &str| variables.text(name).map(|value| value.into_owned());
    let plan = Plan {
        caller_name: text("origination_caller_id_name")
            .or_else(|| attempt.originate.caller_id_name.clone()),
        caller_number: text("origination_caller_id_number")
            .or_else(|| attempt.originate.caller_id_number.clone()),
        uuid: match text("origination_uuid").filter(|uuid| first && !uuid.is_empty()) {
            Some(uuid) => uuid.into(),
            None => attempt.switch.new_uuid(),
        },
        number: 0,
        attempt,
        endpoint,
        variables: all,
        forwards,
    };
    let session = match endpoint {
        "null" => plan.null(leg)?,
        "loopback" => plan.loopback(leg)?,
        _ => plan.sip(leg)?,
    };
    let caller = attempt.caller.map(|caller| caller.0.clone());
    Ok(Placed { session, caller, settled: false })
}

impl Plan<'_> {
    /// Lets one more call in, as for calls that come.
    fn admit(&mut self) -> Result<(), NotCalled> {
        let admitted = self.attempt.switch.admit(Direction::Outbound);
        self.number = admitted
            .map_err(|refusal| NotCalled::new(Cause::SWITCH_CONGESTION, refusal.to_string()))?;
        Ok(())
    }

    fn profile(&self, destination: &str, source: &str, default: &str) -> CallerProfile {
        let (name, number) = (self.caller_name.clone(), self.caller_number.clone());
        let profile = match self.attempt.caller {
            Some(caller) => caller.profile(destination, name, number),
            None => {
                let ani = number.clone().unwrap_or_else(|| NO_NUMBER.to_owned());
                let number = number.unwrap_or_else(|| default.to_owned());
                let name = name.unwrap_or_default();
                CallerProfile {
                    context: "default".to_owned(),
                    caller_id_name: name.clone(),
                    caller_id_number: number.clone(),
                    orig_caller_id_name: name,
                    orig_caller_id_number: number,
                    callee_id_name: CALLEE.to_owned(),
                    callee_id_number: destination.to_owned(),
                    ani,
                    destination_number: destination.to_owned(),
                    ..CallerProfile::default()
                }
            }
        };
        CallerProfile { source: source.to_owned(), ..profile }
    }

    fn channel(&self, name: String, profile: CallerProfile, leg: Leg) -> Arc<Channel> {
        let (switch, uuid) = (self.attempt.switch.clone(), Arc::clone(&self.uuid));
        Channel::new(switch, uuid, self.number, Direction::Outbound, name, profile, leg)
    }

    fn null(mut self, leg: &dial::Leg) -> Result<Session, NotCalled> {
        self.admit()?;
        let profile = self.profile(&leg.address, "mod_loopback", &leg.address);
        let channel = self.channel(format!("null/{}", leg.address), profile, Leg::Null);
        {
            let mut shared = channel.shared.lock();
            shared.answered = true;
            shared.media.ready = true;
            shared.callstate = CallState::Active;
            shared.profile.times.answered = shared.profile.times.created;
        }
        self.begin(channel, None)
    }

    fn loopback(mut self, leg: &dial::Leg) -> Result<Session, NotCalled> {
        let caller = self.attempt.caller.map(|caller| caller.0);
        let target = loopback::Target::parse(&leg.address, caller)?;
        self.admit()?;
        let profile = CallerProfile {
            dialplan: target.dialplan.clone(),
            context: target.context.clone(),
            ..self.profile(&target.extension, "mod_loopback", NO_NUMBER)
        };
        let name = format!("loopback/{}", target.extension);
        let pair = loopback::Pair::open(self.attempt.switch)?;
        let channel = self.channel(format!("{name}-a"), profile.clone(), Leg::Null);
        let far = pair.connect(&channel, format!("{name}-b"), profile);
        let near = self.begin(channel, None)?;
        loopback::begin(&near, far);
        Ok(near)
    }

    fn sip(mut self, leg: &dial::Leg) -> Result<Session, NotCalled> {
        let switch = self.attempt.switch;
        let target = outbound::parse(switch, &leg.address)?;
        self.admit()?;
        let destination = target.uri.user().unwrap_or_default();
        let profile = self.profile(&destination, "mod_sofia", NO_NUMBER);
        let sent = outbound::invite(switch, &target, &profile, &self.variables, self.forwards)?;
        let name = format!(
            "sofia/{}/{}",
            target.profile.name,
            leg.address.split_once('/').map_or("", |(_, address)| address)
        );
        let channel = self.channel(name, profile, Leg::Sip(Box::new(sent.leg)));
        channel.shared.lock().media = sent.media;
        self.begin(channel, Some(sent.events))
    }

    /// Puts a channel on the list and starts its task.
    fn begin(
        self,
        channel: Arc<Channel>,
        events: Option<mpsc::Receiver<CallEvent>>,
    ) -> Result<Session, NotCalled> {
        let session = Session(channel);
        let Self { attempt, variables, .. } = &self;
        // What its variables leave to be run came from whoever makes it, or was exported to it.
        let callers = || attempt.caller.and_then(|caller| caller.0.0.shared.lock().left.clone());
        session.0.shared.lock().left = authority::current().or_else(callers);
        session.note("direction", "outbound");
        session.note("uuid", session.uuid());
        session.note("session_id", &session.0.number.to_string());
        session.note("channel_name", session.name());
        if attempt.caller.is_some() {
            session.note("max_forwards", &self.forwards.to_string());
        }
        for (name, value) in variables.iter() {
            session.note(name, &value.text());
        }
        session.note("originate_early_media", "true");
        if let Some(caller) = attempt.caller {
            session.note("originating_leg_uuid", caller.0.uuid());
            caller.introduce(&session.0);
        }
        session.note("originate_endpoint", self.endpoint);
        if !attempt.switch.register_session(&session) {
            let cause = Cause::DESTINATION_OUT_OF_ORDER;
            hangup::hangup(&session.0, cause, &How::Local);
            let why = format!("origination_uuid {} is taken by another call", session.uuid());
            return Err(NotCalled::new(cause, why));
        }
        session.0.fire(EventName::ChannelOutgoing, |_| {});
        if let Some(caller) = attempt.caller {
            caller.called(&session);
        }
        attempt.switch.spawn(task::run(session.clone(), events, false));
        Ok(session)
    }
}
