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
use std::time::Duration;

use super::entry::{self, EventHook, StartupScript, XmlHandler};
use super::parameter::{Parameter, Settings};
use super::profile::{ProfileSettings, TRUSTED};
use super::sandbox::{below, known_profile};
use crate::event::MAX_QUEUE;
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
    Parameter::many(
        "module-directory",
        "path pattern",
        "Nothing: native modules cannot be loaded into a sandbox. `require` finds replacements of the usual \
         ones under their names (docs/lua.md lists them).",
    ),
    Parameter::many(
        "xml-handler-script",
        "file with arguments",
        "A script that answers XML lookups before the files do; the `xml-handler-bindings` after it say which.",
    ),
    Parameter::many(
        "xml-handler-bindings",
        "sections, separated by bars",
        "What the script before it is asked for: `configuration`, `directory`, `dialplan`, `languages`, \
         `chatplan`.",
    ),
    Parameter::one(
        "xml-handler-timeout",
        "10",
        "seconds",
        "How long a handler may take for an answer; then it is ended, and the files serve.",
    ),
    Parameter::one(
        "xml-handler-cache",
        "0",
        "seconds",
        "How long a handler's answer holds for the same question (docs/entry-points.md says what is the same); 0 asks \
         each time. `reloadxml` forgets all answers.",
    ),
    Parameter::one(
        "hook-queue",
        "1000",
        "events",
        "How many events wait for the script of a `<hook>` while it runs for another one. What does not fit \
         is missed: counted, and told in the log.",
    ),
    Parameter::many(
        "startup-script",
        "file with arguments",
        "Started when the server is up, as by `luarun`. With `restart=\"on-failure\"` or `\"always\"` it is run \
         again when it has ended, after `restart-wait` seconds (1).",
    ),
];

/// Why a parameter of FreeSWITCH does nothing.
const NATIVE: &str = "module-directory has no effect: native modules cannot be loaded into a sandbox. \
                      cjson, luasql, socket.http, lfs and others are there without; docs/lua.md lists them";

/// Parameters of FreeSWITCH's lua.conf that mean nothing here.
const IGNORED: &[&str] = &[];

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
    /// Scripts that answer XML lookups, in the order that they are asked in.
    pub handlers: Vec<XmlHandler>,
    /// How long a handler may take.
    pub handler_timeout: Duration,
    /// How long an answer of a handler holds.
    pub handler_cache: Duration,
    /// Scripts that are run for events.
    pub hooks: Vec<EventHook>,
    /// How many events wait for a hook's script.
    pub hook_queue: usize,
    /// Started when the server is up.
    pub startup: Vec<StartupScript>,
}

impl Default for LuaSettings {
    /// As without a lua.conf, and without a folder.
    fn default() -> Self {
        Self::read(None, &Variables::new(), &[], &mut Vec::new())
    }
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
        let list = element.and_then(|element| element.child("settings"));
        let settings = Settings::read(list, PARAMETERS, IGNORED, faults);
        for (_, place) in settings.each("module-directory") {
            faults.push(Fault::warning(place.clone(), NATIVE));
        }
        if let Some(list) = list {
            super::known_children(list, &["param", "hook"], faults);
        }
        let right = format!("a number of events from 1 to {MAX_QUEUE}");
        let fits = |queue: &usize| (1..=MAX_QUEUE).contains(queue);
        let hook_queue = settings.parsed("hook-queue", &right, fits, faults).unwrap_or(1000);
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
            let message = format!("there is no script profile {chosen}");
            faults.push(Fault::error(place.clone(), message).so("no script can run"));
        }
        Self {
            folder,
            script_directories: settings.all("script-directory"),
            version,
            profile: chosen,
            rules,
            watch: settings.parsed("watch", "true or false", |_| true, faults).unwrap_or(true),
            handlers: list.map(|list| entry::handlers(list, faults)).unwrap_or_default(),
            handler_timeout: settings.seconds("xml-handler-timeout", 1..=86_400, faults),
            handler_cache: settings.seconds("xml-handler-cache", 0..=86_400, faults),
            hooks: list.map(|list| entry::hooks(list, faults)).unwrap_or_default(),
            hook_queue,
            startup: list.map(|list| entry::startup(list, faults)).unwrap_or_default(),
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
        let message = format!("lua=\"{version}\" is not one of {right}");
        let fault = Fault::error(element.place.clone(), message);
        faults.push(fault.so("this <script> is left out"));
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
