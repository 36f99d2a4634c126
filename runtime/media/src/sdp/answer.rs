//! Agreeing: an answer to an offer, and what an answer means.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::read::{Audio, Description};
use super::{Agreement, Capabilities, Preference, Refusal, write};
use crate::codec::Codec;

/// Answers an offer: the media lines of the answer, and what is agreed.
pub(super) fn answer(
    offer: &[u8],
    capabilities: &Capabilities,
    local: SocketAddr,
) -> Result<(String, Agreement), Refusal> {
    let offer = Description::parse(offer)?;
    let audio = offer.audio()?;
    let agreement = agree(&offer, &audio, capabilities)?;
    let mut lines = String::new();
    for (place, media) in offer.session.medias.iter().enumerate() {
        if place == audio.place {
            let codec = [(agreement.payload_type, agreement.codec)];
            let Agreement { dtmf, ptime, direction, .. } = agreement;
            lines += &write::audio(&audio.protocol, local.port(), &codec, dtmf, ptime, direction);
        } else {
            // One line for each of the offer (RFC 3264 §6); port 0 refuses it.
            let _ = write!(lines, "m={} 0 {} {}\r\n", media.media, media.proto, media.fmt);
        }
    }
    Ok((lines, agreement))
}

/// Reads an answer to an offer with these capabilities.
pub(super) fn accept(answer: &[u8], capabilities: &Capabilities) -> Result<Agreement, Refusal> {
    let answer = Description::parse(answer)?;
    let audio = answer.audio()?;
    agree(&answer, &audio, capabilities)
}

fn agree(theirs: &Description, audio: &Audio, ours: &Capabilities) -> Result<Agreement, Refusal> {
    let common = || audio.codecs.iter().filter(|(_, codec)| ours.codecs.contains(codec));
    let rank = |codec: Codec| ours.codecs.iter().position(|own| *own == codec);
    let chosen = match ours.preference {
        Preference::Offer => common().next(),
        Preference::Own => common().min_by_key(|(_, codec)| rank(*codec)),
    };
    let Some(&(payload_type, codec)) = chosen else {
        let supported = ours.codecs.iter().map(|codec| codec.name()).collect::<Vec<_>>().join(", ");
        return Err(Refusal::NoCommonCodec { offered: theirs.formats(), supported });
    };
    let wanted = audio.ptime.unwrap_or(ours.ptime);
    Ok(Agreement {
        remote: audio.remote,
        rtcp: audio.rtcp,
        codec,
        payload_type,
        dtmf: audio.dtmf.filter(|_| ours.dtmf.is_some()),
        ptime: audio.max_ptime.map_or(wanted, |longest| wanted.min(longest)),
        direction: audio.direction,
        hold: audio.hold,
    })
}
