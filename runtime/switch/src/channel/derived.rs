//! Channel variables that are not kept: what the leg, its media and its times say is made into text
//! when somebody asks.
//!
//! FreeSWITCH sets some hundred variables on every call, of which few are ever read. A call here pays
//! for those that are. A variable that was set under one of these names comes first.

use std::net::SocketAddr;

use chrono::{DateTime, Local};
use ringfence_media::sdp::Direction as Flow;

use crate::channel::{Channel, ChannelState, Direction, Shared};
use crate::endpoint::Leg;

/// The longest of the names below; a longer one is none of them.
const LONGEST: usize = 40;

/// All names, in the order in which events tell them.
pub(crate) const NAMES: &[&str] = &[
    "is_outbound",
    "call_uuid",
    "sip_from_user_stripped",
    "sip_profile_name",
    "sip_call_id",
    "sip_from_tag",
    "sofia_profile_name",
    "sofia_profile_url",
    "recovery_profile_name",
    "video_media_flow",
    "text_media_flow",
    "ep_codec_string",
    "rtp_use_codec_string",
    "remote_video_media_flow",
    "remote_text_media_flow",
    "remote_audio_media_flow",
    "audio_media_flow",
    "rtp_audio_recv_pt",
    "rtp_use_codec_name",
    "rtp_use_codec_rate",
    "rtp_use_codec_ptime",
    "rtp_use_codec_channels",
    "rtp_last_audio_codec_string",
    "read_codec",
    "original_read_codec",
    "read_rate",
    "original_read_rate",
    "write_codec",
    "write_rate",
    "dtmf_type",
    "rtp_local_sdp_str",
    "local_media_ip",
    "local_media_port",
    "advertised_media_ip",
    "rtp_use_timer_name",
    "rtp_use_pt",
    "rtp_2833_send_payload",
    "rtp_2833_recv_payload",
    "remote_media_ip",
    "remote_media_port",
    "endpoint_disposition",
    "sip_to_tag",
    "current_application_data",
    "current_application",
    "digits_dialed",
    "start_stamp",
    "profile_start_stamp",
    "answer_stamp",
    "bridge_stamp",
    "progress_stamp",
    "progress_media_stamp",
    "end_stamp",
    "start_epoch",
    "start_uepoch",
    "profile_start_epoch",
    "profile_start_uepoch",
    "answer_epoch",
    "answer_uepoch",
    "bridge_epoch",
    "bridge_uepoch",
    "last_hold_epoch",
    "last_hold_uepoch",
    "hold_accum_seconds",
    "hold_accum_usec",
    "hold_accum_ms",
    "resurrect_epoch",
    "resurrect_uepoch",
    "progress_epoch",
    "progress_uepoch",
    "progress_media_epoch",
    "progress_media_uepoch",
    "end_epoch",
    "end_uepoch",
    "last_app",
    "last_arg",
    "caller_id",
    "duration",
    "billsec",
    "progresssec",
    "answersec",
    "waitsec",
    "progress_mediasec",
    "flow_billsec",
    "mduration",
    "billmsec",
    "progressmsec",
    "answermsec",
    "waitmsec",
    "progress_mediamsec",
    "flow_billmsec",
    "uduration",
    "billusec",
    "progressusec",
    "answerusec",
    "waitusec",
    "progress_mediausec",
    "flow_billusec",
    "rtp_audio_in_packet_count",
    "rtp_audio_in_media_packet_count",
    "rtp_audio_in_skip_packet_count",
    "rtp_audio_in_flaw_total",
    "rtp_audio_out_packet_count",
    "rtp_audio_out_media_packet_count",
];

/// The value of that name, in any case; none when there is none (yet).
pub(crate) fn variable(channel: &Channel, shared: &Shared, name: &str) -> Option<String> {
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    of(channel, shared, std::str::from_utf8(lower).ok()?)
}

/// Tells all that have a value and are not set besides.
pub(crate) fn each(channel: &Channel, shared: &Shared, mut tell: impl FnMut(&str, String)) {
    for name in NAMES {
        if shared.variables.value(name).is_none()
            && let Some(value) = of(channel, shared, name)
        {
            tell(name, value);
        }
    }
}

fn of(channel: &Channel, shared: &Shared, name: &str) -> Option<String> {
    let outbound = channel.direction == Direction::Outbound;
    match name {
        "is_outbound" => outbound.then(|| "true".to_owned()),
        "call_uuid" => Some(shared.call_uuid.as_ref().unwrap_or(&channel.uuid).to_string()),
        "caller_id" => reported(shared).then(|| {
            let profile = &shared.profile;
            format!("\"{}\" <{}>", profile.caller_id_name, profile.caller_id_number)
        }),
        "current_application" => shared.application.as_ref().map(|running| running.0.clone()),
        "current_application_data" => shared.application.as_ref().map(|running| running.1.clone()),
        "last_app" if reported(shared) => {
            shared.application.as_ref().map(|running| running.0.clone())
        }
        "last_arg" if reported(shared) => {
            shared.application.as_ref().map(|running| running.1.clone())
        }
        "digits_dialed" if reported(shared) => Some(match shared.dialed.as_str() {
            "" => "none".to_owned(),
            digits => digits.to_owned(),
        }),
        "sip_from_user_stripped" => {
            let user = shared.variables.text("sip_from_user")?;
            Some(user.strip_prefix('+').unwrap_or(&user).to_owned())
        }
        _ => sip(shared, outbound, name)
            .or_else(|| media(shared, name))
            .or_else(|| end(shared, name)),
    }
    .filter(|value| !value.is_empty())
}

/// What the SIP leg says.
fn sip(shared: &Shared, outbound: bool, name: &str) -> Option<String> {
    let Leg::Sip(leg) = &shared.leg else { return None };
    Some(match name {
        "sofia_profile_url" => {
            let host = leg.profile.ext_sip_ip.clone();
            let host = host.unwrap_or_else(|| leg.media.to_string());
            format!("sip:mod_sofia@{host}:{}", leg.profile.listen.port())
        }
        "recovery_profile_name" => leg.profile.name.clone(),
        "sofia_profile_name" | "sip_profile_name" if outbound => leg.profile.name.clone(),
        "sip_call_id" if outbound => leg.call.id().to_owned(),
        "sip_from_tag" if outbound => leg.call.local_tag().to_owned(),
        "video_media_flow" | "text_media_flow" => "disabled".to_owned(),
        "remote_video_media_flow" | "remote_text_media_flow" if leg_agreed(shared) => {
            "inactive".to_owned()
        }
        "sip_to_tag" => match outbound {
            false => leg.call.local_tag().to_owned(),
            true => leg.call.remote_tag()?.to_owned(),
        },
        "endpoint_disposition" => match (outbound, shared.answered, shared.media.ready) {
            (_, true, _) => "ANSWER",
            (_, false, true) => "EARLY MEDIA",
            (false, false, false) => "RECEIVED",
            (true, false, false) => return None,
        }
        .to_owned(),
        "rtp_use_codec_string" => {
            let codecs =
                if outbound { &leg.profile.outbound_codecs } else { &leg.profile.inbound_codecs };
            codecs.iter().map(|codec| codec.name()).collect::<Vec<_>>().join(",")
        }
        "advertised_media_ip" => leg.profile.advertised_media(local(shared)?).ip().to_string(),
        _ => return None,
    })
}

fn leg_agreed(shared: &Shared) -> bool {
    shared.media.agreement.is_some()
}

/// Our address of the audio, also when it has ended.
fn local(shared: &Shared) -> Option<SocketAddr> {
    let stream = shared.media.stream.as_ref().map(|stream| stream.local());
    stream.or(shared.media.last.as_ref().map(|last| last.local))
}

/// What was agreed on, and what was sent and received.
fn media(shared: &Shared, name: &str) -> Option<String> {
    match name {
        "rtp_local_sdp_str" => {
            let sdp = shared.media.local_sdp.as_ref()?;
            return Some(ringfence_text::decode(sdp).into_owned());
        }
        "local_media_ip" => return Some(local(shared)?.ip().to_string()),
        "local_media_port" => return Some(local(shared)?.port().to_string()),
        "rtp_use_timer_name" => return local(shared).map(|_| "soft".to_owned()),
        _ => {}
    }
    if let Some(last) = &shared.media.last {
        let statistics = &last.statistics;
        let count = match name {
            "rtp_audio_in_packet_count" | "rtp_audio_in_media_packet_count" => {
                Some(statistics.received)
            }
            "rtp_audio_in_skip_packet_count" => Some(statistics.lost),
            "rtp_audio_in_flaw_total" => Some(statistics.lost + statistics.late),
            "rtp_audio_out_packet_count" | "rtp_audio_out_media_packet_count" => {
                Some(statistics.sent)
            }
            _ => None,
        };
        if let Some(count) = count {
            return Some(count.to_string());
        }
    }
    let agreed = shared.media.agreement.as_ref()?;
    let codec = agreed.codec.name();
    let flow = |flow| match flow {
        Flow::SendRecv => "sendrecv",
        Flow::SendOnly => "sendonly",
        Flow::RecvOnly => "recvonly",
        Flow::Inactive => "inactive",
    };
    Some(match name {
        "ep_codec_string" => format!("CORE_PCM_MODULE.{codec}@8000h@{}i@64000b", agreed.ptime),
        "remote_audio_media_flow" => flow(match agreed.direction {
            Flow::SendOnly => Flow::RecvOnly,
            Flow::RecvOnly => Flow::SendOnly,
            both => both,
        })
        .to_owned(),
        "audio_media_flow" => flow(agreed.direction).to_owned(),
        "rtp_audio_recv_pt" | "rtp_use_pt" => agreed.payload_type.to_string(),
        "rtp_use_codec_name" | "read_codec" | "original_read_codec" | "write_codec" => {
            codec.to_owned()
        }
        "rtp_use_codec_rate" | "read_rate" | "original_read_rate" | "write_rate" => {
            "8000".to_owned()
        }
        "rtp_use_codec_ptime" => agreed.ptime.to_string(),
        "rtp_use_codec_channels" => "1".to_owned(),
        "rtp_last_audio_codec_string" => format!("{codec}@8000h@{}i@1c", agreed.ptime),
        "dtmf_type" => if agreed.dtmf.is_some() { "rfc2833" } else { "info" }.to_owned(),
        "rtp_2833_send_payload" | "rtp_2833_recv_payload" => agreed.dtmf?.to_string(),
        "remote_media_ip" => agreed.remote?.ip().to_string(),
        "remote_media_port" => agreed.remote?.port().to_string(),
        _ => return None,
    })
}

/// True once all that ran has ended: then the call has an end, durations and a last application.
fn reported(shared: &Shared) -> bool {
    shared.running >= ChannelState::Hangup
}

/// When what happened and how long it took, once the call is over.
fn end(shared: &Shared, name: &str) -> Option<String> {
    if !reported(shared) {
        return None;
    }
    let times = &shared.profile.times;
    let created = shared.initial.as_ref().map_or(times.created, |profile| profile.times.created);
    if let Some(name) = name.strip_suffix("_stamp") {
        let moment = match name {
            "start" => created,
            "profile_start" => times.profile_created,
            "answer" => times.answered,
            "bridge" => times.bridged,
            "progress" => times.progress,
            "progress_media" => times.progress_media,
            "end" => times.hungup,
            _ => return None,
        };
        return stamp(moment);
    }
    let epoch = |name: &str| {
        Some(match name {
            "start" => created,
            "profile_start" => times.profile_created,
            "answer" => times.answered,
            "bridge" => times.bridged,
            "last_hold" => times.last_hold,
            "resurrect" => 0,
            "progress" => times.progress,
            "progress_media" => times.progress_media,
            "end" => times.hungup,
            _ => return None,
        })
    };
    if let Some(moment) = name.strip_suffix("_uepoch").and_then(epoch) {
        return Some(moment.to_string());
    }
    if let Some(moment) = name.strip_suffix("_epoch").and_then(epoch) {
        return Some((moment / 1_000_000).to_string());
    }
    // From when to when; nothing that did not begin, or did not come to its end.
    let span = |what: &str| {
        let (from, to) = match what {
            "duration" => (created, times.hungup),
            "bill" => (times.answered, times.hungup),
            "progress" => (created, times.progress),
            "progress_media" => (created, times.progress_media),
            "answer" => (created, times.answered),
            "wait" => (created, times.bridged),
            "flow_bill" => (times.profile_created, times.hungup),
            "hold_accum_" => (0, times.hold_accum),
            _ => return None,
        };
        let never = (from == 0 && what != "hold_accum_") || to < from;
        Some(if never { (0, 0) } else { (from, to) })
    };
    let of = |prefix: &str, suffix: &str| match name {
        "hold_accum_usec" if suffix == "usec" => span("hold_accum_"),
        "hold_accum_ms" if suffix == "msec" => span("hold_accum_"),
        "hold_accum_seconds" if suffix == "sec" => span("hold_accum_"),
        _ if name.strip_prefix(prefix) == Some("duration") => span("duration"),
        _ => name.strip_suffix(suffix).and_then(span),
    };
    if let Some((from, to)) = of("u", "usec") {
        return Some((to - from).to_string());
    }
    if let Some((from, to)) = of("m", "msec") {
        return Some(((to - from) / 1_000).to_string());
    }
    // FreeSWITCH takes the difference of whole seconds.
    of("", "sec").map(|(from, to)| (to / 1_000_000 - from / 1_000_000).to_string())
}

fn stamp(microseconds: u64) -> Option<String> {
    if microseconds == 0 {
        return None;
    }
    let moment = DateTime::from_timestamp_micros(i64::try_from(microseconds).ok()?)?;
    Some(moment.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_fits() {
        assert!(NAMES.iter().all(|name| name.len() <= LONGEST));
        let lower = |name: &&&str| **name == name.to_ascii_lowercase();
        assert_eq!(NAMES.iter().filter(lower).count(), NAMES.len());
    }
}
