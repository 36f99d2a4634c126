//! `uuid_send_info`, `uuid_set_media_stats`.

use bytes::Bytes;

use super::split::arguments;
use super::{Command, CommandContext};
use crate::endpoint::Leg;
use crate::operation::Failure;
use crate::session::Session;

const INFO: &str = "<uuid> [<mime_type> <mime_subtype>] <message>";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "uuid_send_info",
            INFO,
            "Send info to the endpoint",
            "Sends a SIP INFO with a text (`text/plain`, or the type that two words before it name).",
            uuid_send_info,
        ),
        Command::new(
            "uuid_set_media_stats",
            "<uuid>",
            "Set media stats",
            "Sets the variables `rtp_audio_in_packet_count`, `rtp_audio_out_packet_count`, \
             `rtp_audio_in_skip_packet_count`, `rtp_audio_in_flaw_total` as they are now; at the end of \
             a call they are there in any case.",
            uuid_set_media_stats,
        ),
    ]
}

async fn uuid_send_info(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let (Some(uuid), Some(rest)) = (words.first(), words.get(1)) else {
        return format!("{}-ERR Operation Failed\n", Command::usage(INFO));
    };
    let Some(session) = context.switch.session(uuid) else {
        return "-ERR Operation Failed\n".to_owned();
    };
    let parts = arguments(rest, 3);
    let (kind, message) = match parts.as_slice() {
        [kind, subtype, message] => (format!("{kind}/{subtype}"), message),
        _ => ("text/plain".to_owned(), rest),
    };
    match send(&session, &kind, message) {
        Ok(()) => "+OK Success\n".to_owned(),
        Err(failure) => format!("-ERR {failure}\n"),
    }
}

/// Sends an INFO to the far end.
fn send(session: &Session, content_type: &str, message: &str) -> Result<(), Failure> {
    let shared = session.0.shared.lock();
    let Leg::Sip(leg) = &shared.leg else {
        return Err(Failure::Failed("the call has no far end that takes SIP INFO".into()));
    };
    let body = Bytes::from(ringfence_text::encode(message).into_owned());
    leg.call.info(content_type, body).map_err(|error| Failure::Failed(error.to_string()))
}

async fn uuid_set_media_stats(context: CommandContext, uuid: String) -> String {
    let Some(session) = context.switch.session(&uuid) else {
        return "-ERR No such channel!\n".to_owned();
    };
    let stream = session.0.shared.lock().media.stream.clone();
    // Without media there is nothing to count.
    let statistics = stream.map(|stream| stream.statistics()).unwrap_or_default();
    for (name, count) in [
        ("rtp_audio_in_packet_count", statistics.received),
        ("rtp_audio_in_media_packet_count", statistics.received),
        ("rtp_audio_in_skip_packet_count", statistics.lost),
        ("rtp_audio_in_flaw_total", statistics.lost + statistics.late),
        ("rtp_audio_out_packet_count", statistics.sent),
        ("rtp_audio_out_media_packet_count", statistics.sent),
    ] {
        session.note(name, &count.to_string());
    }
    "+OK:\n".to_owned()
}
