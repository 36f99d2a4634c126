//! What scripts get: `lua.conf.xml`, as [`LuaSettings`] read it, made ready for guests.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ringfence_sandbox::{Directory, Profile};
use ringfence_switch::config::{LuaSettings, ScriptProfile};

use crate::version::LuaVersion;

/// The profile of the operator's own scripts.
const TRUSTED: &str = "trusted";

/// Where scripts are, which Lua they are written for, and what they are granted.
#[derive(Clone, Debug)]
pub struct LuaConfiguration {
    settings: LuaSettings,
    profiles: Vec<Arc<Profile>>,
    /// For all scripts, whatever the settings say.
    version: Option<LuaVersion>,
}

/// The settings choose a profile that they do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no script profile {0:?} in lua.conf.xml; the script cannot run")]
pub(crate) struct NoProfile(String);

impl LuaConfiguration {
    /// What the operator configured.
    #[must_use]
    pub fn from_settings(settings: &LuaSettings) -> Self {
        let profiles = settings.profiles.iter().map(|profile| Arc::new(granted(profile))).collect();
        Self { settings: settings.clone(), profiles, version: None }
    }

    /// Scripts in one directory, which they may read, and nothing else.
    #[must_use]
    pub fn new(scripts: impl Into<PathBuf>) -> Self {
        let folder = scripts.into();
        Self::from_settings(&LuaSettings {
            script_directories: Vec::new(),
            version: LuaVersion::default().to_string(),
            profile: TRUSTED.to_owned(),
            rules: Vec::new(),
            profiles: vec![ScriptProfile {
                name: TRUSTED.to_owned(),
                read: vec![folder.clone()],
                write: Vec::new(),
                environment: Vec::new(),
                memory: ringfence_sandbox::MEMORY,
                wall: None,
                cpu: None,
            }],
            startup: Vec::new(),
            folder,
        })
    }

    /// The same for scripts in another folder, which all profiles may read then.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.settings.folder);
        for profile in &mut self.settings.profiles {
            profile.read.push(folder.to_path_buf());
        }
        Self { version: self.version, ..Self::from_settings(&self.settings) }
    }

    /// The same with a limit on processor time for profiles that have none, or a longer one.
    #[must_use]
    pub fn within(mut self, cpu: Duration) -> Self {
        for profile in &mut self.settings.profiles {
            profile.cpu = Some(profile.cpu.map_or(cpu, |configured| configured.min(cpu)));
        }
        Self { version: self.version, ..Self::from_settings(&self.settings) }
    }

    /// The same with one version for all scripts.
    #[must_use]
    pub fn with_version(self, version: LuaVersion) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Where scripts are that are named by a relative path; also what relative file names in scripts
    /// are relative to.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// Where the script of that name is.
    #[must_use]
    pub fn path_of(&self, name: &str) -> PathBuf {
        // An absolute name replaces the directory.
        self.settings.folder.join(name)
    }

    /// Where `require` looks: `package.path`. The folder of scripts is looked at anyway, last.
    #[must_use]
    pub fn package_path(&self) -> String {
        let own = format!("{}/?.lua", self.settings.folder.display());
        let mut entries = self.settings.script_directories.clone();
        if !entries.contains(&own) {
            entries.push(own);
        }
        entries.join(";")
    }

    /// Command lines to run at the start.
    #[must_use]
    pub fn startup(&self) -> &[String] {
        &self.settings.startup
    }

    /// The version of Lua that a script is written for; `script` as it was named.
    #[must_use]
    pub fn version_of(&self, script: &str) -> LuaVersion {
        // The settings hold known versions only.
        self.version.unwrap_or_else(|| self.settings.version_of(script).parse().unwrap_or_default())
    }

    /// All versions that scripts may need, oldest first.
    #[must_use]
    pub fn versions(&self) -> Vec<LuaVersion> {
        if let Some(version) = self.version {
            return vec![version];
        }
        let rules = self.settings.rules.iter().filter_map(|rule| rule.version.as_deref());
        let mut versions: Vec<LuaVersion> = rules
            .chain([self.settings.version.as_str()])
            .filter_map(|version| version.parse().ok())
            .collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    /// What a script is granted; `script` as it was named.
    pub(crate) fn profile_of(&self, script: &str) -> Result<&Arc<Profile>, NoProfile> {
        let chosen = self.settings.profile_of(script).map(|profile| profile.name.as_str());
        self.profiles
            .iter()
            .find(|profile| Some(profile.name.as_str()) == chosen)
            .ok_or_else(|| NoProfile(self.settings.profile.clone()))
    }
}

/// A profile for the sandbox.
fn granted(settings: &ScriptProfile) -> Profile {
    let mut profile = Profile::new(settings.name.clone());
    profile.memory = settings.memory.min(ringfence_sandbox::MAX_MEMORY);
    profile.wall = settings.wall;
    profile.cpu = settings.cpu;
    profile.environment = settings.environment.clone();
    let read = settings.read.iter().map(|path| (path, false));
    for (path, write) in read.chain(settings.write.iter().map(|path| (path, true))) {
        let known = profile.directories.iter_mut().find(|directory| directory.path == *path);
        match known {
            Some(directory) => directory.write |= write,
            None => profile.directories.push(Directory { path: path.clone(), write }),
        }
    }
    profile
}

#[cfg(test)]
mod tests {
    use ringfence_switch::{config::ScriptRule, xml::Place};

    use super::*;

    fn settings() -> LuaSettings {
        let mut settings = LuaConfiguration::new("/etc/ringfence/scripts").settings;
        let rule = |pattern: &str, version: Option<&str>, profile: Option<&str>| ScriptRule {
            pattern: pattern.to_owned(),
            version: version.map(str::to_owned),
            profile: profile.map(str::to_owned),
            place: Place::new("lua.conf.xml", 1),
        };
        settings.rules =
            vec![rule("legacy/*", Some("5.1"), None), rule("ivr.lua", None, Some("other"))];
        settings.profiles.push(ScriptProfile {
            name: "other".to_owned(),
            read: Vec::new(),
            write: vec!["/var/ivr".into()],
            cpu: Some(Duration::from_secs(60)),
            ..settings.profiles[0].clone()
        });
        settings
    }

    #[test]
    fn rules_choose_version_and_profile() {
        let configuration = LuaConfiguration::from_settings(&settings());
        assert_eq!(configuration.version_of("legacy/a.lua"), LuaVersion::V51);
        assert_eq!(
            configuration.version_of("/etc/ringfence/scripts/legacy/a.lua"),
            LuaVersion::V51
        );
        assert_eq!(configuration.version_of("ivr.lua"), LuaVersion::V54);
        assert_eq!(configuration.versions(), [LuaVersion::V51, LuaVersion::V54]);
        assert_eq!(configuration.profile_of("ivr.lua").unwrap().name, "other");
        assert_eq!(configuration.profile_of("legacy/a.lua").unwrap().name, TRUSTED);
        let forced = configuration.with_version(LuaVersion::V52);
        assert_eq!(forced.version_of("legacy/a.lua"), LuaVersion::V52);
        assert_eq!(forced.versions(), [LuaVersion::V52]);
    }

    #[test]
    fn a_profile_that_is_not_there_is_named() {
        let settings = LuaSettings { profile: "nobody".to_owned(), ..settings() };
        let configuration = LuaConfiguration::from_settings(&settings);
        let error = configuration.profile_of("a.lua").unwrap_err().to_string();
        assert!(error.contains("\"nobody\""), "{error}");
    }

    #[test]
    fn directories_and_limits_are_granted() {
        let configuration = LuaConfiguration::from_settings(&settings())
            .in_folder(Path::new("/home/scripts"))
            .within(Duration::from_secs(10));
        assert_eq!(configuration.package_path(), "/home/scripts/?.lua");
        assert_eq!(configuration.path_of("a.lua"), Path::new("/home/scripts/a.lua"));
        assert_eq!(configuration.path_of("/b.lua"), Path::new("/b.lua"));
        let profile = configuration.profile_of("ivr.lua").unwrap();
        let granted: Vec<_> = profile
            .directories
            .iter()
            .map(|directory| (directory.path.to_str(), directory.write))
            .collect();
        assert_eq!(granted, [(Some("/home/scripts"), false), (Some("/var/ivr"), true)]);
        assert_eq!(profile.cpu, Some(Duration::from_secs(10)));
    }
}
