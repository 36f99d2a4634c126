//! What a handle asks of its stream.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{
    Heard, PlayOptions, PlaybackControl, PlaybackEnd, Progress, RecordControl, RecordOptions,
    RecordingEnd, Relayed, SilenceOptions, Target,
};
use crate::dtmf::Dtmf;
use crate::sdp::Agreement;
use crate::source::Source;

/// One request; small, the large ones are boxed.
pub(crate) enum Command {
    Connect(Box<Agreement>),
    Play(Box<Play>),
    Record(Box<Record>),
    /// One more, of both sides.
    RecordSession(Box<Record>),
    Listen(Box<Listen>),
    /// For the playback or recording with that id; one that has ended ignores it.
    Control {
        id: u64,
        control: Control,
    },
    Echo(bool),
    Hear(mpsc::Sender<Heard>),
    SendDtmf(Vec<Dtmf>),
    /// What is heard goes to another stream.
    Relay {
        id: u64,
        to: Target,
    },
    /// It does no longer; a later relay stays.
    EndRelay(u64),
    /// To be sent: another stream heard it.
    Relayed(Box<Relayed>),
}

pub(crate) enum Control {
    Playback(PlaybackControl),
    Recording(RecordControl),
}

pub(crate) struct Play {
    pub(crate) id: u64,
    pub(crate) source: Source,
    pub(crate) options: PlayOptions,
    pub(crate) progress: Arc<Progress>,
    pub(crate) end: oneshot::Sender<PlaybackEnd>,
}

pub(crate) struct Record {
    pub(crate) id: u64,
    pub(crate) options: RecordOptions,
    pub(crate) end: oneshot::Sender<RecordingEnd>,
}

pub(crate) struct Listen {
    pub(crate) options: SilenceOptions,
    /// Sent to when it is silent; closed when nobody waits any more.
    pub(crate) end: oneshot::Sender<()>,
}
