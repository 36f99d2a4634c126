//! Audio of calls: RTP, codecs, tones, keys, sound files, recording, and the pacing of it all.
//!
//! Knows no SIP and no calls. Read [`Media`] and [`Stream`] first: `Media` opens streams and sounds,
//! a `Stream` is told by its [`sdp::Agreement`] where the far end is, and plays, records, echoes,
//! presses keys, and relays what it hears to another one.
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
//!
//! # Layout
//!
//! * `core` is one stream as a state machine: time, packets and commands in; packets and events out.
//!   It knows no socket and no clock. Its parts: `far` (who is the far end), `rtp`, `rtcp`, `jitter`
//!   (packets to samples), `player` (sources to samples), `dtmf` (keys both ways), `writer`
//!   (recordings to disk, on a thread of its own).
//! * `pace` drives cores on threads over UDP; `simulated` drives the same cores as tasks on a network
//!   in memory and tokio's paused clock.
//! * `stream` is the handle that callers hold; it only sends commands.
//! * `source` opens sounds by name and keeps them in the wire codec, so that playing is copying;
//!   `folders` is where they may lie.
//! * `sdp` makes and reads offers and answers; it needs no stream.
//!
//! # Time
//!
//! A media thread cuts each 20 ms into slots of 1 ms; a stream that plays, records or presses keys
//! has the emptiest one and is served there every packet length, by absolute time. A thread that was
//! late sends at most three packets more than are due and then goes on later. A stream that does
//! none of this is in no slot: it sends nothing but what is echoed or relayed (packet by packet, as it
//! comes), and of what it receives only keys are looked at.
//! `cargo run --release --example load` measures it.

mod codec;
mod config;
mod core;
mod dtmf;
mod far;
mod folders;
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
    DEFAULT_DURATION as DEFAULT_DTMF_DURATION, Dtmf, MAX_DURATION as MAX_DTMF_DURATION,
    MIN_DURATION as MIN_DTMF_DURATION,
};
pub use folders::{Folders, Links, Outside};
pub use media::{Media, OpenError, StartError, Statistics};
pub use source::{Library, Search, Source, SourceError};
pub use stream::{
    Heard, MAX_HEARD, MAX_QUEUED_DTMF, MAX_SESSION_RECORDINGS, PlayOptions, Playback,
    PlaybackControl, PlaybackEnd, PlaybackEndReason, RecordControl, RecordOptions, Recording,
    RecordingEnd, RecordingEndReason, Relay, Remote, Sides, SilenceOptions, Stream, StreamEvent,
    StreamStatistics,
};
