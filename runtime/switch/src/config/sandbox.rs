//! `autoload_configs/sandbox.conf.xml`: what scripts of every language may do, and how much of it.
//!
//! ```xml
//! <configuration name="sandbox.conf">
//!   <settings>
//!     <param name="instances" value="4000"/>
//!   </settings>
//!   <scripts>
//!     <script pattern="guests/*" profile="third-party"/>
//!   </scripts>
//!   <profiles>
//!     <profile name="quiz" base="third-party">
//!       <param name="read" value="$${sounds_dir}/quiz"/>
//!       <param name="cpu-limit" value="5"/>
//!     </profile>
//!   </profiles>
//! </configuration>
//! ```

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::parameter::{Parameter, Settings};
use super::profile::{self, ProfileSettings};
use crate::variable::Variables;
use crate::xml::{Element, Fault, Place, glob_matches};

/// The parameters of the sandbox as a whole.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::one(
        "instances",
        "4000",
        "runs, 1 to 100000",
        "Runs at the same time, in all. One more waits, and then is not started: `capacity`. Each \
         that was used once costs up to 5 memory mappings; the system allows 65,530 unless \
         `vm.max_map_count` says otherwise.",
    ),
    Parameter::one(
        "start-wait",
        "1000",
        "ms, 0 to 60000",
        "How long a start waits for a place when all are taken. A caller hears nothing meanwhile.",
    ),
    Parameter::one(
        "stack",
        "512",
        "KiB, 128 to 8192",
        "Stack of a run. Lua answers endless recursion with an error at 512; below that, and in \
         components, the run ends as `stack-limit`. Only what is touched is real memory.",
    ),
    Parameter::one(
        "warm",
        "128",
        "runs, 1 to 100000",
        "Places that keep the pages of the last run, which makes the next start 80 µs quicker. Each \
         keeps up to 130 kB for good.",
    ),
    Parameter::one(
        "drain-time",
        "10",
        "seconds, 0 to 3600",
        "How long `unload mod_lua` lets running scripts go on before it kills them.",
    ),
    Parameter::one(
        "tick",
        "1",
        "ms, 1 to 100",
        "How often a running script can be interrupted; also its slice of a thread. At 1 ms a kill of \
         one that spins takes 0.2 ms, at 10 it takes 5.",
    ),
    Parameter::one(
        "nice",
        "5",
        "0 to 19",
        "How much lower the threads of scripts are scheduled than those of calls.",
    ),
];

/// Which scripts get which profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileRule {
    /// A path, relative to the folder of scripts, with `*`, `?` and `[…]`.
    pub pattern: String,
    /// A profile's name.
    pub profile: String,
    /// Where it stands.
    pub place: Place,
}

/// What scripts of every language may do.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// Runs at the same time.
    pub instances: u32,
    /// How long a start waits for a place.
    pub start_wait: Duration,
    /// Stack of a run, in bytes.
    pub stack: usize,
    /// Places that keep their pages.
    pub warm: u32,
    /// How long an unload lets scripts run on.
    pub drain_time: Duration,
    /// How often a running script can be interrupted.
    pub tick: Duration,
    /// How much lower scripts are scheduled.
    pub nice: i32,
    /// In order; the first that matches holds.
    pub rules: Vec<ProfileRule>,
    /// `trusted` and `third-party` are always there.
    pub profiles: Vec<ProfileSettings>,
}

impl SandboxSettings {
    /// The profile of that name.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&ProfileSettings> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// The name of the profile that a `<script>` chooses; `folder` is the one of scripts.
    #[must_use]
    pub fn profile_of(&self, folder: &Path, script: &str) -> Option<&str> {
        let relative = below(folder, script);
        let rule = self.rules.iter().find(|rule| glob_matches(&rule.pattern, &relative))?;
        Some(&rule.profile)
    }

    /// The largest memory that a profile grants, in bytes.
    #[must_use]
    pub fn largest_memory(&self) -> usize {
        self.profiles.iter().map(|profile| profile.limits.memory).max().unwrap_or_default()
    }

    pub(super) fn read(
        element: Option<&Element>,
        globals: &Variables,
        faults: &mut Vec<Fault>,
    ) -> Self {
        if let Some(element) = element {
            super::known_children(element, &["settings", "scripts", "profiles"], faults);
        }
        let settings = element.and_then(|element| element.child("settings"));
        let settings = Settings::read(settings, PARAMETERS, &[], faults);
        let mut number = |name, smallest: u64, largest: u64, unit: &str| {
            let right = format!("{smallest} to {largest}{unit}");
            let fits = |value: &u64| (smallest..=largest).contains(value);
            // The tables' defaults are read by a test.
            settings.parsed(name, &right, fits, faults).unwrap_or_default()
        };
        let instances = number("instances", 1, 100_000, " runs");
        let start_wait = number("start-wait", 0, 60_000, " ms");
        let stack = number("stack", 128, 8_192, " KiB");
        let warm = number("warm", 1, 100_000, " runs");
        let drain_time = number("drain-time", 0, 3_600, " seconds");
        let tick = number("tick", 1, 100, " ms");
        let nice = number("nice", 0, 19, "");

        let mut profiles =
            vec![(ProfileSettings::trusted(globals), None), (ProfileSettings::third_party(), None)];
        let lists = element.into_iter().flat_map(|element| element.children_named("profiles"));
        for list in lists {
            super::known_children(list, &["profile"], faults);
            for child in list.children_named("profile") {
                profile::read(child, &mut profiles, faults);
            }
        }
        let profiles: Vec<_> = profiles.into_iter().map(|(profile, _)| profile).collect();
        let mut rules = Vec::new();
        let lists = element.into_iter().flat_map(|element| element.children_named("scripts"));
        for list in lists {
            super::known_children(list, &["script"], faults);
            for child in list.children_named("script") {
                rules.extend(rule(child, &profiles, faults));
            }
        }
        Self {
            instances: u32::try_from(instances).unwrap_or(u32::MAX),
            start_wait: Duration::from_millis(start_wait),
            stack: usize::try_from(stack << 10).unwrap_or(usize::MAX),
            warm: u32::try_from(warm).unwrap_or(u32::MAX),
            drain_time: Duration::from_secs(drain_time),
            tick: Duration::from_millis(tick),
            nice: i32::try_from(nice).unwrap_or_default(),
            rules,
            profiles,
        }
    }
}

impl Default for SandboxSettings {
    /// What holds without a file; `trusted` has no folders then.
    fn default() -> Self {
        Self::read(None, &Variables::new(), &mut Vec::new())
    }
}

/// A script's path as patterns see it: below the folder of scripts if it is there, however it was
/// named. Otherwise `./a.lua` would run under another profile than `a.lua`.
pub(super) fn below(folder: &Path, script: &str) -> String {
    let (folder, path) = (plain(folder), plain(&folder.join(script)));
    path.strip_prefix(&folder).unwrap_or(&path).to_string_lossy().into_owned()
}

/// A path without `.`, `..` and empty parts. What a link leads to is not asked.
#[must_use]
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Tells of a `<script>` that names no profile there is. The rule stays: its scripts must not run
/// under another one.
pub(super) fn known_profile(
    element: &Element,
    name: &str,
    profiles: &[ProfileSettings],
    faults: &mut Vec<Fault>,
) {
    if profiles.iter().any(|profile| profile.name == name) {
        return;
    }
    let names: Vec<_> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    let message =
        format!("profile=\"{name}\" is not a profile of sandbox.conf.xml ({})", names.join(", "));
    let fault = Fault::error(element.place.clone(), message);
    faults.push(fault.so("scripts of this pattern cannot run"));
}

fn rule(
    element: &Element,
    profiles: &[ProfileSettings],
    faults: &mut Vec<Fault>,
) -> Option<ProfileRule> {
    let (Some(pattern), Some(profile)) =
        (element.attribute("pattern"), element.attribute("profile"))
    else {
        faults.push(Fault::error(
            element.place.clone(),
            "<script> needs a pattern and a profile: <script pattern=\"guests/*\" \
             profile=\"third-party\"/>",
        ));
        return None;
    };
    known_profile(element, profile, profiles, faults);
    Some(ProfileRule {
        pattern: pattern.to_owned(),
        profile: profile.to_owned(),
        place: element.place.clone(),
    })
}
