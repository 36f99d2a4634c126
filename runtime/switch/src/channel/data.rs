//! A channel as headers: what events, `uuid_dump` and scripts see of it.

use crate::channel::{Channel, Shared};
use crate::event::Event;

/// Adds the `Channel-*`, `Caller-*` and `variable_*` headers.
pub(crate) fn describe(channel: &Channel, shared: &Shared, event: &mut Event) {
    describe_channel(channel, shared, event);
    describe_caller(channel, shared, event);
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
    if let Some(agreement) = &shared.media.agreement {
        for way in ["Read", "Write"] {
            event
                .set(&format!("Channel-{way}-Codec-Name"), agreement.codec.name())
                .set(&format!("Channel-{way}-Codec-Rate"), "8000")
                .set(&format!("Channel-{way}-Codec-Bit-Rate"), "64000");
        }
    }
}

fn describe_caller(channel: &Channel, shared: &Shared, event: &mut Event) {
    let profile = &shared.profile;
    let times = &profile.times;
    event
        .set("Caller-Direction", channel.direction.name())
        .set("Caller-Logical-Direction", channel.direction.name())
        .set("Caller-Username", &*profile.username)
        .set("Caller-Dialplan", &*profile.dialplan)
        .set("Caller-Caller-ID-Name", &*profile.caller_id_name)
        .set("Caller-Caller-ID-Number", &*profile.caller_id_number)
        .set("Caller-Orig-Caller-ID-Name", &*profile.orig_caller_id_name)
        .set("Caller-Orig-Caller-ID-Number", &*profile.orig_caller_id_number)
        .set("Caller-Callee-ID-Name", &*profile.callee_id_name)
        .set("Caller-Callee-ID-Number", &*profile.callee_id_number)
        .set("Caller-Network-Addr", &*profile.network_addr)
        .set("Caller-ANI", &*profile.ani)
        .set("Caller-RDNIS", &*profile.rdnis)
        .set("Caller-Destination-Number", &*profile.destination_number)
        .set("Caller-Unique-ID", &*channel.uuid)
        .set("Caller-Source", &*profile.source)
        .set("Caller-Transfer-Source", &*profile.transfer_source)
        .set("Caller-Context", &*profile.context)
        .set("Caller-Channel-Name", &*channel.name)
        .set("Caller-Profile-Index", &*profile.profile_index);
    let stamps = [
        ("Caller-Profile-Created-Time", times.profile_created),
        ("Caller-Channel-Created-Time", times.created),
        ("Caller-Channel-Answered-Time", times.answered),
        ("Caller-Channel-Progress-Time", times.progress),
        ("Caller-Channel-Progress-Media-Time", times.progress_media),
        ("Caller-Channel-Hangup-Time", times.hungup),
        ("Caller-Channel-Transfer-Time", times.transferred),
        ("Caller-Channel-Resurrect-Time", 0),
        ("Caller-Channel-Bridged-Time", 0),
        ("Caller-Channel-Last-Hold", 0),
        ("Caller-Channel-Hold-Accum", 0),
    ];
    for (name, value) in stamps {
        event.set(name, value.to_string());
    }
    let or = |value: &str, default: &str| {
        if value.is_empty() { default.to_owned() } else { value.to_owned() }
    };
    event
        .set("Caller-Screen-Bit", or(&profile.screen_bit, "true"))
        .set("Caller-Privacy-Hide-Name", or(&profile.privacy_hide_name, "false"))
        .set("Caller-Privacy-Hide-Number", or(&profile.privacy_hide_number, "false"));
}
