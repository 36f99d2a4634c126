//! Which channel variables a script has set.

use std::collections::BTreeMap;

use ringfence_switch::variable::Variables;

/// Variables that the server itself sets while a call is answered, played to and hung up, by the
/// beginnings of their names. They say nothing about the script.
const SERVER: &[&str] = &[
    "advertised_media_ip",
    "answer_",
    "bridge_",
    "call_uuid",
    "current_application",
    "dtmf_",
    "endpoint_disposition",
    "hangup_cause",
    "last_",
    "local_media_",
    "local_video_",
    "media_",
    "originate_disposition",
    "playback_",
    "progress_",
    "proto_specific_hangup_cause",
    "read_codec",
    "read_rate",
    "remote_",
    "rtp_",
    "script_",
    "session_id",
    "sip_",
    "start_",
    "switch_r_sdp",
    "switch_m_sdp",
    "write_codec",
    "write_rate",
];

/// A copy of variables as plain text.
pub(super) fn copy(variables: &Variables) -> BTreeMap<String, String> {
    variables.iter().map(|(name, value)| (name.to_owned(), value.text().into_owned())).collect()
}

/// What of `after` is not the same in `before`, without the server's own.
pub(super) fn changed(
    before: &BTreeMap<String, String>,
    after: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    after
        .into_iter()
        .filter(|(name, value)| before.get(name) != Some(value))
        .filter(|(name, _)| !SERVER.iter().any(|prefix| name.starts_with(prefix)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_script_changed_is_told() {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let before: BTreeMap<_, _> = map(&[("given", "x"), ("both", "1")]);
        let after = map(&[("given", "x"), ("both", "2"), ("new", ""), ("hangup_cause", "NONE")]);
        assert_eq!(changed(&before, after), map(&[("both", "2"), ("new", "")]));
    }
}
