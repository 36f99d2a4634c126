//! What differs, and why.

use super::Seen;

/// Flows that are not run here.
pub(super) const NOT_RUN: &[(&str, &[&str])] = &[
    (
        "run by Lua scripts, which tests of the scripts look at",
        &["lua_call", "cdr_lua_call", "cdr_lua_hook_bridged"],
    ),
    (
        "need keys in RTP, which the phone of this test does not send",
        &["ivr_rfc2833", "pagd_invalid_then_ok"],
    ),
    (
        "are about what this server does not do: REFER, REGISTER, MESSAGE over SIP, mixing audio",
        &[
            "refer_blind",
            "refer_blind_bridged",
            "register",
            "sip_message_in",
            "message",
            "displace_bug",
        ],
    ),
    (
        "answer what FreeSWITCH's modules are asked, in events that other flows have too",
        &[
            "module_load_unload",
            "reloadxml",
            "sofia_restart",
            "fsctl_events",
            "uuid_misc",
            "bgapi_job",
            "limit_hash",
        ],
    ),
    (
        "bridge legs in ways that the tests of the bridge look at",
        &["continue_on_fail", "originate_bridge", "originate_loopback", "uuid_bridge"],
    ),
];

/// What else is different; no recorded flow shows it.
pub(super) const OTHERS: &[&str] = &[
    "An event has each header once: `CODEC` has no second `Channel-Read-Codec-Name`, \
     `CHANNEL_HANGUP_COMPLETE` no second `Hangup-Cause`.",
    "`Event-Calling-File`, `-Function` and `-Line-Number` name this server's source; the function is \
     that of the module (`channel_event`).",
    "`DTMF` is told when a key comes; FreeSWITCH tells it when somebody looks for it.",
    "Between the legs of a bridge the order of events is not FreeSWITCH's, where it is a race of threads; \
     within a leg it is.",
    "Variables that only repeat what leg, codec and times say come after those that were set.",
    "`Channel-State-Number` is that of `Channel-State`, but while a call is hung up.",
];

/// Events that are left out of the comparison.
pub(super) const APART: &[(&str, &str)] = &[
    (
        "CALL_UPDATE",
        "is told by a bridge only, not when an originated call's caller id is turned round",
    ),
    ("PRIVATE_COMMAND", "is FreeSWITCH's own queue of what is sent to a call; there is none here"),
    ("API api=show", "was the recorder's"),
];

/// Changes to what was recorded: flow, why, and the change.
type Change = (&'static str, &'static str, fn(&mut Vec<String>));
pub(super) const CHANGES: &[Change] = &[
    ("uuid_break", "the recorder killed the call after its end", |lines| drop(lines.pop())),
    ("uuid_transfer", "the recorder killed the call after its end", |lines| drop(lines.pop())),
    ("uuid_dtmf", "`DTMF` is told when a key comes, not when somebody looks for it", |lines| {
        later(lines, "API api=uuid_recv_dtmf", 2);
    }),
    ("sched", "a task is told before the command that makes it or takes it off", |lines| {
        later(lines, "API api=sched_api argument=+1", 1);
        later(lines, "API api=sched_del argument=g2", 2);
        later(lines, "API api=sched_del argument=nosuch", 2);
    }),
    ("heartbeat", "the heartbeat begins within the test", |lines| {
        lines.insert(0, "ADD_SCHEDULE task=heartbeat".into());
        lines.push("DEL_SCHEDULE task=heartbeat".into());
    }),
    ("uuid_hold", "`UNHELD` stays; FreeSWITCH says `ACTIVE` again when audio comes", |lines| {
        let again = lines.iter().rposition(|line| {
            line.starts_with("CHANNEL_CALLSTATE") && line.contains("call=ACTIVE")
        });
        if let Some(at) = again {
            lines.remove(at);
            for line in lines.iter_mut().skip(at) {
                *line = line.replace("call=ACTIVE", "call=UNHELD");
            }
        }
    }),
    ("originate_busy", "a command is answered when the leg is gone", |lines| {
        later(lines, "API api=originate", 2);
    }),
    (
        "hooks_sched_hangup",
        "the hook's command is told as any other; FreeSWITCH tells it without a name",
        |lines| {
            if let Some(at) = lines.iter().position(|line| line.contains("state=CS_REPORTING")) {
                lines.insert(at, "API api=echo argument=bye <uuid>".into());
            }
        },
    ),
    ("ivr_info", "recording changes no codec", |lines| {
        // The first two are the call's.
        let mut told = 0;
        lines.retain(|line| {
            told += usize::from(line.starts_with("CODEC"));
            !line.starts_with("CODEC") || told <= 2
        });
    }),
];

/// Moves the line that begins so by so many places.
fn later(lines: &mut Vec<String>, start: &str, places: usize) {
    if let Some(at) = lines.iter().position(|line| line.starts_with(start)) {
        let line = lines.remove(at);
        lines.insert((at + places).min(lines.len()), line);
    }
}

/// Headers of theirs that ours do not have.
pub(super) const HEADERS: &[(&str, &str)] = &[
    ("Session-Per-Sec-FiveMin", "not counted"),
    ("Session-Peak-FiveMin", "not counted"),
    ("Caller-Network-Addr", "of a leg that we make is not known"),
];

/// Headers that are not compared in one event of one flow.
pub(super) const HEADERS_OF: &[(&str, &str, &str)] = &[
    (
        "originate_ext",
        "CHANNEL_STATE a state=CS_ROUTING",
        "the caller id is turned round as the call is routed, not after it",
    ),
    (
        "fork_busy_and_answer",
        "CHANNEL_PROGRESS a state=CS_EXECUTE",
        "the caller's leg knows whom it reaches as soon as one of several legs rings",
    ),
];

/// Variables of theirs that ours do not have.
pub(super) const VARIABLES: &[(&str, &[&str])] = &[
    (
        "the phone of the test names no ports, no User-Agent and no telephone-event",
        &[
            "sip_from_port",
            "sip_req_port",
            "sip_to_port",
            "sip_user_agent",
            "rtp_2833_send_payload",
            "rtp_2833_recv_payload",
        ],
    ),
    (
        "not measured",
        &[
            "rtp_audio_in_raw_bytes",
            "rtp_audio_in_media_bytes",
            "rtp_audio_in_jitter_packet_count",
            "rtp_audio_in_dtmf_packet_count",
            "rtp_audio_in_cng_packet_count",
            "rtp_audio_in_flush_packet_count",
            "rtp_audio_in_largest_jb_size",
            "rtp_audio_in_jitter_min_variance",
            "rtp_audio_in_jitter_max_variance",
            "rtp_audio_in_jitter_loss_rate",
            "rtp_audio_in_jitter_burst_rate",
            "rtp_audio_in_mean_interval",
            "rtp_audio_in_quality_percentage",
            "rtp_audio_in_mos",
            "rtp_audio_out_raw_bytes",
            "rtp_audio_out_media_bytes",
            "rtp_audio_out_skip_packet_count",
            "rtp_audio_out_dtmf_packet_count",
            "rtp_audio_out_cng_packet_count",
            "rtp_audio_rtcp_packet_count",
            "rtp_audio_rtcp_octet_count",
        ],
    ),
    (
        "FreeSWITCH's inner workings",
        &[
            "rtp_use_ssrc",
            "hold_stamp",
            "hold_events",
            "last_dtmf_duration",
            "record_record_file_size",
            "silence_hits_exhausted",
            "sip_reason",
            "sip_to_display",
            "sip_reply_host",
            "sip_reply_port",
            "sip_recover_contact",
            "sip_recover_via",
            "sip_outgoing_contact_uri",
            "last_bridge_role",
            "dlg_req_swap_direction",
        ],
    ),
    (
        "of a leg that we make: not kept",
        &[
            "sip_req_uri",
            "sip_destination_url",
            "sip_local_network_addr",
            "sip_network_ip",
            "sip_network_port",
            "switch_m_sdp",
            "sip_hangup_phrase",
            "max_forwards",
            "audio_media_flow",
            "sip_from_host",
            "sip_to_host",
        ],
    ),
    (
        "of a leg that was refused: not kept",
        &["sip_invite_failure_status", "sip_invite_failure_phrase", "bridge_hangup_cause"],
    ),
];

/// Whether an event is left out.
pub(super) fn apart(line: &str) -> bool {
    APART.iter().any(|(start, _)| {
        line.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    })
}

/// Changes what was recorded; answers a change that changes nothing.
pub(super) fn adapt(flow: &str, lines: &mut Vec<String>) -> Option<&'static str> {
    if flow != "heartbeat" {
        // The server's own tasks fell into the recordings of others.
        lines.retain(|line| !line.starts_with("HEARTBEAT") && !line.starts_with("RE_SCHEDULE"));
    }
    for (of, why, change) in CHANGES {
        if *of == flow {
            let before = lines.clone();
            change(lines);
            if *lines == before {
                return Some(why);
            }
        }
    }
    None
}

/// What is different in the headers of an event, if anything is.
pub(super) fn headers(theirs: &Seen, ours: &Seen) -> Option<String> {
    let mut expected: Vec<&str> = Vec::new();
    for header in &theirs.headers {
        let twice = expected.iter().any(|known| known.eq_ignore_ascii_case(header));
        if !twice && !HEADERS.iter().any(|(name, _)| name == header) {
            expected.push(header);
        }
    }
    let listed = |name: &&str| HEADERS.iter().all(|(listed, _)| listed != name);
    let seen: Vec<&str> = ours.headers.iter().map(String::as_str).filter(listed).collect();
    if expected != seen {
        let missing: Vec<_> = expected.iter().filter(|name| !seen.contains(name)).collect();
        let more: Vec<_> = seen.iter().filter(|name| !expected.contains(name)).collect();
        return Some(if missing.is_empty() && more.is_empty() {
            let at = expected.iter().zip(&seen).position(|(theirs, ours)| theirs != ours);
            let near = |list: &[&str]| {
                list.iter().skip(at.unwrap_or(0)).take(3).copied().collect::<String>()
            };
            format!("another order: theirs {:?}, ours {:?}", near(&expected), near(&seen))
        } else {
            format!("headers missing {missing:?}, too many {more:?}")
        });
    }
    let (Some(wanted), Some(set)) = (&theirs.variables, &ours.variables) else { return None };
    let absent: Vec<_> = wanted
        .iter()
        .filter(|name| {
            !set.contains(name)
                && !VARIABLES.iter().any(|(_, names)| names.contains(&name.as_str()))
        })
        .collect();
    (!absent.is_empty()).then(|| format!("variables missing {absent:?}"))
}
