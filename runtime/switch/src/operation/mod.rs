//! What runs on a session and takes time: playing, recording, sleeping, collecting digits, prompting.
//!
//! The types mirror `wit/call.wit` one to one. An operation is started with
//! [`Session::start`](crate::Session::start) and then driven by [`Running::next_event`]; nothing calls
//! back. The dialplan applications and the guests use the same operations.

mod detect;
mod digits;
mod insert;
mod play;
mod prompt;
mod record;
mod running;
pub(crate) mod speech;

pub use detect::RESULT as SPEECH_RESULT;
pub(crate) use record::place;
pub use running::Running;
pub(crate) use running::{MAX_SLEEP, beside};
pub use speech::{MAX_SPOKEN, Say, Speech};

use crate::cause::Cause;
use crate::event::Event;

/// Why something was not done on a session. Whoever asked may handle it and go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The call is over (or was transferred: then the cause is `NONE`).
    #[error("the call is over ({0})")]
    Hangup(Cause),
    /// An argument cannot be used; the text names it and says what would be right.
    #[error("{0}")]
    Invalid(String),
    /// There is no such application, file or session; the text names it.
    #[error("{0}")]
    NotFound(String),
    /// Not allowed; the text says by what.
    #[error("{0}")]
    Refused(String),
    /// It was tried and did not succeed; the text says why.
    #[error("{0}")]
    Failed(String),
}

/// One key that was pressed at the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtmf {
    /// `0`-`9`, `*`, `#`, `A`-`D`.
    pub digit: char,
    /// In samples of 1/8000 s, as FreeSWITCH counts (2000 = 250 ms).
    pub duration: u32,
}

impl Dtmf {
    /// The duration of a key whose sender did not tell one: 250 ms, as in FreeSWITCH.
    pub const DEFAULT_DURATION: u32 = 2000;

    /// The key `digit` with the default duration; none when there is no such key.
    #[must_use]
    pub fn new(digit: char) -> Option<Self> {
        let digit = digit.to_ascii_uppercase();
        matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')
            .then_some(Self { digit, duration: Self::DEFAULT_DURATION })
    }
}

/// Where a key came from, the header `DTMF-Source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DtmfSource {
    /// RTP events (RFC 4733).
    Rtp,
    /// SIP INFO.
    Endpoint,
    /// A command, an application or a script.
    App,
}

impl DtmfSource {
    /// As `RTP`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rtp => "RTP",
            Self::Endpoint => "ENDPOINT",
            Self::App => "APP",
        }
    }
}

/// What to start.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Plays a file, tone stream or silence.
    Play(Play),
    /// Records what the far end says.
    Record(Record),
    /// Lets time pass.
    Sleep(Sleep),
    /// Collects digits.
    Digits(Digits),
    /// Plays a prompt and collects digits.
    Prompt(Prompt),
    /// Says something.
    Speak(Speak),
    /// Plays a prompt and recognises what is said.
    Detect(Detect),
}

/// `streamFile`, `playback`.
#[derive(Clone, Debug, Default)]
pub struct Play {
    /// A sound file, `tone_stream://…`, `silence_stream://…`, `phrase:…` or `say:…`.
    pub path: String,
    /// Where to begin, in samples.
    pub offset: u64,
    /// Whether keys and messages are reported (and keys taken from the buffer).
    pub input: bool,
}

/// `say`, `sayPhrase`, `speak`.
#[derive(Clone, Debug)]
pub struct Speak {
    /// What is said.
    pub speech: Speech,
    /// Whether keys and messages are reported.
    pub input: bool,
}

/// `playAndDetectSpeech`. What was said is in the variable [`SPEECH_RESULT`] when it is done.
#[derive(Clone, Debug, Default)]
pub struct Detect {
    /// The prompt; empty plays nothing. It ends when somebody speaks.
    pub file: String,
    /// What recognises speech.
    pub engine: String,
    /// A grammar, as `detect_speech` takes it, with `{name=value,…}` in front if need be.
    pub grammar: String,
    /// Whether keys and messages are reported.
    pub input: bool,
}

/// `recordFile`, `record`.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The file to write.
    pub path: String,
    /// In seconds; 0 is no limit.
    pub limit: u32,
    /// Energy below which it is silent, 0 to 32767; 0 does not look.
    pub silence_threshold: u32,
    /// Seconds of silence that end it; 0 does not look.
    pub silence_seconds: u32,
    /// Whether keys and messages are reported.
    pub input: bool,
}

/// `sleep`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sleep {
    /// How long, in milliseconds.
    pub ms: u64,
    /// Whether keys and messages are reported.
    pub input: bool,
}

/// `getDigits`.
#[derive(Clone, Debug, Default)]
pub struct Digits {
    /// At most so many, 1 to [`MAX_DIGITS`].
    pub max: u32,
    /// Keys that end the input; they are not part of it.
    pub terminators: String,
    /// For the first digit, in ms; 0 waits for ever.
    pub timeout: u32,
    /// Between digits, in ms; 0 takes `timeout`.
    pub digit_timeout: u32,
    /// For all of it, in ms; 0 is no limit.
    pub total_timeout: u32,
}

/// `playAndGetDigits`, `read`.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// At least so many digits; 0 takes none for an answer.
    pub min: u32,
    /// At most so many, up to [`MAX_DIGITS`].
    pub max: u32,
    /// How often the prompt is played at most.
    pub tries: u32,
    /// After the prompt, in ms.
    pub timeout: u32,
    /// Keys that end the input; they are not part of it.
    pub terminators: String,
    /// The prompt; empty plays nothing.
    pub file: String,
    /// Played after input that does not match; empty plays nothing.
    pub invalid_file: String,
    /// A Perl-compatible regular expression that the digits must match; empty takes all.
    pub pattern: String,
    /// Set to the digits, unless empty.
    pub variable: String,
    /// Between digits, in ms; 0 takes `timeout`.
    pub digit_timeout: u32,
    /// `extension [dialplan [context]]` to transfer to when no try matched; empty does not.
    pub failure_extension: String,
    /// Answers digits even when they are fewer than `min`: `read` does, `playAndGetDigits` does not.
    pub partial: bool,
}

/// Digits that one operation collects at most; more is refused as [`Failure::Invalid`].
pub const MAX_DIGITS: u32 = 128;

/// What [`Running::next_event`] reports.
#[derive(Clone, Debug)]
pub enum OperationEvent {
    /// A key, taken from the channel's buffer. Only from operations that were started with `input`.
    Dtmf(Dtmf),
    /// An event that was sent to this session. Only with `input`.
    Message(Box<Event>),
    /// The operation has ended.
    Finished(Outcome),
    /// The call was hung up or transferred (cause `NONE`); the operation has ended.
    Hangup(Cause),
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran to its end.
    Done,
    /// It was ended before: by [`Control::Stop`], a terminator key, a break from outside.
    Stopped,
    /// The digits that were collected, without the terminator.
    Digits(String),
    /// It could not go on; the text says why.
    Failed(String),
}

/// A change to the running operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Pause, or go on.
    Pause,
    /// Back to the beginning.
    Restart,
    /// Milliseconds from here; negative is back.
    SeekBy(i64),
    /// Milliseconds from the beginning.
    SeekTo(u64),
    /// -2 (slow) to 2 (fast); 0 is normal.
    Speed(i32),
    /// -4 to 4; 0 is normal.
    Volume(i32),
    /// Recording: throw away what is recorded so far, and end.
    Truncate,
    /// End now; `Finished(Stopped)` follows.
    Stop,
}
