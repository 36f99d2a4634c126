//! G.711: 14 or 13 bits a sample in 8, and back, by table.

mod tables;

use std::fmt;

/// Samples per second of every codec here.
pub const RATE: u32 = 8000;
/// Samples in a millisecond.
pub const SAMPLES_PER_MS: u64 = 8;

/// How audio travels: one byte a sample at 8000 Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law, payload type 0.
    Pcmu,
    /// G.711 A-law, payload type 8.
    Pcma,
}

impl Codec {
    /// Its name in SDP and in FreeSWITCH.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// The codec of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pcmu, Self::Pcma].into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// The payload type that RFC 3551 assigns.
    #[must_use]
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The codec that RFC 3551 assigns to a payload type.
    #[must_use]
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        [Self::Pcmu, Self::Pcma].into_iter().find(|codec| codec.payload_type() == payload_type)
    }

    /// The byte of a silent sample.
    #[must_use]
    pub fn silence(self) -> u8 {
        self.encode(0)
    }

    /// A sample as 16-bit linear.
    #[must_use]
    #[inline]
    pub fn decode(self, byte: u8) -> i16 {
        match self {
            Self::Pcmu => tables::PCMU_DECODE[usize::from(byte)],
            Self::Pcma => tables::PCMA_DECODE[usize::from(byte)],
        }
    }

    /// A 16-bit linear sample as a byte.
    #[must_use]
    #[inline]
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Pcmu => tables::pcmu_encode(sample),
            Self::Pcma => tables::pcma_encode(sample),
        }
    }

    /// A byte of this codec as a byte of `other`.
    #[must_use]
    #[inline]
    pub fn transcode(self, byte: u8, other: Self) -> u8 {
        if self == other { byte } else { other.encode(self.decode(byte)) }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
