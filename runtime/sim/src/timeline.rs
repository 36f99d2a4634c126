//! What happened in a call, moment by moment.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::ear::Sound;

/// One thing that happened, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Since the caller dialled.
    #[serde(serialize_with = "seconds")]
    pub at: Duration,
    /// Whose line it is.
    pub who: Who,
    /// What happened.
    #[serde(flatten)]
    pub what: Happening,
}

impl Moment {
    /// What happened at a time; the rest follows from it.
    #[must_use]
    pub fn new(at: Duration, what: Happening) -> Self {
        Self { at, who: what.who(), what }
    }
}

/// Who a line is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The phone.
    Caller,
    /// A log line of the server or the script.
    Log,
    /// The script: its calls of the server and what it prints.
    Script,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Caller => "caller",
            Self::Log => "log",
            Self::Script => "script",
        })
    }
}

/// What can happen in a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// The far end answered; presses begin.
    Answered {
        /// 200, or another 2xx.
        status: u16,
        /// Its reason phrase.
        reason: String,
    },
    /// The script called a function of the server.
    Called {
        /// `file:line`.
        place: String,
        /// As `session:answer()`.
        call: String,
    },
    /// The phone calls.
    Calls {
        /// Number or SIP URI.
        target: String,
        /// The caller's number.
        from: String,
    },
    /// The call is over after it was answered, or cancelled.
    Ended {
        /// Who ended it.
        by: Ender,
        /// The hangup cause, or what went wrong.
        cause: String,
    },
    /// The phone ends the call.
    HangsUp {
        /// `BYE` or, before the answer, `CANCEL`.
        method: &'static str,
    },
    /// The far end sent a key.
    Key {
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        key: char,
    },
    /// A log line.
    Logged {
        /// As FreeSWITCH names it: `NOTICE`.
        level: String,
        /// `file:line` of the script that wrote it.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<String>,
        /// The line.
        message: String,
    },
    /// The phone began to play.
    Plays {
        /// The file.
        file: String,
    },
    /// The phone pressed a key.
    Presses {
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        key: char,
    },
    /// The script printed a line.
    Printed {
        /// Without the newline.
        line: String,
    },
    /// A provisional response.
    Progress {
        /// 180, 183 …
        status: u16,
        /// Its reason phrase.
        reason: String,
        /// Whether the caller hears the far end from now on.
        early_media: bool,
    },
    /// The phone has recorded what it heard.
    Recorded {
        /// The file.
        file: String,
        /// How much.
        #[serde(rename = "seconds", serialize_with = "seconds")]
        length: Duration,
    },
    /// The far end did not take the call.
    Refused {
        /// 404, 486, 603 …; none when nothing was answered at all.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The reason phrase, or why there is no response.
        reason: String,
        /// The hangup cause, when the response tells one.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
    /// The script ended with an error.
    ScriptFailed {
        /// With `file:line` and traceback.
        error: String,
    },
    /// A sound is over.
    Silence {
        /// How long it was heard.
        #[serde(rename = "seconds", serialize_with = "seconds")]
        lasted: Duration,
    },
    /// A sound began.
    Sound(Sound),
    /// Something that the phone could not do; the call goes on.
    Trouble {
        /// What and why.
        message: String,
    },
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ender {
    /// The phone.
    Caller,
    /// Neither: no reply any more, or the network failed.
    Failure,
    /// The other end.
    FarEnd,
}

impl Happening {
    /// The order of moments at the same time: what the caller does, what the script makes of it,
    /// what the caller is told of that. Without it, which task of a simulation had its turn first
    /// would decide.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Calls { .. } => 0,
            Self::HangsUp { .. } | Self::Presses { .. } => 1,
            Self::Called { .. }
            | Self::Logged { .. }
            | Self::Printed { .. }
            | Self::ScriptFailed { .. } => 2,
            Self::Answered { .. }
            | Self::Key { .. }
            | Self::Plays { .. }
            | Self::Progress { .. }
            | Self::Silence { .. }
            | Self::Sound(_)
            | Self::Trouble { .. } => 3,
            Self::Ended { .. } | Self::Refused { .. } => 4,
            Self::Recorded { .. } => 5,
        }
    }

    fn who(&self) -> Who {
        match self {
            Self::Called { .. } | Self::Printed { .. } | Self::ScriptFailed { .. } => Who::Script,
            Self::Logged { .. } => Who::Log,
            _ => Who::Caller,
        }
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { status, reason } => write!(f, "is answered: {status} {reason}"),
            Self::Called { place, call } => write!(f, "{place}  {call}"),
            Self::Calls { target, from } => write!(f, "calls {target} as {from}"),
            Self::Ended { by: Ender::Caller, cause } => write!(f, "has hung up: {cause}"),
            Self::Ended { by: Ender::Failure, cause } => write!(f, "lost the call: {cause}"),
            Self::Ended { by: Ender::FarEnd, cause } => write!(f, "is hung up on: BYE, {cause}"),
            Self::HangsUp { method } => write!(f, "hangs up: {method}"),
            Self::Key { key } => write!(f, "is sent key {key}"),
            Self::Logged { level, place: Some(place), message } => {
                write!(f, "{place}  [{level}] {message}")
            }
            Self::Logged { level, place: None, message } => write!(f, "[{level}] {message}"),
            Self::Plays { file } => write!(f, "plays {file}"),
            Self::Presses { key } => write!(f, "presses {key}"),
            Self::Printed { line } => write!(f, "prints {line}"),
            Self::Progress { status, reason, early_media } => {
                let media = if *early_media { ", with early media" } else { "" };
                write!(f, "is told {status} {reason}{media}")
            }
            Self::Recorded { file, length } => {
                write!(f, "has recorded {:.2} s to {file}", length.as_secs_f64())
            }
            Self::Refused { status, reason, cause } => {
                write!(f, "is refused:")?;
                if let Some(status) = status {
                    write!(f, " {status}")?;
                }
                write!(f, " {reason}")?;
                cause.as_ref().map_or(Ok(()), |cause| write!(f, " ({cause})"))
            }
            Self::ScriptFailed { error } => write!(f, "failed: {error}"),
            Self::Silence { lasted } => {
                write!(f, "hears silence, after {:.2} s", lasted.as_secs_f64())
            }
            Self::Sound(sound) => write!(f, "hears {sound}"),
            Self::Trouble { message } => write!(f, "{message}"),
        }
    }
}

/// A duration as seconds, to the millisecond.
pub(crate) fn seconds<S: serde::Serializer>(
    at: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(at.as_millis() as f64 / 1000.0)
}
