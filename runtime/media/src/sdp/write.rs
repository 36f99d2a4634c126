//! Writing descriptions.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use super::{Capabilities, Direction};
use crate::codec::{Codec, RATE};

/// The head of a description before its media lines.
pub(super) fn with_origin(id: u64, version: u64, ip: IpAddr, body: &str) -> String {
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    format!(
        "v=0\r\no=ringfence {id} {version} IN {family} {ip}\r\ns=ringfence\r\nc=IN {family} {ip}\r\nt=0 0\r\n{body}"
    )
}

/// The audio line of an offer.
pub(super) fn offer(
    capabilities: &Capabilities,
    local: SocketAddr,
    direction: Direction,
) -> String {
    let codecs: Vec<_> =
        capabilities.codecs.iter().map(|codec| (codec.payload_type(), *codec)).collect();
    audio("RTP/AVP", local.port(), &codecs, capabilities.dtmf, capabilities.ptime, direction)
}

/// An audio line with its attributes.
pub(super) fn audio(
    protocol: &str,
    port: u16,
    codecs: &[(u8, Codec)],
    dtmf: Option<u8>,
    ptime: u8,
    direction: Direction,
) -> String {
    let mut text = format!("m=audio {port} {protocol}");
    for payload_type in codecs.iter().map(|(payload_type, _)| *payload_type).chain(dtmf) {
        let _ = write!(text, " {payload_type}"); // Writing to a String cannot fail.
    }
    text.push_str("\r\n");
    for (payload_type, codec) in codecs {
        let _ = write!(text, "a=rtpmap:{payload_type} {codec}/{RATE}\r\n");
    }
    if let Some(dtmf) = dtmf {
        let _ = write!(text, "a=rtpmap:{dtmf} telephone-event/{RATE}\r\na=fmtp:{dtmf} 0-16\r\n");
    }
    let _ = write!(text, "a=ptime:{ptime}\r\na={}\r\n", direction.name());
    text
}
