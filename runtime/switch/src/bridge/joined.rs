//! Tying two legs together, and parting them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ringfence_media::Relay;

use super::order::Part;
use super::{Bond, bound, leave};
use crate::cause::Cause;
use crate::channel::data::{OtherLeg, OtherType};
use crate::channel::{ChannelState, Order};
use crate::event::EventName;
use crate::operation::Failure;
use crate::profile::Times;
use crate::session::Session;

/// Counts bridges.
static BRIDGES: AtomicU64 = AtomicU64::new(0);

/// Two legs that are joined; dropped, they are parted.
pub(super) struct Joined {
    id: u64,
    leg: Session,
    partner: Session,
    /// The way there and the way back; none where a leg has no stream.
    relays: [Option<Relay>; 2],
}

impl Joined {
    /// Joins two legs that are up and in no bridge.
    pub(super) fn new(leg: &Session, partner: &Session) -> Result<Self, Failure> {
        if leg == partner {
            return Err(Failure::Invalid("a call cannot be bridged with itself".into()));
        }
        let id = BRIDGES.fetch_add(1, Ordering::Relaxed);
        tie(leg, partner, id, true)?;
        if let Err(failure) = tie(partner, leg, id, false) {
            untie(leg, id);
            return Err(match failure {
                Failure::Hangup(cause) => {
                    Failure::Failed(format!("the call to bridge with is over ({cause})"))
                }
                other => other,
            });
        }
        // From here on a drop parts them.
        let mut joined =
            Self { id, leg: leg.clone(), partner: partner.clone(), relays: [None, None] };
        joined.connect();
        joined.tell();
        Ok(joined)
    }

    /// Relays what is not relayed yet: a leg has its stream only when it was answered, or has early
    /// media.
    pub(super) fn connect(&mut self) {
        let Self { leg, partner, relays: [there, back], .. } = self;
        if there.is_none() {
            *there = relay(leg, partner);
        }
        if back.is_none() {
            *back = relay(partner, leg);
        }
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    fn tell(&self) {
        let Self { leg, partner, .. } = self;
        tracing::info!(call = %leg.uuid(), partner = %partner.uuid(), "bridged");
        let now = leg.switch().microseconds();
        let mut originatee = other_leg(partner);
        let profile = &mut originatee.profile;
        if profile.callee_id_number.is_empty() {
            // A leg that was not called by us is known by its caller.
            profile.callee_id_name = profile.caller_id_name.clone();
            profile.callee_id_number = profile.caller_id_number.clone();
        }
        {
            let mut shared = leg.0.shared.lock();
            shared.profile.callee_id_name = originatee.profile.callee_id_name.clone();
            shared.profile.callee_id_number = originatee.profile.callee_id_number.clone();
            shared.profile.times.bridged = now;
            shared.other = Some(Box::new(originatee));
        }
        let mut originator = OtherLeg { kind: OtherType::Originator, ..other_leg(leg) };
        let Times { progress, progress_media, .. } = originator.profile.times;
        originator.profile.times = Times { progress, progress_media, ..Times::default() };
        {
            let mut shared = partner.0.shared.lock();
            shared.profile.times.bridged = now;
            shared.call_uuid = Some(Arc::clone(leg.uuid()));
            let known = shared.other.as_ref().map(|other| other.profile.uuid.as_str());
            if known != Some(&**leg.uuid()) {
                shared.other = Some(Box::new(originator));
            }
        }
        leg.note("signal_bond", partner.uuid());
        partner.note("signal_bond", leg.uuid());
        self.report(EventName::ChannelBridge);
        partner.0.enter(ChannelState::ExchangeMedia);
        for (one, other) in [(leg, partner), (partner, leg)] {
            one.note("bridge_to", other.uuid());
            one.note("last_bridge_to", other.uuid());
            one.note("bridge_channel", other.name());
            one.note("bridge_uuid", other.uuid());
        }
        update(partner, leg, "caller_id_name", "caller_id_number");
        update(leg, partner, "callee_id_name", "callee_id_number");
        leg.0.notify();
        partner.0.notify();
    }

    fn report(&self, name: EventName) {
        self.leg.0.fire_first(name, |event| {
            event
                .set("Bridge-A-Unique-ID", &**self.leg.uuid())
                .set("Bridge-B-Unique-ID", &**self.partner.uuid());
        });
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.relays = [None, None];
        let Self { id, leg, partner, .. } = self;
        tracing::info!(call = %leg.uuid(), partner = %partner.uuid(), "parted");
        for (ended, other, role) in [(&*leg, &*partner, "originator"), (partner, leg, "originatee")]
        {
            if ended.up() {
                continue;
            }
            let cause = ended.hangup_cause().name();
            ended.note("last_bridge_role", role);
            other.note("last_bridge_hangup_cause", cause);
            if let Some(status) = ended.own_variable("proto_specific_hangup_cause") {
                other.note("last_bridge_proto_specific_hangup_cause", &status);
            }
            leg.note("bridge_hangup_cause", cause);
            break;
        }
        for leg in [&*leg, partner] {
            leg.0.shared.lock().variables.remove("bridge_to");
            leg.end_music();
        }
        untie(leg, *id);
        // A partner that was transferred, or taken by another bridge, goes its own way.
        if untie(partner, *id) && partner.up() {
            let cause = if leg.up() { Cause::NORMAL_CLEARING } else { leg.hangup_cause() };
            leave(partner, cause);
        }
        self.report(EventName::ChannelUnbridge);
    }
}

fn tie(leg: &Session, partner: &Session, id: u64, leads: bool) -> Result<(), Failure> {
    let mut shared = leg.0.shared.lock();
    if !shared.state.up() {
        return Err(Failure::Hangup(shared.cause));
    }
    // One that is about to follow is waited for no longer.
    let follows = matches!(shared.plan, Some(Order::Bridge(Part::Follow { .. })));
    if shared.transferring && !follows {
        return Err(Failure::Hangup(Cause::NONE));
    }
    if let Some(bond) = &shared.bond {
        let (uuid, with) = (leg.uuid(), &bond.uuid);
        return Err(Failure::Failed(format!("{uuid} is bridged with {with} already")));
    }
    shared.bond = Some(Bond {
        id,
        leads,
        uuid: Arc::clone(partner.uuid()),
        partner: Arc::downgrade(&partner.0),
    });
    Ok(())
}

/// Takes a leg out of that bridge; false when it has left by itself.
fn untie(leg: &Session, id: u64) -> bool {
    let bound = {
        let mut shared = leg.0.shared.lock();
        let bound = bound(&shared, id);
        if bound {
            shared.bond = None;
        }
        bound
    };
    leg.0.notify();
    bound
}

fn relay(from: &Session, to: &Session) -> Option<Relay> {
    let stream = |leg: &Session| leg.0.shared.lock().media.stream.clone();
    Some(stream(from)?.relay(&stream(to)?))
}

fn other_leg(of: &Session) -> OtherLeg {
    OtherLeg { kind: OtherType::Originatee, direction: of.direction(), profile: of.profile() }
}

/// Tells whom a leg is connected to now.
fn update(leg: &Session, partner: &Session, name: &str, number: &str) {
    let [name, number] = [name, number].map(|field| partner.field(field).unwrap_or_default());
    leg.note("last_sent_callee_id_name", &name);
    leg.note("last_sent_callee_id_number", &number);
    leg.0.fire_first(EventName::CallUpdate, |event| {
        event
            .set("Direction", "SEND")
            .set("Sent-Callee-ID-Name", name)
            .set("Sent-Callee-ID-Number", number)
            .set("Bridged-To", &**partner.uuid());
    });
}
