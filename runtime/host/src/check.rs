//! Compiling scripts without running them: `ringfence check`.

use std::{fmt, path::Path};

use ringfence_sandbox::Sandbox;

use crate::{
    configuration::LuaConfiguration, guests::Guests, version::LuaVersion, versions::Versions,
};

/// What is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFault {
    /// With file and line in front, as Lua says it: `/a/b.lua:3: unexpected symbol near 'x'`.
    pub message: String,
}

impl fmt::Display for ScriptFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for ScriptFault {}

/// Compiles scripts; needs no switch.
#[derive(Clone)]
pub struct Checker {
    versions: Versions,
    configuration: LuaConfiguration,
}

impl fmt::Debug for Checker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Checker").finish_non_exhaustive()
    }
}

impl Checker {
    /// Checks scripts with the versions that the configuration gives them.
    #[must_use]
    pub fn new(sandbox: Sandbox, configuration: LuaConfiguration) -> Self {
        Self { versions: Versions::new(Guests::new(sandbox)), configuration }
    }

    /// Compiles a script.
    ///
    /// # Errors
    ///
    /// It cannot be read, or it is not Lua.
    pub async fn check(&self, path: &Path) -> Result<LuaVersion, ScriptFault> {
        let fault = |message: String| ScriptFault { message };
        let path = self.configuration.path_of(&path.to_string_lossy());
        let version = self.configuration.version_of(&path.to_string_lossy());
        let checked = self.versions.check(&path, version).await;
        checked.map_err(|error| fault(error.to_string()))?;
        Ok(version)
    }
}
