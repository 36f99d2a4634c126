//! `autoload_configs/lua.conf.xml`: Lua scripts.
//!
//! ```xml
//! <configuration name="lua.conf">
//!   <settings>
//!     <param name="script-directory" value="$${script_dir}/?.lua"/>
//!     <param name="lua-version" value="5.4"/>
//!   </settings>
//!   <scripts>
//!     <script pattern="legacy/*.lua" lua="5.1" profile="trusted"/>
//!   </scripts>
//!   <profiles>
//!     <profile name="trusted">
//!       <param name="write" value="$${recordings_dir}"/>
//!     </profile>
//!   </profiles>
//! </configuration>
//! ```

use std::path::PathBuf;
use std::time::Duration;

use super::parameter::{Parameter, Settings};
use crate::variable::Variables;
use crate::xml::{Element, Fault, Place, glob_matches};

/// The Lua versions that there are guests for.
pub const VERSIONS: &[&str] = &["5.1", "5.2", "5.3", "5.4"];

/// The parameters of lua.conf.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::many(
        "script-directory",
        "path pattern",
        "Where `require` looks, as `/path/?.lua`; becomes package.path. The folder of scripts is looked at anyway.",
    ),
    Parameter::one(
        "lua-version",
        "5.4",
        "5.1, 5.2, 5.3 or 5.4",
        "The Lua of scripts that no <script> chooses another one for.",
    ),
    Parameter::one(
        "profile",
        "trusted",
        "text",
        "The profile of scripts that no <script> chooses another one for.",
    ),
    Parameter::many("startup-script", "file with arguments", "Started when the server is up."),
];

/// Parameters of FreeSWITCH's lua.conf that mean nothing here.
const IGNORED: &[&str] =
    &["module-directory", "xml-handler-script", "xml-handler-bindings", "hook"];

/// The parameters of a script profile.
pub const PROFILE_PARAMETERS: &[Parameter] = &[
    Parameter::many("read", "folder", "Scripts may read what is in it."),
    Parameter::many("write", "folder", "Scripts may read and write what is in it."),
    Parameter::many(
        "environment",
        "name or name=value",
        "A variable that os.getenv sees: the server's, or this value.",
    ),
    Parameter::one("memory", "64", "MiB", "The most memory that one run may have."),
    Parameter::one(
        "wall-limit",
        "0",
        "seconds",
        "The longest time that one run may take; 0 is no limit.",
    ),
    Parameter::one(
        "cpu-limit",
        "60",
        "seconds",
        "The most CPU time that one run may take; 0 is no limit.",
    ),
];

/// What a script may do, and how much of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScriptProfile {
    /// Its name: `trusted`.
    pub name: String,
    /// Folders that may be read.
    pub read: Vec<PathBuf>,
    /// Folders that may be read and written.
    pub write: Vec<PathBuf>,
    /// What os.getenv sees.
    pub environment: Vec<(String, String)>,
    /// The most memory of one run, in bytes.
    pub memory: usize,
    /// The longest time of one run.
    pub wall: Option<Duration>,
    /// The most CPU time of one run.
    pub cpu: Option<Duration>,
}

/// Which scripts get which Lua and profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScriptRule {
    /// A path, relative to the folder of scripts, with `*`, `?` and `[…]`.
    pub pattern: String,
    /// `5.1` to `5.4`; none is the default.
    pub version: Option<String>,
    /// A profile's name; none is the default.
    pub profile: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// Lua scripts.
#[derive(Clone, Debug)]
pub struct LuaSettings {
    /// Where scripts are: the global variable `script_dir`.
    pub folder: PathBuf,
    /// `package.path` entries.
    pub script_directories: Vec<String>,
    /// The default version.
    pub version: String,
    /// The default profile's name.
    pub profile: String,
    /// In order; the first that matches holds.
    pub rules: Vec<ScriptRule>,
    /// There is always one named `trusted`.
    pub profiles: Vec<ScriptProfile>,
    /// Started when the server is up.
    pub startup: Vec<String>,
}

impl LuaSettings {
    /// The version of a script, by its path as it was named.
    #[must_use]
    pub fn version_of(&self, script: &str) -> &str {
        self.rule(script, |rule| rule.version.as_deref()).unwrap_or(&self.version)
    }

    /// The profile of a script, by its path as it was named.
    #[must_use]
    pub fn profile_of(&self, script: &str) -> Option<&ScriptProfile> {
        let name = self.rule(script, |rule| rule.profile.as_deref()).unwrap_or(&self.profile);
        self.profiles.iter().find(|profile| profile.name == name)
    }

    fn rule<'r>(
        &'r self,
        script: &str,
        part: impl Fn(&'r ScriptRule) -> Option<&'r str>,
    ) -> Option<&'r str> {
        let folder = self.folder.to_string_lossy();
        let relative =
            script.strip_prefix(&*folder).map_or(script, |rest| rest.trim_start_matches('/'));
        self.rules.iter().filter(|rule| glob_matches(&rule.pattern, relative)).find_map(part)
    }

    pub(super) fn read(
        element: Option<&Element>,
        globals: &Variables,
        faults: &mut Vec<Fault>,
    ) -> Self {
        if let Some(element) = element {
            super::known_children(element, &["settings", "scripts", "profiles"], faults);
        }
        let folder = PathBuf::from(globals.text("script_dir").unwrap_or_default().into_owned());
        let settings = element.and_then(|element| element.child("settings"));
        let settings = Settings::read(settings, PARAMETERS, IGNORED, faults);
        let right = format!("one of {}", VERSIONS.join(", "));
        let known = |version: &String| VERSIONS.contains(&version.as_str());
        let version = settings
            .parsed("lua-version", &right, known, faults)
            .unwrap_or_else(|| "5.4".to_owned());
        let mut profiles = Vec::new();
        let lists = element.into_iter().flat_map(|element| element.children_named("profiles"));
        for child in lists.flat_map(|list| list.children_named("profile")) {
            profiles.extend(profile(child, globals, faults));
        }
        if !profiles.iter().any(|profile: &ScriptProfile| profile.name == "trusted") {
            profiles.push(trusted(globals));
        }
        let mut rules = Vec::new();
        let lists = element.into_iter().flat_map(|element| element.children_named("scripts"));
        for child in lists.flat_map(|list| list.children_named("script")) {
            rules.extend(rule(child, &profiles, faults));
        }
        let chosen = settings.text("profile").unwrap_or_else(|| "trusted".to_owned());
        if !profiles.iter().any(|profile| profile.name == chosen)
            && let Some(place) = settings.place("profile")
        {
            let message = format!("there is no script profile {chosen}; no script can run");
            faults.push(Fault::error(place.clone(), message));
        }
        Self {
            folder,
            script_directories: settings.all("script-directory"),
            version,
            profile: chosen,
            rules,
            profiles,
            startup: settings.all("startup-script"),
        }
    }
}

fn rule(
    element: &Element,
    profiles: &[ScriptProfile],
    faults: &mut Vec<Fault>,
) -> Option<ScriptRule> {
    let Some(pattern) = element.attribute("pattern") else {
        faults.push(Fault::error(
            element.place.clone(),
            "<script> needs a pattern: <script pattern=\"legacy/*.lua\" lua=\"5.1\"/>",
        ));
        return None;
    };
    let mut refuse = |what: &str, value: &str, right: &str| {
        let message = format!("{what}=\"{value}\" is not {right}; this <script> is left out");
        faults.push(Fault::error(element.place.clone(), message));
    };
    let version = element.attribute("lua");
    if let Some(version) = version.filter(|version| !VERSIONS.contains(version)) {
        refuse("lua", version, &format!("one of {}", VERSIONS.join(", ")));
        return None;
    }
    let profile = element.attribute("profile");
    if let Some(name) = profile.filter(|name| !profiles.iter().any(|other| other.name == **name)) {
        refuse("profile", name, "a script profile");
        return None;
    }
    Some(ScriptRule {
        pattern: pattern.to_owned(),
        version: version.map(str::to_owned),
        profile: profile.map(str::to_owned),
        place: element.place.clone(),
    })
}

fn profile(
    element: &Element,
    globals: &Variables,
    faults: &mut Vec<Fault>,
) -> Option<ScriptProfile> {
    let Some(name) = element.attribute("name").filter(|name| !name.is_empty()) else {
        faults.push(Fault::error(element.place.clone(), "a script <profile> needs a name"));
        return None;
    };
    let settings = Settings::read(Some(element), PROFILE_PARAMETERS, &[], faults);
    let environment = settings.all("environment");
    let environment = environment
        .iter()
        .filter_map(|item| match item.split_once('=') {
            Some((name, value)) => Some((name.to_owned(), value.to_owned())),
            None => Some((item.clone(), std::env::var(item).ok()?)),
        })
        .collect();
    let seconds = |name, faults: &mut Vec<Fault>| {
        settings
            .parsed::<u64>(name, "a number of seconds", |_| true, faults)
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs)
    };
    let (wall, cpu) = (seconds("wall-limit", faults), seconds("cpu-limit", faults));
    let mebibytes = settings
        .parsed("memory", "1 to 4096 MiB", |mebibytes| (1..=4096).contains(mebibytes), faults)
        .unwrap_or(64_usize);
    let folders = |name| settings.all(name).into_iter().map(PathBuf::from).collect::<Vec<_>>();
    let (mut read, mut write) = (folders("read"), folders("write"));
    if name == "trusted" && read.is_empty() && write.is_empty() {
        let usual = trusted(globals);
        (read, write) = (usual.read, usual.write);
    }
    Some(ScriptProfile {
        name: name.to_owned(),
        read,
        write,
        environment,
        memory: mebibytes << 20,
        wall,
        cpu,
    })
}

/// What the operator's own scripts need: their folder, sounds, recordings, temporary files.
fn trusted(globals: &Variables) -> ScriptProfile {
    let folders = |names: &[&str]| {
        let texts = names.iter().filter_map(|name| globals.text(name));
        texts.filter(|text| !text.is_empty()).map(|text| PathBuf::from(text.into_owned())).collect()
    };
    ScriptProfile {
        name: "trusted".to_owned(),
        read: folders(&["script_dir", "sounds_dir"]),
        write: folders(&["recordings_dir", "temp_dir"]),
        environment: Vec::new(),
        memory: 64 << 20,
        wall: None,
        cpu: Some(Duration::from_secs(60)),
    }
}
