//! `autoload_configs/logfile.conf.xml`: log files.
//!
//! ```xml
//! <configuration name="logfile.conf">
//!   <settings>
//!     <param name="rotate-on-hup" value="true"/>
//!   </settings>
//!   <profiles>
//!     <profile name="default">
//!       <settings>
//!         <param name="logfile" value="/var/log/ringfence.log"/>
//!         <param name="rollover" value="10485760"/>
//!         <param name="format" value="json"/>
//!       </settings>
//!     </profile>
//!   </profiles>
//! </configuration>
//! ```

use std::path::PathBuf;

use super::known_children;
use super::parameter::{Parameter, Settings};
use crate::log::Level;
use crate::variable::Variables;
use crate::xml::{Element, Fault, Place};

/// The parameters of logfile.conf: `rotate-on-hup` stands in its `<settings>`, the others in those of
/// a `<profile>`. All are read at the start only.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::one(
        "rotate-on-hup",
        "true",
        "true or false",
        "Whether SIGHUP begins new files. One that was moved away is made again in any case.",
    ),
    Parameter::one(
        "logfile",
        "ringfence.log",
        "path",
        "Where lines go; below the global variable `log_dir` unless it begins with `/`.",
    ),
    Parameter::one(
        "rollover",
        "10485760",
        "bytes",
        "A file that would become larger gets `.1` behind its name, `.1` becomes `.2`, and a new one \
         begins. 0 never does.",
    ),
    Parameter::one(
        "maximum-rotate",
        "10",
        "files",
        "Older files that are kept, at most 1000; the oldest is deleted.",
    ),
    Parameter::one("format", "text", "text or json", "What a line looks like."),
    Parameter::one(
        "loglevel",
        "trace",
        "console, alert, crit, err, warning, notice, info, debug or trace",
        "The least urgent lines that the file gets, of those that are logged.",
    ),
];

/// Parameters of FreeSWITCH's logfile.conf that mean nothing here: each line has its call.
const IGNORED: &[&str] = &["uuid"];

/// Files of one log that are kept; more names than this nobody looks through.
const MAX_KEPT: usize = 1_000;

/// Log files.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LogFileSettings {
    /// One a `<profile>`.
    pub files: Vec<LogFile>,
    /// SIGHUP begins new files.
    pub rotate_on_hup: bool,
}

/// One of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogFile {
    /// Where lines go.
    pub path: PathBuf,
    /// The most it takes, in bytes; 0 is no limit.
    pub rollover: u64,
    /// Older files that are kept.
    pub keep: usize,
    /// One JSON object a line.
    pub json: bool,
    /// The least urgent lines that it gets.
    pub level: Level,
    /// Where it is configured.
    pub place: Place,
}

impl LogFileSettings {
    pub(super) fn read(
        element: Option<&Element>,
        globals: &Variables,
        faults: &mut Vec<Fault>,
    ) -> Self {
        let Some(element) = element else { return Self::default() };
        known_children(element, &["settings", "profiles"], faults);
        let settings = Settings::read(element.child("settings"), PARAMETERS, IGNORED, faults);
        let rotate_on_hup = flag(&settings, "rotate-on-hup", faults);
        let profiles = element.children_named("profiles");
        let profiles = profiles.flat_map(|profiles| profiles.children_named("profile"));
        let mut files: Vec<LogFile> = Vec::new();
        for profile in profiles {
            let file = file(profile, globals, faults);
            if files.iter().any(|known| known.path == file.path) {
                let path = file.path.display();
                let message = format!("{path} is written by an earlier profile already");
                let fault = Fault::error(profile.place.clone(), message);
                faults.push(fault.so("this one is left out"));
            } else {
                files.push(file);
            }
        }
        Self { files, rotate_on_hup }
    }
}

fn file(profile: &Element, globals: &Variables, faults: &mut Vec<Fault>) -> LogFile {
    known_children(profile, &["settings", "mappings"], faults);
    let settings = Settings::read(profile.child("settings"), PARAMETERS, IGNORED, faults);
    let folder = globals.text("log_dir").unwrap_or_default().into_owned();
    let name = settings.text("logfile").unwrap_or_default();
    let right = "a level, console to trace";
    let wanted = settings.parsed("loglevel", right, |text: &String| known(text), faults);
    let set = settings.place("loglevel").is_some();
    let level = wanted.and_then(|text| Level::parse(&text)).unwrap_or(Level::Trace);
    let mapped = profile.children_named("mappings").flat_map(|list| list.children_named("map"));
    let mapped = mapped.filter_map(|map| mapped_level(map, faults)).last();
    LogFile {
        path: PathBuf::from(folder).join(name),
        rollover: settings
            .parsed("rollover", "a number of bytes", |_| true, faults)
            .unwrap_or_default(),
        keep: settings
            .parsed(
                "maximum-rotate",
                &format!("a number of files, at most {MAX_KEPT}"),
                |files| *files <= MAX_KEPT,
                faults,
            )
            .unwrap_or_default(),
        json: settings
            .parsed("format", "text or json", |text: &String| format(text), faults)
            .is_some_and(|format| format == "json"),
        level: if set { level } else { mapped.unwrap_or(level) },
        place: profile.place.clone(),
    }
}

fn known(level: &str) -> bool {
    Level::parse(level).is_some_and(|level| level != Level::Disable)
}

fn format(text: &str) -> bool {
    matches!(text, "text" | "json")
}

fn flag(settings: &Settings<'_>, name: &'static str, faults: &mut Vec<Fault>) -> bool {
    settings.parsed(name, "true or false", |_| true, faults).unwrap_or(true)
}

/// FreeSWITCH's `<map name="all" value="notice,warning"/>`: the least urgent of its levels and all
/// that are more urgent.
fn mapped_level(map: &Element, faults: &mut Vec<Fault>) -> Option<Level> {
    if map.attribute("name") != Some("all") {
        faults.push(Fault::warning(
            map.place.clone(),
            "only <map name=\"all\" …> is known here: what is logged of a part of the server is said \
             by the command loglevel, as loglevel sip=debug",
        ));
        return None;
    }
    let levels = map.attribute("value").unwrap_or_default().split(',').map(str::trim);
    let mut least = None;
    for word in levels.filter(|word| !word.is_empty()) {
        match Level::parse(word) {
            Some(level) => least = least.max(Some(level)),
            None if word == "all" => least = Some(Level::Debug),
            None => {
                let message = format!("{word:?} is no level; it is ignored");
                faults.push(Fault::warning(map.place.clone(), message));
            }
        }
    }
    least
}
