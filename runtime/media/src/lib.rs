//! Audio of calls: RTP, codecs, tones, keys, sound files, recording, and the pacing of it all.
//!
//! Knows no SIP and no calls. Read [`Media`] and [`Stream`] first.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ringfence_media::{Config, Media, PlayOptions, sdp};
//!
//! let media = Media::start(Config::default())?;
//! let (stream, mut events) = media.open("192.0.2.1".parse()?)?;
//! let (answer, agreement) = sdp::answer(b"v=0 ...", &sdp::Capabilities::default(), stream.local())?;
//! stream.connect(&agreement);
//! let source = media.library().open_for("welcome.wav", stream.codec()).await?;
//! let end = stream.play(source, PlayOptions::default()).finished().await;
//! # Ok(())
//! # }
//! ```

mod codec;
mod config;
mod core;
mod dtmf;
mod far;
mod jitter;
mod media;
mod pace;
mod player;
mod rtcp;
mod rtp;
pub mod sdp;
mod simulated;
mod source;
mod stream;
mod writer;

pub use codec::{Codec, RATE, SAMPLES_PER_MS};
pub use config::Config;
pub use dtmf::{
    DEFAULT_DURATION as DEFAULT_DTMF_DURATION, Dtmf, DtmfSource, MAX_DURATION as MAX_DTMF_DURATION,
    MIN_DURATION as MIN_DTMF_DURATION,
};
pub use media::{Media, OpenError, StartError, Statistics};
pub use source::{Library, Source, SourceError};
pub use stream::{
    Heard, MAX_HEARD, MAX_QUEUED_DTMF, PlayOptions, Playback, PlaybackControl, PlaybackEnd,
    PlaybackEndReason, RecordControl, RecordOptions, Recording, RecordingEnd, RecordingEndReason,
    SilenceOptions, Stream, StreamEvent, StreamStatistics,
};
