//! What the commands answer to the shell.

use std::process::ExitCode;

/// The exit codes of all commands; `ringfence help exit-codes` prints this table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All went well. `call`: answered and ended by a BYE. `check`: no fault. `run`: the script
    /// ended without an error.
    Ok = 0,
    /// It could not be done. `serve`: cannot start. `check`: faults. `run`: the script failed.
    /// `console`, `top`: no server, or `-x` was answered `-ERR`. `call`: no socket, no such file, a recording that could not be written.
    Failed = 1,
    /// Wrong arguments (from clap, too).
    Usage = 2,
    /// `call`: the far end refused the call.
    Refused = 3,
    /// `call`: nobody answered in time.
    NoAnswer = 4,
    /// `call`: it was answered, but lost (no reply any more, network failed) or cut by `--timeout`.
    Lost = 5,
}

impl Exit {
    /// The table for `help exit-codes`.
    pub(crate) const TABLE: &'static [(Self, &'static str)] = &[
        (
            Self::Ok,
            "all went well (call: answered and ended; check: no fault; run: the script ended well)",
        ),
        (
            Self::Failed,
            "it could not be done (serve: cannot start; check: faults; run: the script failed; \
             console, top: no server, or -x was answered -ERR; call: no such file, interrupted, or the recording could not be written)",
        ),
        (Self::Usage, "wrong arguments"),
        (Self::Refused, "call: the far end refused"),
        (Self::NoAnswer, "call: nobody answered in time"),
        (Self::Lost, "call: answered, then lost, or cut by --timeout"),
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}
