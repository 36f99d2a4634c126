//! Where a recorded session differs from ours, and why: docs/compatibility.md lists it.

use crate::inbound::Compared;

/// Why sessions differ, and which.
pub(crate) const DEVIATIONS: &[(&str, &[&str])] = &[
    (
        "`version` and `status` tell this server's name, version and counters.",
        &[
            "api/api_console_execute",
            "api/api_uppercase",
            "api/api_version",
            "outbound/other_uuid_async_full",
            "userauth/userauth_ok",
        ],
    ),
    ("The global variable `base_dir` is not set: there is no such folder.", &["api/api_eval"]),
    ("`sofia status` tells this server's profiles.", &["bgapi/bgapi_multiline"]),
    (
        "The log's lines are this server's own: `log/data` has the same headers, and the fields of the \
         line as `name=value` behind its text; `Log-File` and `Log-Line` are the script's for what a script \
         writes. There is no share of idle time behind the time.",
        &[
            "log/log_frame_levels",
            "log/logdebug_call",
            "log/logdebug_level_change",
            "log/logdebug_levels",
            "log/logdebug_uuid_loglevel",
        ],
    ),
    ("The application `park_state` does not exist.", &["sendmsg/sendmsg_execute_noarg"]),
    (
        "A connection that ends with its call is sent the last events first: `CHANNEL_HANGUP` to \
         `CHANNEL_DESTROY`, which FreeSWITCH drops when they come too late for it.",
        &["myevents/myevents_json_after", "myevents/myevents_plain"],
    ),
    (
        "Events that happened before the end are sent before the notice of the end, without `async` too.",
        &["outbound/execute_hangup_sync"],
    ),
    (
        "A transfer acts at once, whatever the connection: without `async`, FreeSWITCH transfers when the \
         connection ends. Here the connection ends.",
        &["outbound/transfer_sync"],
    ),
    (
        "An event has each header once. When `sendevent` brings `Event-Name` or `Event-UUID`, FreeSWITCH \
         sends two of them, the second one its own; here there is its own only.",
        &["sendevent/sendevent_event_name_header", "sendevent/sendevent_trace"],
    ),
    (
        "`sendmsg` with `nomedia` or `unicast` says `-ERR`: it does nothing here.",
        &["sendmsg/sendmsg_nomedia"],
    ),
];

/// What else is different; no recorded session shows it, tests do.
pub(crate) const OTHERS: &[&str] = &[
    "Events come at once; FreeSWITCH looks for them every 20 ms.",
    "Commands, headers, bodies, connections and jobs have limits (docs/configuration.md); what is too \
     long is told as `-ERR` before the connection ends.",
    "A wrong password is answered later each time, from the fourth one of an address on.",
    "A slow client has no queue of its own: what it missed is told as `CUSTOM ringfence::gap` \
     (`Gap-First`, `Gap-Last`: Event-Sequences; `Gap-Events`: how many of those that it asked for). FreeSWITCH \
     queues without a bound.",
    "`resume events from <Event-Sequence>` is an addition.",
    "`socket` goes on with the dialplan when the connection ends, with and without `resume`. FreeSWITCH \
     leaves the call in `CS_RESET` after `resume` without `async`.",
    "`event-lock: true` begins while unlocked ones run, and lets no other begin. At most 16 run inside of \
     each other; further ones wait, 32 at most.",
    "`Event-Calling-File`, `-Function` and `-Line-Number` name this server's source.",
    "`divert_events` diverts what `sendevent` sends to the call with `unique-id`, not keys.",
];

/// Whether a session is known to differ.
pub(crate) fn listed(name: &str) -> bool {
    DEVIATIONS.iter().any(|(_, cases)| cases.contains(&name))
}

/// What is wrong: a difference without a reason, or a reason without a difference.
pub(crate) fn judge(name: &str, compared: &Compared) -> Option<String> {
    let reason = DEVIATIONS.iter().find(|(_, cases)| cases.contains(&name));
    match (compared.theirs == compared.ours, reason) {
        (true, None) | (false, Some(_)) => None,
        (true, Some((reason, _))) => {
            Some(format!("{name} is as recorded, but listed as different: {reason}"))
        }
        (false, None) => {
            let differs = |(theirs, ours): (&String, &String)| theirs != ours;
            let at = compared.theirs.iter().zip(&compared.ours).position(differs);
            let at = at.unwrap_or(compared.theirs.len().min(compared.ours.len()));
            Some(format!(
                "{name} differs at message {at} of {}:\n  theirs {:?}\n  ours   {:?}",
                compared.theirs.len(),
                compared.theirs.get(at),
                compared.ours.get(at)
            ))
        }
    }
}
