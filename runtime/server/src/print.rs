//! What the commands say to the person who typed them.

use std::fmt::Display;
use std::io::{self, Write as _};

/// A line on standard output.
///
/// A reader that has gone (`ringfence help | head`) is no error: there is nobody left to tell.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// A line on standard error, with the program's name.
pub(crate) fn error(text: impl Display) {
    let _ = writeln!(io::stderr(), "ringfence: {text}");
}
