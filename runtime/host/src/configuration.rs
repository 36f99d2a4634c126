//! Which Lua and which profile a script gets: `lua.conf.xml` and `sandbox.conf.xml`, made ready for runs.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ringfence_switch::config::{
    LuaSettings, SandboxSettings, StartupScript, plain, profile::THIRD_PARTY,
};

use crate::{profile::ScriptProfile, version::LuaVersion};

/// Where scripts are, which Lua they are written for, and what they are granted.
#[derive(Clone, Debug)]
pub struct LuaConfiguration {
    settings: LuaSettings,
    sandbox: SandboxSettings,
    profiles: Vec<Arc<ScriptProfile>>,
    /// What holds whatever the settings say.
    instead: Instead,
}

/// What holds for all scripts, whatever the settings say.
#[derive(Clone, Debug, Default)]
struct Instead {
    folder: Option<PathBuf>,
    cpu: Option<Duration>,
    version: Option<LuaVersion>,
}

/// The settings choose a profile that they do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no script profile {0:?} in sandbox.conf.xml; the script cannot run")]
pub(crate) struct NoProfile(String);

impl LuaConfiguration {
    /// What the operator configured.
    #[must_use]
    pub fn from_settings(settings: &LuaSettings, sandbox: &SandboxSettings) -> Self {
        Self::made(settings.clone(), sandbox.clone(), Instead::default())
    }

    /// The same with other settings: a folder, a limit or a version that was chosen whatever they say
    /// stays.
    #[must_use]
    pub fn reread(&self, settings: &LuaSettings, sandbox: &SandboxSettings) -> Self {
        let mut read = Self::from_settings(settings, sandbox);
        if let Some(folder) = &self.instead.folder {
            read = read.in_folder(folder);
        }
        if let Some(cpu) = self.instead.cpu {
            read = read.within(cpu);
        }
        match self.instead.version {
            Some(version) => read.with_version(version),
            None => read,
        }
    }

    fn made(settings: LuaSettings, sandbox: SandboxSettings, instead: Instead) -> Self {
        let profiles = sandbox.profiles.iter();
        let profiles = profiles.map(|profile| Arc::new(ScriptProfile::from_settings(profile)));
        let profiles = profiles.collect();
        Self { settings, sandbox, profiles, instead }
    }

    /// Scripts in one directory, which they may read; they may write nowhere.
    #[must_use]
    pub fn new(scripts: impl Into<PathBuf>) -> Self {
        let folder = scripts.into();
        let settings = LuaSettings {
            version: LuaVersion::default().to_string(),
            folder: folder.clone(),
            ..LuaSettings::default()
        };
        Self::from_settings(&settings, &SandboxSettings::default()).in_folder(&folder)
    }

    /// The same for scripts in another folder, which all profiles may read then.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        folder.clone_into(&mut self.settings.folder);
        for profile in &mut self.sandbox.profiles {
            profile.permissions.read.push(folder.to_path_buf());
        }
        self.instead.folder = Some(folder.to_path_buf());
        Self::made(self.settings, self.sandbox, self.instead)
    }

    /// The same with a limit on processor time for profiles that have none, or a longer one.
    #[must_use]
    pub fn within(mut self, cpu: Duration) -> Self {
        for profile in &mut self.sandbox.profiles {
            let limit = &mut profile.limits.cpu;
            *limit = Some(limit.map_or(cpu, |configured| configured.min(cpu)));
        }
        self.instead.cpu = Some(cpu);
        Self::made(self.settings, self.sandbox, self.instead)
    }

    /// The same with one version for all scripts.
    #[must_use]
    pub fn with_version(mut self, version: LuaVersion) -> Self {
        self.instead.version = Some(version);
        self
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
        plain(&self.settings.folder.join(name))
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

    /// The folders that scripts and modules are in; none when they are not to be watched.
    pub(crate) fn watched(&self) -> Vec<PathBuf> {
        if !self.settings.watch {
            return Vec::new();
        }
        let patterns = self.settings.script_directories.iter();
        let modules = patterns.filter_map(|pattern| Some(pattern.split_once('?')?.0));
        // What stands before the `?` may be the beginning of a name.
        let modules = modules.filter_map(|path| Some(path.rsplit_once('/')?.0.into()));
        std::iter::once(self.settings.folder.clone()).chain(modules).collect()
    }

    /// Scripts to run at the start.
    #[must_use]
    pub fn startup(&self) -> &[StartupScript] {
        &self.settings.startup
    }

    /// What lua.conf.xml says of handlers and hooks.
    pub(crate) fn settings(&self) -> &LuaSettings {
        &self.settings
    }

    /// The version of Lua that a script is written for; `script` as it was named.
    #[must_use]
    pub fn version_of(&self, script: &str) -> LuaVersion {
        // The settings hold known versions only.
        self.instead
            .version
            .unwrap_or_else(|| self.settings.version_of(script).parse().unwrap_or_default())
    }

    /// How long `unload mod_lua` lets running scripts go on.
    #[must_use]
    pub fn drain_time(&self) -> Duration {
        self.sandbox.drain_time
    }

    /// The largest memory that a profile grants, in bytes: what the sandbox must be made for.
    #[must_use]
    pub fn largest_memory(&self) -> usize {
        self.sandbox.largest_memory()
    }

    /// All versions that scripts may need, oldest first.
    #[must_use]
    pub fn versions(&self) -> Vec<LuaVersion> {
        if let Some(version) = self.instead.version {
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
    ///
    /// The first `<script>` that matches chooses, in lua.conf.xml, then in sandbox.conf.xml. Without one,
    /// Lua scripts get the profile that lua.conf.xml names (`trusted`), components `third-party`.
    ///
    /// # Errors
    ///
    /// The profile that was chosen is not there.
    pub(crate) fn profile_of(&self, script: &str) -> Result<&Arc<ScriptProfile>, NoProfile> {
        let usual = if is_component(script) { THIRD_PARTY } else { &self.settings.profile };
        let chosen = self.settings.profile_of(script);
        let chosen = chosen.or_else(|| self.sandbox.profile_of(self.folder(), script));
        let chosen = chosen.unwrap_or(usual);
        self.profiles
            .iter()
            .find(|profile| profile.name() == chosen)
            .ok_or_else(|| NoProfile(chosen.to_owned()))
    }
}

/// Whether a script's name is that of a component, rather than of a Lua script.
fn is_component(script: &str) -> bool {
    Path::new(script).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wasm"))
}

#[cfg(test)]
mod tests {
    use ringfence_switch::{
        config::{Limits, Permissions, ProfileRule, ProfileSettings, ScriptRule, profile::TRUSTED},
        xml::Place,
    };

    use super::*;

    fn configuration() -> LuaConfiguration {
        let LuaConfiguration { mut settings, mut sandbox, .. } =
            LuaConfiguration::new("/etc/ringfence/scripts");
        let place = || Place::new("lua.conf.xml", 1);
        let rule = |pattern: &str, version: Option<&str>, profile: Option<&str>| ScriptRule {
            pattern: pattern.to_owned(),
            version: version.map(str::to_owned),
            profile: profile.map(str::to_owned),
            place: place(),
        };
        settings.rules =
            vec![rule("legacy/*", Some("5.1"), None), rule("ivr.lua", None, Some("other"))];
        sandbox.profiles.push(ProfileSettings {
            name: "other".to_owned(),
            permissions: Permissions { write: vec!["/var/ivr".into()], ..Permissions::default() },
            limits: Limits { cpu: Some(Duration::from_mins(1)), ..Limits::third_party() },
            ..ProfileSettings::third_party()
        });
        let rule = |pattern: &str, profile: &str| ProfileRule {
            pattern: pattern.to_owned(),
            profile: profile.to_owned(),
            place: place(),
        };
        sandbox.rules = vec![
            rule("*.lua", "third-party"),
            rule("own/*.wasm", "trusted"),
            rule("typo/*", "trsted"),
        ];
        LuaConfiguration::from_settings(&settings, &sandbox)
    }

    #[test]
    fn rules_choose_the_version() {
        let configuration = configuration();
        assert_eq!(configuration.version_of("legacy/a.lua"), LuaVersion::V51);
        assert_eq!(
            configuration.version_of("/etc/ringfence/scripts/legacy/a.lua"),
            LuaVersion::V51
        );
        assert_eq!(configuration.version_of("ivr.lua"), LuaVersion::V54);
        assert_eq!(configuration.versions(), [LuaVersion::V51, LuaVersion::V54]);
        let forced = configuration.with_version(LuaVersion::V52);
        assert_eq!(forced.version_of("legacy/a.lua"), LuaVersion::V52);
        assert_eq!(forced.versions(), [LuaVersion::V52]);
    }

    #[test]
    fn rules_choose_the_profile() {
        let configuration = configuration();
        for (script, profile) in [
            ("ivr.lua", "other"),
            ("/etc/ringfence/scripts/ivr.lua", "other"),
            ("legacy/a.lua", "third-party"),
            ("./legacy/a.lua", "third-party"),
            ("../scripts/legacy/a.lua", "third-party"),
            ("/etc/ringfence//scripts/x/../legacy/a.lua", "third-party"),
            ("inline", TRUSTED),
            ("a.wasm", THIRD_PARTY),
            ("own/a.wasm", TRUSTED),
        ] {
            assert_eq!(configuration.profile_of(script).unwrap().name(), profile, "{script}");
        }
    }

    #[test]
    fn a_profile_that_is_not_there_is_named() {
        let error = configuration().profile_of("typo/a").unwrap_err().to_string();
        assert!(error.contains("\"trsted\""), "{error}");
    }

    #[test]
    fn directories_and_limits_are_granted() {
        let configuration =
            configuration().in_folder(Path::new("/home/scripts")).within(Duration::from_secs(10));
        assert_eq!(configuration.package_path(), "/home/scripts/?.lua");
        assert_eq!(configuration.path_of("a.lua"), Path::new("/home/scripts/a.lua"));
        assert_eq!(configuration.path_of("/b.lua"), Path::new("/b.lua"));
        let profile = configuration.profile_of("ivr.lua").unwrap();
        let granted: Vec<_> = profile
            .sandbox
            .directories
            .iter()
            .map(|directory| (directory.path.to_str(), directory.write))
            .collect();
        assert_eq!(granted, [(Some("/home/scripts"), false), (Some("/var/ivr"), true)]);
        assert_eq!(profile.sandbox.cpu, Some(Duration::from_secs(10)));
    }
}
