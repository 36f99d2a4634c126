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
//! </configuration>
//! ```

use std::path::PathBuf;

use super::parameter::{Parameter, Settings};
use super::profile::{ProfileSettings, TRUSTED};
use super::sandbox::{below, known_profile};
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
    Parameter::one(
        "watch",
        "true",
        "true or false",
        "Whether a script that was changed is compiled at once. Else its files are looked at before a run. \
         Read at the start.",
    ),
    Parameter::many("startup-script", "file with arguments", "Started when the server is up."),
];

/// Parameters of FreeSWITCH's lua.conf that mean nothing here.
const IGNORED: &[&str] =
    &["module-directory", "xml-handler-script", "xml-handler-bindings", "hook"];

/// Which scripts get which Lua and profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScriptRule {
    /// A path, relative to the folder of scripts, with `*`, `?` and `[…]`.
    pub pattern: String,
    /// `5.1` to `5.4`; none is the default.
    pub version: Option<String>,
    /// The name of a profile of sandbox.conf; none leaves it to the rules there.
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
    /// Changed files are noticed by watching the folders that they are in.
    pub watch: bool,
    /// Started when the server is up.
    pub startup: Vec<String>,
}

impl LuaSettings {
    /// The version of a script, by its path as it was named.
    #[must_use]
    pub fn version_of(&self, script: &str) -> &str {
        self.rule(script, |rule| rule.version.as_deref()).unwrap_or(&self.version)
    }

    /// The name of the profile that a `<script>` chooses, by its path as it was named.
    #[must_use]
    pub fn profile_of(&self, script: &str) -> Option<&str> {
        self.rule(script, |rule| rule.profile.as_deref())
    }

    fn rule<'r>(
        &'r self,
        script: &str,
        part: impl Fn(&'r ScriptRule) -> Option<&'r str>,
    ) -> Option<&'r str> {
        let relative = below(&self.folder, script);
        self.rules.iter().filter(|rule| glob_matches(&rule.pattern, &relative)).find_map(part)
    }

    pub(super) fn read(
        element: Option<&Element>,
        globals: &Variables,
        profiles: &[ProfileSettings],
        faults: &mut Vec<Fault>,
    ) -> Self {
        for moved in element.into_iter().flat_map(|element| element.children_named("profiles")) {
            faults.push(Fault::error(
                moved.place.clone(),
                "<profiles> belongs into autoload_configs/sandbox.conf.xml now; what stands here grants \
                 and limits nothing",
            ));
        }
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
        let mut rules = Vec::new();
        let lists = element.into_iter().flat_map(|element| element.children_named("scripts"));
        for child in lists.flat_map(|list| list.children_named("script")) {
            rules.extend(rule(child, profiles, faults));
        }
        let chosen = settings.text("profile").unwrap_or_else(|| TRUSTED.to_owned());
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
            watch: settings.parsed("watch", "true or false", |_| true, faults).unwrap_or(true),
            startup: settings.all("startup-script"),
        }
    }
}

fn rule(
    element: &Element,
    profiles: &[ProfileSettings],
    faults: &mut Vec<Fault>,
) -> Option<ScriptRule> {
    let Some(pattern) = element.attribute("pattern") else {
        faults.push(Fault::error(
            element.place.clone(),
            "<script> needs a pattern: <script pattern=\"legacy/*.lua\" lua=\"5.1\"/>",
        ));
        return None;
    };
    let version = element.attribute("lua");
    if let Some(version) = version.filter(|version| !VERSIONS.contains(version)) {
        let right = VERSIONS.join(", ");
        let message = format!("lua=\"{version}\" is not one of {right}; this <script> is left out");
        faults.push(Fault::error(element.place.clone(), message));
        return None;
    }
    let profile = element.attribute("profile");
    if let Some(name) = profile {
        known_profile(element, name, profiles, faults);
    }
    Some(ScriptRule {
        pattern: pattern.to_owned(),
        version: version.map(str::to_owned),
        profile: profile.map(str::to_owned),
        place: element.place.clone(),
    })
}
