//! What decides which files a version is made of, beside the script's path.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringfence_sandbox::Directory;
use ringfence_switch::config::plain;

use crate::{configuration::LuaConfiguration, profile::ScriptProfile, version::LuaVersion};

/// The configuration, as far as versions depend on it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(super) configuration: Arc<LuaConfiguration>,
    pub(super) profile: Arc<ScriptProfile>,
    pub(super) lua: LuaVersion,
}

impl Settings {
    pub(crate) fn new(
        configuration: Arc<LuaConfiguration>,
        profile: Arc<ScriptProfile>,
        lua: LuaVersion,
    ) -> Self {
        Self { configuration, profile, lua }
    }

    /// Whether a version made with `self` is one for `other`.
    pub(super) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.configuration, &other.configuration)
            && Arc::ptr_eq(&self.profile, &other.profile)
            && self.lua == other.lua
    }

    /// The folders that modules may be in.
    pub(super) fn grants(&self) -> &[Directory] {
        &self.profile.sandbox.directories
    }

    /// Where `require` looks for a module while the script has not changed `package.path`.
    pub(super) fn candidates(&self, module: &str) -> Vec<String> {
        let file = module.replace('.', "/");
        self.configuration
            .package_path()
            .split(';')
            .filter(|template| !template.is_empty())
            .map(|template| template.replace('?', &file))
            .collect()
    }

    /// The path of a file as a script names it: absolute, without `.` and `..`.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        let name = ringfence_text::encode(name);
        plain(&self.configuration.folder().join(Path::new(OsStr::from_bytes(&name))))
    }
}
