//! A channel as headers: what events, `uuid_dump` and scripts see of it.

use crate::channel::{Channel, Shared};
use crate::event::Event;

/// Adds the `Channel-*`, `Caller-*` and `variable_*` headers.
pub(crate) fn describe(channel: &Channel, shared: &Shared, event: &mut Event) {
    describe_channel(channel, shared, event);
    describe_caller(channel, shared, "Caller", event);
    for (name, value) in shared.variables.iter() {
        event.set(&format!("variable_{name}"), value.text().into_owned());
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
    event
        .set("Channel-State", shared.state.name())
        .set("Channel-Call-State", shared.callstate.name())
        .set("Channel-State-Number", shared.state.number().to_string())
        .set("Channel-Name", &*channel.name)
        .set("Unique-ID", &*channel.uuid)
        .set("Call-Direction", channel.direction.name())
        .set("Presence-Call-Direction", channel.direction.name())
        .set("Channel-HIT-Dialplan", shared.hit_dialplan.to_string())
        .set("Channel-Call-UUID", &*channel.uuid)
        .set("Answer-State", answer);
    if !shared.state.up() {
        event.set("Hangup-Cause", shared.cause.name());
    }
    if let Some(agreement) = &shared.media.agreement {
        for way in ["Read", "Write"] {
            event
                .set(&format!("Channel-{way}-Codec-Name"), agreement.codec.name())
                .set(&format!("Channel-{way}-Codec-Rate"), "8000")
                .set(&format!("Channel-{way}-Codec-Bit-Rate"), "64000");
        }
    }
}

/// Adds the caller profile, as `<prefix>-Caller-ID-Name` …
pub(crate) fn describe_caller(channel: &Channel, shared: &Shared, prefix: &str, event: &mut Event) {
    let mut header = format!("{prefix}-");
    let mut set = |name: &str, value: &str| {
        header.truncate(prefix.len() + 1);
        header.push_str(name);
        event.set(&header, value);
    };
    let profile = &shared.profile;
    let times = &profile.times;
    set("Direction", channel.direction.name());
    set("Logical-Direction", channel.direction.name());
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
    set("RDNIS", &profile.rdnis);
    set("Destination-Number", &profile.destination_number);
    set("Unique-ID", &channel.uuid);
    set("Source", &profile.source);
    set("Transfer-Source", &profile.transfer_source);
    set("Context", &profile.context);
    set("Channel-Name", &channel.name);
    set("Profile-Index", &profile.profile_index);
    let stamps = [
        ("Profile-Created-Time", times.profile_created),
        ("Channel-Created-Time", times.created),
        ("Channel-Answered-Time", times.answered),
        ("Channel-Progress-Time", times.progress),
        ("Channel-Progress-Media-Time", times.progress_media),
        ("Channel-Hangup-Time", times.hungup),
        ("Channel-Transfer-Time", times.transferred),
        ("Channel-Resurrect-Time", 0),
        ("Channel-Bridged-Time", 0),
        ("Channel-Last-Hold", 0),
        ("Channel-Hold-Accum", 0),
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
