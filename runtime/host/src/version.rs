//! Versions of Lua.

use std::{fmt, str::FromStr};

/// The version of Lua that a script is written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LuaVersion {
    /// Lua 5.1: `setfenv`, `unpack`; no integers, no `goto`.
    V51,
    /// Lua 5.2: `_ENV`, `bit32`, `goto`.
    V52,
    /// Lua 5.3: integers, bit operators, `utf8`. What FreeSWITCH uses on Debian 12.
    V53,
    /// Lua 5.4: `<close>`, `<const>`.
    #[default]
    V54,
}

/// All versions, oldest first.
pub const LUA_VERSIONS: [LuaVersion; 4] =
    [LuaVersion::V51, LuaVersion::V52, LuaVersion::V53, LuaVersion::V54];

impl LuaVersion {
    /// As users write it: `5.4`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V51 => "5.1",
            Self::V52 => "5.2",
            Self::V53 => "5.3",
            Self::V54 => "5.4",
        }
    }
}

impl fmt::Display for LuaVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// There is no guest for this version of Lua.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no Lua {0:?}; there are 5.1, 5.2, 5.3 and 5.4")]
pub struct UnknownVersion(pub String);

impl FromStr for LuaVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        LUA_VERSIONS
            .into_iter()
            .find(|version| version.as_str() == text)
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_reads_as_it_is_written() {
        for version in LUA_VERSIONS {
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        assert_eq!(LuaVersion::default(), LuaVersion::V54);
    }

    #[test]
    fn another_version_is_refused_by_name() {
        let error = "5.5".parse::<LuaVersion>().map_err(|error| error.to_string());
        assert_eq!(error, Err("there is no Lua \"5.5\"; there are 5.1, 5.2, 5.3 and 5.4".into()));
    }
}
