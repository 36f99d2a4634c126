//! A channel as headers: what events, `uuid_dump` and scripts see of it.

use crate::channel::{Channel, ChannelState, Direction, Shared, derived};
use crate::event::{Event, EventName};
use crate::profile::CallerProfile;

/// How the other leg came to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtherType {
    /// It made this leg.
    Originator,
    /// This leg made it, or is bridged with it.
    Originatee,
}

/// What a leg knows of the one that it belongs to: `Other-Type` and `Other-Leg-*`.
#[derive(Clone, Debug)]
pub(crate) struct OtherLeg {
    pub(crate) kind: OtherType,
    pub(crate) direction: Direction,
    pub(crate) profile: CallerProfile,
}

/// How much of a channel an event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// `Channel-*`.
    Channel,
    /// `Caller-*` and `Other-Leg-*` too.
    Caller,
    /// `variable_*` too.
    Variables,
}

/// Adds the headers that an event of that name has.
pub(super) fn describe_for(channel: &Channel, shared: &Shared, event: &mut Event) {
    let depth = match event.name() {
        _ if shared.verbose || channel.switch.verbose_events() => Depth::Variables,
        EventName::ChannelState if shared.running == ChannelState::New => Depth::Channel,
        EventName::ChannelState
        | EventName::ChannelCallstate
        | EventName::ChannelOutgoing
        | EventName::Codec
        | EventName::Dtmf
        | EventName::PrivateCommand
        | EventName::RecvInfo => Depth::Caller,
        _ => Depth::Variables,
    };
    describe_to(channel, shared, depth, event);
}

/// Adds the `Channel-*`, `Caller-*`, `Other-Leg-*` and `variable_*` headers.
pub(crate) fn describe(channel: &Channel, shared: &Shared, event: &mut Event) {
    describe_to(channel, shared, Depth::Variables, event);
}

fn describe_to(channel: &Channel, shared: &Shared, depth: Depth, event: &mut Event) {
    describe_channel(channel, shared, event);
    if depth >= Depth::Caller {
        describe_caller(channel.direction, &shared.profile, "Caller", event);
        if let Some(other) = &shared.other {
            event.set(
                "Other-Type",
                match other.kind {
                    OtherType::Originator => "originator",
                    OtherType::Originatee => "originatee",
                },
            );
            describe_caller(other.direction, &other.profile, "Other-Leg", event);
        }
    }
    if depth >= Depth::Variables {
        for (name, value) in shared.variables.iter() {
            event.set(&format!("variable_{name}"), value.text().into_owned());
        }
        derived::each(channel, shared, |name, value| {
            event.set(&format!("variable_{name}"), value);
        });
    }
}

fn describe_channel(channel: &Channel, shared: &Shared, event: &mut Event) {
    let answer = if !shared.state.up() {
        "hangup"
    } else if shared.answered {
        "answered"
    } else if shared.media.ready {
        "early"
    } else {
        "ringing"
    };
    let hit = channel.direction == Direction::Inbound || shared.hit_dialplan;
    event
        .set("Channel-State", shared.running.name())
        .set("Channel-Call-State", shared.callstate.name())
        .set("Channel-State-Number", shared.state.number().to_string())
        .set("Channel-Name", &*channel.name)
        .set("Unique-ID", &*channel.uuid)
        .set("Call-Direction", channel.direction.name())
        .set("Presence-Call-Direction", channel.direction.name())
        .set("Channel-HIT-Dialplan", hit.to_string())
        .set("Channel-Call-UUID", &**shared.call_uuid.as_ref().unwrap_or(&channel.uuid))
        .set("Answer-State", answer);
    if !shared.state.up() {
        event.set("Hangup-Cause", shared.cause.name());
    }
    // Before the first event of its codecs it has none, as far as events tell.
    if let Some(agreement) = shared.media.agreement.as_ref().filter(|_| shared.codecs_told) {
        for way in ["Read", "Write"] {
            event
                .set(&format!("Channel-{way}-Codec-Name"), agreement.codec.name())
                .set(&format!("Channel-{way}-Codec-Rate"), "8000")
                .set(&format!("Channel-{way}-Codec-Bit-Rate"), "64000");
        }
    }
}

/// Adds a caller profile, as `<prefix>-Caller-ID-Name` …
pub(crate) fn describe_caller(
    direction: Direction,
    profile: &CallerProfile,
    prefix: &str,
    event: &mut Event,
) {
    let mut header = format!("{prefix}-");
    let mut set = |name: &str, value: &str| {
        header.truncate(prefix.len() + 1);
        header.push_str(name);
        event.set(&header, value);
    };
    let times = &profile.times;
    set("Direction", direction.name());
    set("Logical-Direction", direction.name());
    set("Username", &profile.username);
    set("Dialplan", &profile.dialplan);
    set("Caller-ID-Name", &profile.caller_id_name);
    set("Caller-ID-Number", &profile.caller_id_number);
    set("Orig-Caller-ID-Name", &profile.orig_caller_id_name);
    set("Orig-Caller-ID-Number", &profile.orig_caller_id_number);
    set("Callee-ID-Name", &profile.callee_id_name);
    set("Callee-ID-Number", &profile.callee_id_number);
    set("Network-Addr", &profile.network_addr);
    set("ANI", &profile.ani);
    set("Destination-Number", &profile.destination_number);
    set("Unique-ID", &profile.uuid);
    set("Source", &profile.source);
    set("Transfer-Source", &profile.transfer_source);
    set("Context", &profile.context);
    set("RDNIS", &profile.rdnis);
    set("Channel-Name", &profile.chan_name);
    if prefix != "Other-Leg" {
        set("Profile-Index", &profile.profile_index);
    }
    let stamps = [
        ("Profile-Created-Time", times.profile_created),
        ("Channel-Created-Time", times.created),
        ("Channel-Answered-Time", times.answered),
        ("Channel-Progress-Time", times.progress),
        ("Channel-Progress-Media-Time", times.progress_media),
        ("Channel-Hangup-Time", times.hungup),
        ("Channel-Transfer-Time", times.transferred),
        ("Channel-Resurrect-Time", 0),
        ("Channel-Bridged-Time", times.bridged),
        ("Channel-Last-Hold", times.last_hold),
        ("Channel-Hold-Accum", times.hold_accum),
    ];
    for (name, value) in stamps {
        set(name, &value.to_string());
    }
    let or = |value: &str, default: &str| {
        if value.is_empty() { default.to_owned() } else { value.to_owned() }
    };
    set("Screen-Bit", &or(&profile.screen_bit, "true"));
    set("Privacy-Hide-Name", &or(&profile.privacy_hide_name, "false"));
    set("Privacy-Hide-Number", &or(&profile.privacy_hide_number, "false"));
}
