//! The log: FreeSWITCH's levels, what is logged at which of them, and lines that scripts and the
//! dialplan write.
//!
//! [`Levels`] is one object for the process, as there is one log: `fsctl loglevel`, `loglevel` and
//! `uuid_loglevel` change it while calls are up, [`Levels::layer`] asks it before a line is made.
//! Where lines go (a terminal, a file, clients of the event socket) is the business of the process.

mod levels;

use std::fmt;

use tracing::field::display;

pub use levels::{BadLevels, Levels, levels};

/// How urgent a line is; as a threshold, the least urgent that is logged. FreeSWITCH's names and
/// numbers, and [`Level::Trace`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(i8)]
pub enum Level {
    /// Nothing at all; as a threshold only.
    Disable = -1,
    /// Always shown.
    Console = 0,
    /// Somebody must act at once.
    Alert = 1,
    /// Critical.
    Crit = 2,
    /// An error.
    Err = 3,
    /// A warning.
    Warning = 4,
    /// Normal, and worth to be noticed.
    Notice = 5,
    /// What an operator wants to know.
    Info = 6,
    /// Detail.
    Debug = 7,
    /// More of it; FreeSWITCH has none such.
    Trace = 8,
}

impl Level {
    /// All that a line may have, by number.
    pub const ALL: [Self; 8] = [
        Self::Console,
        Self::Alert,
        Self::Crit,
        Self::Err,
        Self::Warning,
        Self::Notice,
        Self::Info,
        Self::Debug,
    ];

    /// The level of that name or number, in any case; `error`, `warn`, `off` and `trace` are names, too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse::<i64>() {
            return Self::from_number(number);
        }
        Some(match text.to_ascii_lowercase().as_str() {
            "off" | "disable" => Self::Disable,
            "error" => Self::Err,
            "warn" => Self::Warning,
            "trace" => Self::Trace,
            name => *Self::ALL.iter().find(|level| level.name().eq_ignore_ascii_case(name))?,
        })
    }

    /// The level of that number, -1 to 8.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            -1 => Some(Self::Disable),
            8 => Some(Self::Trace),
            _ => Self::ALL.get(usize::try_from(number).ok()?).copied(),
        }
    }

    /// As FreeSWITCH writes it in its log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disable => "DISABLE",
            Self::Console => "CONSOLE",
            Self::Alert => "ALERT",
            Self::Crit => "CRIT",
            Self::Err => "ERR",
            Self::Warning => "WARNING",
            Self::Notice => "NOTICE",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
        }
    }

    /// As FreeSWITCH counts it.
    #[must_use]
    pub const fn number(self) -> i8 {
        self as i8
    }

    /// The level of a line of this process.
    #[must_use]
    pub fn of(metadata: &tracing::Metadata<'_>) -> Self {
        if let Some(name) = metadata.target().strip_prefix(TARGET)
            && let Some(level) = Self::ALL.iter().find(|level| level.target().ends_with(name))
        {
            return *level;
        }
        match *metadata.level() {
            tracing::Level::ERROR => Self::Err,
            tracing::Level::WARN => Self::Warning,
            tracing::Level::INFO => Self::Info,
            tracing::Level::DEBUG => Self::Debug,
            tracing::Level::TRACE => Self::Trace,
        }
    }

    /// The target of lines that [`write()`] writes: tracing knows five levels, this tells the eight.
    const fn target(self) -> &'static str {
        match self {
            Self::Disable | Self::Trace | Self::Debug => "log::debug",
            Self::Console => "log::console",
            Self::Alert => "log::alert",
            Self::Crit => "log::crit",
            Self::Err => "log::err",
            Self::Warning => "log::warning",
            Self::Notice => "log::notice",
            Self::Info => "log::info",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the targets of lines that were written on purpose begin with.
const TARGET: &str = "log::";

/// Who writes a line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Source<'s> {
    /// The uuid of the call.
    pub call: Option<&'s str>,
    /// The script's name.
    pub script: Option<&'s str>,
    /// Where in the script, as `file:line`.
    pub at: Option<&'s str>,
}

/// Writes a line that a script, the dialplan or an operator wants in the log.
pub fn write(level: Level, source: Source<'_>, text: &str) {
    let call = source.call.map(display);
    let script = source.script.map(display);
    let at = source.at.map(display);
    macro_rules! line {
        ($level:ident, $tracing:ident) => {
            tracing::event!(
                target: Level::$level.target(), tracing::Level::$tracing, call, script, at, "{text}"
            )
        };
    }
    match level {
        Level::Console => line!(Console, INFO),
        Level::Alert => line!(Alert, ERROR),
        Level::Crit => line!(Crit, ERROR),
        Level::Err => line!(Err, ERROR),
        Level::Warning => line!(Warning, WARN),
        Level::Notice => line!(Notice, INFO),
        Level::Info => line!(Info, INFO),
        Level::Disable | Level::Debug | Level::Trace => line!(Debug, DEBUG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_names_or_numbers() {
        for level in Level::ALL {
            assert_eq!(Level::parse(level.name()), Some(level));
            assert_eq!(Level::parse(&level.number().to_string()), Some(level));
            assert!(level.target().starts_with(TARGET));
        }
        assert_eq!(Level::parse("warn"), Some(Level::Warning));
        assert_eq!(Level::parse("off"), Some(Level::Disable));
        for bad in ["", "nosuch", "9", "-2", "7x"] {
            assert_eq!(Level::parse(bad), None, "{bad}");
        }
    }
}
