//! One audio stream of one call.

mod command;
mod event;
mod heard;
mod playback;
mod recording;
mod relay;
mod silence;
mod statistics;

pub(crate) use command::{Command, Control, Listen, Play, Record};
pub use event::StreamEvent;
pub use heard::{Heard, MAX_HEARD};
pub(crate) use playback::Progress;
pub use playback::{
    PlayOptions, Playback, PlaybackControl, PlaybackEnd, PlaybackEndReason, Remote,
};
pub use recording::{
    RecordControl, RecordOptions, Recording, RecordingEnd, RecordingEndReason, Sides,
};
pub use relay::Relay;
pub(crate) use relay::{Relayed, Target};
pub use silence::SilenceOptions;
pub use statistics::StreamStatistics;
pub(crate) use statistics::{Counters, count};

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};

use crate::codec::Codec;
use crate::dtmf::Dtmf;
use crate::sdp::Agreement;
use crate::source::Source;

/// Keys that wait to be sent on one stream; more are refused (with a warning in the log).
pub const MAX_QUEUED_DTMF: usize = 128;

/// Recordings of a whole call on one stream at a time; each costs 4 kB and a mixer's work.
pub const MAX_SESSION_RECORDINGS: usize = 8;

/// The way from a handle to whoever drives the stream.
pub(crate) trait Link: Send + Sync {
    /// Hands over a command; false when the queue is full or nobody drives the stream any more.
    fn send(&self, command: Command) -> bool;
    /// Ends the stream, whatever the queue looks like.
    fn close(&self);
}

/// A handle to an audio stream: its own UDP port, a far end, and what is played and recorded.
///
/// Clones are the same stream; it is closed with the last of them (a [`Playback`] or [`Recording`] has
/// one). No method waits: what is asked
/// is done by the stream's media thread within a few milliseconds, in the order asked.
#[derive(Clone)]
pub struct Stream(Arc<Inner>);

struct Inner {
    link: Box<dyn Link>,
    local: SocketAddr,
    codec: AtomicU8,
    next_id: AtomicU64,
    counters: Arc<Counters>,
}

impl Stream {
    pub(crate) fn new(link: Box<dyn Link>, local: SocketAddr, counters: Arc<Counters>) -> Self {
        Self(Arc::new(Inner {
            link,
            local,
            codec: AtomicU8::new(Codec::Pcmu.payload_type()),
            next_id: AtomicU64::new(0),
            counters,
        }))
    }

    /// The address that RTP is received at and sent from.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.0.local
    }

    /// The codec of the last agreement; PCMU before the first.
    #[must_use]
    pub fn codec(&self) -> Codec {
        Codec::from_payload_type(self.0.codec.load(Ordering::Relaxed)).unwrap_or(Codec::Pcmu)
    }

    /// Takes what offer and answer agreed on. Another one (re-INVITE) replaces it: the far end's
    /// address is learned anew; what plays goes on.
    pub fn connect(&self, agreement: &Agreement) {
        self.0.codec.store(agreement.codec.payload_type(), Ordering::Relaxed);
        self.send(Command::Connect(Box::new(agreement.clone())));
    }

    /// Plays a source. What was playing ends as [`PlaybackEndReason::Replaced`].
    pub fn play(&self, source: Source, options: PlayOptions) -> Playback {
        let id = self.next_id();
        let progress = Arc::new(Progress::default());
        let (end, ended) = oneshot::channel();
        let play = Play { id, source, options, progress: Arc::clone(&progress), end };
        self.send(Command::Play(Box::new(play)));
        Playback::new(self.clone(), id, progress, ended)
    }

    /// Records what the far end says into a WAV file (8000 Hz, mono, 16 bits). What was being
    /// recorded ends as [`RecordingEndReason::Stopped`].
    pub fn record(&self, options: RecordOptions) -> Recording {
        let id = self.next_id();
        let (end, ended) = oneshot::channel();
        self.send(Command::Record(Box::new(Record { id, options, end })));
        Recording::new(self.clone(), id, ended)
    }

    /// Records beside everything else: the sides that the options name, whatever else plays or is
    /// recorded. More than [`MAX_SESSION_RECORDINGS`] at a time fail at once.
    pub fn record_session(&self, options: RecordOptions) -> Recording {
        let id = self.next_id();
        let (end, ended) = oneshot::channel();
        self.send(Command::RecordSession(Box::new(Record { id, options, end })));
        Recording::new(self.clone(), id, ended)
    }

    /// Sends back what is received, until it is told not to. What plays is heard instead of it.
    pub fn echo(&self, on: bool) {
        self.send(Command::Echo(on));
    }

    /// What is received, packet by packet as it comes, until the receiver is dropped. Costs nothing
    /// while nothing comes, unlike a recording. The last listener replaces the one before; more than
    /// [`MAX_HEARD`] packets that wait are lost.
    pub fn hear(&self) -> mpsc::Receiver<Heard> {
        let (tap, heard) = mpsc::channel(MAX_HEARD);
        self.send(Command::Hear(tap));
        heard
    }

    /// Presses keys, one after the other: as telephone-event when the far end agreed to it, else as
    /// tones in the audio. More than [`MAX_QUEUED_DTMF`] that wait are dropped with a warning.
    pub fn send_dtmf(&self, digits: &[Dtmf]) {
        self.send(Command::SendDtmf(digits.to_vec()));
    }

    /// Waits until the far end is silent: true when it is, false when the stream was closed first.
    ///
    /// Dropping the future ends the listening.
    pub fn listen_for_silence(
        &self,
        options: SilenceOptions,
    ) -> impl Future<Output = bool> + Send + use<> {
        let (end, ended) = oneshot::channel();
        self.send(Command::Listen(Box::new(Listen { options, end })));
        async move { ended.await.is_ok() }
    }

    /// What was sent and received so far.
    #[must_use]
    pub fn statistics(&self) -> StreamStatistics {
        self.0.counters.read()
    }

    /// Ends the stream: the port is closed, what plays and what is recorded ends.
    pub fn close(&self) {
        self.0.link.close();
    }

    pub(crate) fn control(&self, id: u64, control: Control) {
        self.send(Command::Control { id, control });
    }

    fn next_id(&self) -> u64 {
        self.0.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// A command that cannot be delivered drops its reply channel, which ends what it started as
    /// closed; that is the whole error handling.
    fn send(&self, command: Command) {
        if !self.0.link.send(command) {
            tracing::debug!(local = %self.0.local, "media: command not delivered, stream closed or thread overloaded");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.link.close();
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Stream").field("local", &self.0.local).finish_non_exhaustive()
    }
}
