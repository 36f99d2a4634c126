//! The sections of the configuration that can be asked for.

use std::fmt;
use std::str::FromStr;

/// A `<section name="…">` of the configuration.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Section {
    /// `autoload_configs/*.conf.xml`.
    Configuration,
    /// Domains and users.
    Directory,
    /// Contexts and extensions.
    Dialplan,
    /// Phrase macros.
    Languages,
    /// What becomes of text messages.
    Chatplan,
}

/// There is no such section.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is no section {0:?}; there are {all}", all = Section::names())]
pub struct UnknownSection(pub String);

impl Section {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Configuration, Self::Directory, Self::Dialplan, Self::Languages, Self::Chatplan];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Directory => "directory",
            Self::Dialplan => "dialplan",
            Self::Languages => "languages",
            Self::Chatplan => "chatplan",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl FromStr for Section {
    type Err = UnknownSection;

    fn from_str(text: &str) -> Result<Self, UnknownSection> {
        Self::ALL
            .into_iter()
            .find(|section| section.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownSection(text.to_owned()))
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
