//! A telephone: makes one call at a time, presses, plays, listens, records, hangs up.
//!
//! It stands on the same SIP stack and media as the server, on whichever rim these were started:
//! real sockets for `ringfence call`, memory and a paused clock for `ringfence run`.
//!
//! * [`Phone`] has the line; [`Dial`] says whom to call and what to do then.
//! * [`Phone::call`] makes the call and tells each [`Moment`] as it happens; [`Finished`] is how it
//!   went.

mod finger;
mod line;
mod target;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use ringfence_media::{self as media, Media};
use ringfence_sip::{InviteError, Stack};
use thiserror::Error;

use crate::press::Presses;
use crate::timeline::Moment;

pub use target::{TargetError, uri};

/// Whom to call, and what to do then.
#[derive(Clone, Debug)]
pub struct Dial {
    /// A SIP URI; [`uri`] makes one of a number.
    pub target: String,
    /// The caller's number or name: the user part of From.
    pub caller: String,
    /// What is pressed once the call is answered.
    pub presses: Presses,
    /// Press by SIP INFO (`application/dtmf-relay`) instead of telephone-events in RTP.
    pub info: bool,
    /// A sound that is played to the far end once the call is answered.
    pub play: Option<PathBuf>,
    /// A WAV file for all that is heard.
    pub record: Option<PathBuf>,
    /// Hangs up so long after the answer.
    pub hangup_after: Option<Duration>,
    /// The most that the whole call takes, from dialling; then it is cut.
    pub timeout: Duration,
}

/// How a call went.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub how: How,
    /// The hangup cause, or in words what went wrong.
    pub cause: String,
    /// Whether the far end had answered.
    pub answered: bool,
    /// From dialling to the end.
    pub length: Duration,
    /// Why what was heard is not in [`Dial::record`], or only a part of it.
    pub not_recorded: Option<String>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    /// It was answered, and still there when [`Dial::timeout`] was over: the phone hung up.
    Cut,
    /// It was answered, and then ended by either side.
    Ended,
    /// It was answered, and then lost: no reply any more, or the network failed.
    Lost,
    /// Nobody answered in time, or the phone hung up before.
    NoAnswer,
    /// The far end refused.
    Refused,
}

/// Why a call could not even be tried.
#[derive(Debug, Error)]
pub enum DialError {
    /// The stack does not take it.
    #[error("cannot call: {0}")]
    Invite(#[from] InviteError),
    /// No media port.
    #[error("cannot open a media port: {0}")]
    Open(#[from] media::OpenError),
    /// The sound to be played.
    #[error(transparent)]
    Play(#[from] media::SourceError),
    /// The caller or the target is no part of a URI.
    #[error(transparent)]
    Target(#[from] TargetError),
}

/// A telephone with a line of its own.
#[derive(Clone)]
pub struct Phone {
    stack: Stack,
    media: Media,
    profile: String,
    address: IpAddr,
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phone").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Phone {
    /// A phone at `address`, which calls through the listeners of `profile`.
    #[must_use]
    pub fn new(stack: Stack, media: Media, profile: &str, address: IpAddr) -> Self {
        Self { stack, media, profile: profile.to_owned(), address }
    }

    /// Makes a call and stays with it to its end. `tell` gets each moment when it is known; what is
    /// heard is known a little later than it begins, so times are not always in order.
    ///
    /// # Errors
    ///
    /// When the call cannot even be tried. What goes wrong after that is told and is in
    /// [`Finished`].
    pub async fn call(
        &self,
        dial: Dial,
        tell: &mut (dyn FnMut(Moment) + Send),
    ) -> Result<Finished, DialError> {
        line::Line::dial(self, dial, tell).await?.hold().await
    }
}
