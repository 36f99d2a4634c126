//! Reading the other side's description.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, RtpMap, Session};

use super::{Direction, Refusal};
use crate::codec::{Codec, RATE};

/// The longest description that is read; real ones are below 4 KiB.
const MAX_BYTES: usize = 64 << 10;
/// Media lines that are read.
const MAX_MEDIA: usize = 32;
/// Packet lengths that can be sent, in ms.
const PTIMES: [u8; 5] = [10, 20, 30, 40, 60];

/// A description, parsed.
pub(super) struct Description {
    pub(super) session: Session,
}

/// One audio line, understood.
#[derive(Debug)]
pub(super) struct Audio {
    /// Its place among the media lines.
    pub(super) place: usize,
    pub(super) protocol: String,
    /// In the other side's order of preference.
    pub(super) codecs: Vec<(u8, Codec)>,
    pub(super) dtmf: Option<u8>,
    pub(super) remote: Option<SocketAddr>,
    pub(super) rtcp: Option<SocketAddr>,
    /// The packet length to send, or none when any will do.
    pub(super) ptime: Option<u8>,
    pub(super) max_ptime: Option<u8>,
    /// Who may send, seen from our side.
    pub(super) direction: Direction,
    pub(super) hold: bool,
}

impl Description {
    /// Parses a description. Of the lines only media, addresses and attributes matter; others are
    /// not even looked at, so that an odd origin or name refuses no call.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_BYTES {
            return Err(Refusal::Unreadable(format!("longer than {MAX_BYTES} bytes")));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut versions = 0;
        let mut lines = Vec::new();
        for (number, line) in text.lines().enumerate() {
            lines.push(match line.as_bytes() {
                [] => "x=",
                [b'm' | b'a' | b'c', b'=', ..] => line.trim_end(),
                [b'v', b'=', ..] => {
                    versions += 1;
                    if versions == 1 { "v=0" } else { "x=" }
                }
                [b'a'..=b'z', b'=', ..] => "x=",
                _ => return Err(Refusal::Unreadable(format!("line {}: not x=value", number + 1))),
            });
        }
        if versions == 0 {
            return Err(Refusal::Unreadable("no v= line".into()));
        }
        let session = Session::parse(lines.join("\r\n").as_bytes())
            .map_err(|error| Refusal::Unreadable(printable(&error.to_string())))?;
        if session.medias.len() > MAX_MEDIA {
            return Err(Refusal::Unreadable(format!("more than {MAX_MEDIA} media lines")));
        }
        Ok(Self { session })
    }

    /// The first audio line that can be used at all.
    pub(super) fn audio(&self) -> Result<Audio, Refusal> {
        let lines = self.session.medias.iter().enumerate();
        let mut usable = lines.filter(|(_, media)| is_usable(media));
        let (place, media) = usable.next().ok_or_else(|| Refusal::NoAudio(self.lines()))?;
        let formats = formats(media);
        let codecs =
            formats.iter().filter_map(|format| Some((format.payload_type, format.codec()?)));
        let dtmf = formats.iter().find(|format| format.is_dtmf());
        let address = self.address(media);
        let direction = self.direction(media);
        // An address of zeros is how hold was said before RFC 3264.
        let zeros = address.is_some_and(|ip| ip.is_unspecified());
        let theirs = Direction::of(direction.sends(), direction.receives() && !zeros);
        Ok(Audio {
            place,
            protocol: media.proto.clone(),
            codecs: codecs.collect(),
            dtmf: dtmf.map(|format| format.payload_type),
            remote: address.filter(|_| !zeros).map(|ip| SocketAddr::new(ip, media.port)),
            rtcp: self.rtcp(media, address.filter(|_| !zeros)),
            ptime: milliseconds(media, "ptime").and_then(packet_length),
            max_ptime: milliseconds(media, "maxptime").and_then(packet_length),
            direction: theirs.reversed(),
            hold: !theirs.receives(),
        })
    }

    /// What the other side offers, for people.
    pub(super) fn formats(&self) -> String {
        let usable = self.session.medias.iter().filter(|media| is_usable(media));
        let names: Vec<_> = usable.flat_map(formats).map(|format| format.to_string()).collect();
        if names.is_empty() { "nothing".into() } else { printable(&names.join(", ")) }
    }

    fn lines(&self) -> String {
        let line = |media: &Media| format!("{} port {} {}", media.media, media.port, media.proto);
        let lines: Vec<_> = self.session.medias.iter().map(line).collect();
        if lines.is_empty() { "no media line".into() } else { printable(&lines.join(", ")) }
    }

    /// The address of a media line; none for a host name, which is not looked up: the far end's
    /// first packet will tell.
    fn address(&self, media: &Media) -> Option<IpAddr> {
        let connection: &Connection =
            media.connections.first().or(self.session.connection.as_ref())?;
        let ip = connection.connection_address.split('/').next()?.trim().parse::<IpAddr>().ok()?;
        (!ip.is_multicast()).then_some(ip)
    }

    /// `a=rtcp:port [IN IP4 address]` (RFC 3605).
    fn rtcp(&self, media: &Media, address: Option<IpAddr>) -> Option<SocketAddr> {
        let mut words = value(&media.attributes, "rtcp")?.split_whitespace();
        let port = words.next()?.parse().ok().filter(|port| *port != 0)?;
        let ip = words.nth(2).and_then(|ip| ip.parse().ok()).or(address)?;
        Some(SocketAddr::new(ip, port))
    }

    /// Who may send, seen from the other side.
    fn direction(&self, media: &Media) -> Direction {
        let named = |attributes: &[Attribute]| {
            attributes.iter().find_map(|attribute| {
                let all = [
                    Direction::SendRecv,
                    Direction::SendOnly,
                    Direction::RecvOnly,
                    Direction::Inactive,
                ];
                let name = attribute.attribute.trim();
                all.into_iter().find(|direction| direction.name().eq_ignore_ascii_case(name))
            })
        };
        named(&media.attributes).or_else(|| named(&self.session.attributes)).unwrap_or_default()
    }
}

/// A payload type and what it means.
struct Format<'a> {
    payload_type: u8,
    name: Cow<'a, str>,
    rate: Option<u32>,
    mono: bool,
}

impl Format<'_> {
    fn codec(&self) -> Option<Codec> {
        let ours = self.rate == Some(RATE) && self.mono;
        Codec::from_name(&self.name).filter(|_| ours)
    }

    fn is_dtmf(&self) -> bool {
        self.name.eq_ignore_ascii_case("telephone-event") && self.rate == Some(RATE)
    }
}

impl std::fmt::Display for Format<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.rate {
            Some(rate) => write!(formatter, "{}/{rate} ({})", self.name, self.payload_type),
            None => write!(formatter, "payload type {}", self.payload_type),
        }
    }
}

/// The formats of a line in its order; without a map a static payload type speaks for itself.
fn formats(media: &Media) -> Vec<Format<'_>> {
    let maps: Vec<RtpMap> = media.attributes_typed::<RtpMap>().filter_map(Result::ok).collect();
    let numbers = media.fmt.split_whitespace().filter_map(|number| number.parse::<u8>().ok());
    numbers
        .filter(|payload_type| *payload_type < 128)
        .take(128)
        .map(|payload_type| match maps.iter().find(|map| map.payload_type == payload_type) {
            Some(map) => Format {
                payload_type,
                name: Cow::Owned(map.encoding_name.trim().to_owned()),
                rate: Some(map.clock_rate),
                mono: map.encoding_params.as_ref().is_none_or(|channels| channels.trim() == "1"),
            },
            None => {
                let name = static_name(payload_type);
                let rate = name.map(|_| RATE);
                Format { payload_type, name: name.unwrap_or_default().into(), rate, mono: true }
            }
        })
        .collect()
}

/// The audio payload types of RFC 3551 with 8000 Hz that phones still offer without a map.
fn static_name(payload_type: u8) -> Option<&'static str> {
    Some(match payload_type {
        0 => "PCMU",
        3 => "GSM",
        4 => "G723",
        8 => "PCMA",
        9 => "G722",
        15 => "G728",
        18 => "G729",
        _ => return None,
    })
}

fn is_usable(media: &Media) -> bool {
    let protocol = media.proto.as_str();
    media.media.eq_ignore_ascii_case("audio")
        && media.port != 0
        && (protocol.eq_ignore_ascii_case("RTP/AVP") || protocol.eq_ignore_ascii_case("RTP/AVPF"))
}

fn value<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    let mut named = attributes.iter().filter(|found| found.attribute.eq_ignore_ascii_case(name));
    named.find_map(|attribute| attribute.value.as_deref())
}

fn milliseconds(media: &Media, name: &str) -> Option<u32> {
    let value = value(&media.attributes, name)?.trim();
    value.split('.').next()?.parse().ok()
}

/// The longest packet that can be sent and is not longer.
fn packet_length(milliseconds: u32) -> Option<u8> {
    let lengths = PTIMES.into_iter().rev();
    (milliseconds > 0).then(|| {
        lengths.into_iter().find(|length| u32::from(*length) <= milliseconds).unwrap_or(10)
    })
}

/// Text from the network as it may stand in a log line or a Reason header: ASCII, 200 characters.
fn printable(text: &str) -> String {
    let visible = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    text.chars().take(200).map(visible).collect()
}
