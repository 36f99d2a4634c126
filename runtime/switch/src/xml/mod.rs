//! Configuration files: FreeSWITCH's preprocessor and an XML tree that knows where it came from.
//!
//! [`load`] reads a file with all that it includes and answers an [`Element`]; every element, and
//! every [`Fault`], has its [`Place`]: the file and line that the operator wrote, not the line of the
//! assembled document.

use std::fmt;
use std::sync::Arc;

mod glob;
mod preprocess;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use glob::matches as glob_matches;
pub use preprocess::{Assembled, MAX_BYTES, MAX_FILES, MAX_INCLUDE_DEPTH, preprocess};
pub use tree::{Element, MAX_ELEMENT_DEPTH, parse};

use crate::variable::Variables;

/// A line of a file.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Place {
    /// The file, as it was opened.
    pub file: Arc<str>,
    /// Counted from 1; 0 means the file as a whole.
    pub line: u32,
}

impl Place {
    /// That line of that file.
    #[must_use]
    pub fn new(file: impl Into<Arc<str>>, line: u32) -> Self {
        Self { file: file.into(), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => formatter.write_str(&self.file),
            line => write!(formatter, "{}:{line}", self.file),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// Something is ignored, or probably not meant.
    Warning,
    /// Something cannot be used; the rest is.
    Error,
}

/// Something wrong in a configuration file: where, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// How bad it is.
    pub severity: Severity,
    /// The file and line.
    pub place: Place,
    /// What is wrong and what would be right.
    pub message: String,
    /// What holds instead when the rest of the file is used in spite of it.
    pub so: Option<String>,
}

impl Fault {
    /// Something that cannot be used.
    #[must_use]
    pub fn error(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place, message: message.into(), so: None }
    }

    /// Something that is ignored.
    #[must_use]
    pub fn warning(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, place, message: message.into(), so: None }
    }
}

impl Fault {
    /// The same with what holds instead.
    #[must_use]
    pub fn so(self, instead: impl Into<String>) -> Self {
        Self { so: Some(instead.into()), ..self }
    }

    /// Writes it to the log at its own level.
    pub fn log(&self) {
        match self.severity {
            Severity::Error => tracing::error!("{self}"),
            Severity::Warning => tracing::warn!("{self}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.severity {
            Severity::Warning => "warning: ",
            Severity::Error => "",
        };
        write!(formatter, "{}: {kind}{}", self.place, self.message)?;
        self.so.as_ref().map_or(Ok(()), |so| write!(formatter, "; {so}"))
    }
}

/// Reads a file with all its includes. Blocks on the file system.
///
/// `globals` gives `$${name}` its values and takes what the directives set. Faults of the
/// preprocessor are appended to `faults`; the tree is there in spite of them.
///
/// # Errors
///
/// The file cannot be read, or what came together is not XML.
pub fn load(
    path: &std::path::Path,
    globals: &mut Variables,
    faults: &mut Vec<Fault>,
) -> Result<Element, Fault> {
    let assembled = preprocess(path, globals, faults)?;
    parse(&assembled)
}
