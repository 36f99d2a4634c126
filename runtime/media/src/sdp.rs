//! Offer and answer (RFC 3264) for one audio stream, on `sdp-types`.

mod answer;
mod read;
mod write;

use std::net::SocketAddr;

use bytes::Bytes;

use crate::codec::Codec;

/// What this side can and wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Codecs, the preferred one first. Default PCMU, PCMA.
    pub codecs: Vec<Codec>,
    /// The payload type that telephone-event is offered with; none does without. Default 101.
    pub dtmf: Option<u8>,
    /// Milliseconds of audio in a packet that this side asks for: 10, 20, 30, 40 or 60. Default 20.
    pub ptime: u8,
    /// Whose order of codecs decides in an answer. Default [`Preference::Offer`].
    pub preference: Preference,
}

/// Whose order of codecs decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preference {
    /// The offer's (FreeSWITCH's `generous`).
    #[default]
    Offer,
    /// Ours (FreeSWITCH's `greedy`).
    Own,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            codecs: vec![Codec::Pcmu, Codec::Pcma],
            dtmf: Some(101),
            ptime: 20,
            preference: Preference::Offer,
        }
    }
}

/// Who may send, seen from this side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both.
    #[default]
    SendRecv,
    /// This side.
    SendOnly,
    /// The far end.
    RecvOnly,
    /// Nobody.
    Inactive,
}

impl Direction {
    /// Whether this side sends.
    #[must_use]
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether this side receives.
    #[must_use]
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The attribute of SDP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// What offer and answer agreed on; what [`Stream::connect`](crate::Stream::connect) takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Where the far end receives RTP; none when it named `0.0.0.0` or a host name: then the source
    /// of its first packet is taken.
    pub remote: Option<SocketAddr>,
    /// Where it receives RTCP when that is not the next port (`a=rtcp`, RFC 3605).
    pub rtcp: Option<SocketAddr>,
    /// The codec both ways.
    pub codec: Codec,
    /// Its payload type.
    pub payload_type: u8,
    /// The payload type of telephone-event, if agreed.
    pub dtmf: Option<u8>,
    /// Milliseconds of audio in a packet that this side sends.
    pub ptime: u8,
    /// Who may send.
    pub direction: Direction,
    /// The far end put this side on hold (`sendonly`, `inactive` or `c=0.0.0.0`).
    pub hold: bool,
}

/// Why a description cannot be agreed to. A SIP answer is [`status`](Self::status).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not SDP.
    #[error("unreadable SDP: {0}")]
    Unreadable(String),
    /// There is no audio line that could be used.
    #[error("no usable audio: offered {0}")]
    NoAudio(String),
    /// There is audio but no codec that this side has.
    #[error("no common codec: offered {offered}; supported {supported}")]
    NoCommonCodec {
        /// What the other side named.
        offered: String,
        /// What this side has.
        supported: String,
    },
}

impl Refusal {
    /// The status that answers an INVITE with such a description: 400 when it is not SDP, else 488.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Unreadable(_) => 400,
            Self::NoAudio(_) | Self::NoCommonCodec { .. } => 488,
        }
    }
}

/// This side of one session's offers and answers; keeps what a later one has to know.
///
/// The version in `o=` goes up whenever a description differs from the one before it.
#[derive(Clone, Debug)]
pub struct Negotiation {
    capabilities: Capabilities,
    local: SocketAddr,
    id: u64,
    version: u64,
    /// The last description without its `o=`, to see whether a new one differs.
    last: Option<String>,
}

impl Negotiation {
    /// A session whose audio is received at `local`.
    #[must_use]
    pub fn new(capabilities: Capabilities, local: SocketAddr) -> Self {
        // NTP-like numbers would do; 31 bits are what every peer can read.
        let id = u64::from(rand::random::<u32>() >> 1);
        Self { capabilities, local, id, version: id, last: None }
    }

    /// An offer; `direction` is [`Direction::SendRecv`] or, to put the far end on hold, `SendOnly`.
    pub fn offer(&mut self, direction: Direction) -> Bytes {
        let body = write::offer(&self.capabilities, self.local, direction);
        self.describe(body)
    }

    /// Answers an offer.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] when it cannot be agreed to; nothing is remembered of it.
    pub fn answer(&mut self, offer: &[u8]) -> Result<(Bytes, Agreement), Refusal> {
        let (body, agreement) = answer::answer(offer, &self.capabilities, self.local)?;
        Ok((self.describe(body), agreement))
    }

    /// Reads the answer to the last offer.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] when it names nothing that was offered.
    pub fn accept(&self, answer: &[u8]) -> Result<Agreement, Refusal> {
        answer::accept(answer, &self.capabilities)
    }

    fn describe(&mut self, body: String) -> Bytes {
        if self.last.as_ref().is_some_and(|last| *last != body) {
            self.version += 1;
        }
        let description = write::with_origin(self.id, self.version, self.local.ip(), &body);
        self.last = Some(body);
        Bytes::from(description)
    }
}

/// An offer of a new session: [`Negotiation::offer`] for who needs no second one.
#[must_use]
pub fn offer(capabilities: &Capabilities, local: SocketAddr) -> Bytes {
    Negotiation::new(capabilities.clone(), local).offer(Direction::SendRecv)
}

/// Answers the offer of a new session: [`Negotiation::answer`] for who needs no second one.
///
/// # Errors
///
/// A [`Refusal`] when it cannot be agreed to.
pub fn answer(
    offer: &[u8],
    capabilities: &Capabilities,
    local: SocketAddr,
) -> Result<(Bytes, Agreement), Refusal> {
    Negotiation::new(capabilities.clone(), local).answer(offer)
}

/// Reads the answer to an offer that was made with `capabilities`.
///
/// # Errors
///
/// A [`Refusal`] when it names nothing that was offered.
pub fn accept(capabilities: &Capabilities, answer: &[u8]) -> Result<Agreement, Refusal> {
    answer::accept(answer, capabilities)
}

#[cfg(test)]
mod tests;
