//! What a script may do: the one table of permissions.
//!
//! Nothing is permitted that is not named. docs/sandbox.md is made from [`PERMISSIONS`].

use std::path::PathBuf;

use super::parameter::{Parameter, Settings};
use crate::variable::Variables;
use crate::xml::{Fault, glob_matches};

/// Everything: in a list of names, and in place of a folder.
pub const ALL: &str = "*";

/// A permission of script profiles; each may stand more than once, and is empty in `third-party`.
#[derive(Clone, Copy, Debug)]
pub struct Permission {
    /// Its parameter.
    pub parameter: Parameter,
    /// What `trusted` has, as docs/sandbox.md says it.
    pub trusted: &'static str,
}

/// Every permission of a profile.
pub const PERMISSIONS: &[Permission] = &[
    Permission {
        parameter: Parameter::many(
            "read",
            "folder",
            "Files in it may be read: `io`, `require`, `dofile`, and played.",
        ),
        trusted: "`$${script_dir}`, `$${sounds_dir}`",
    },
    Permission {
        parameter: Parameter::many(
            "write",
            "folder",
            "Files in it may be read, written, made and deleted, and recorded to.",
        ),
        trusted: "`$${recordings_dir}`, `$${temp_dir}`",
    },
    Permission {
        parameter: Parameter::many(
            "play",
            "folder",
            "Audio files in it may be played, also where `io` may not read. `*` is every folder.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "record",
            "folder",
            "It may be recorded to, also where `io` may not write. `*` is every folder.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "api",
            "command, with `*` and `?`",
            "API commands, also those in `${command(arguments)}`. `user_data`, `find_user_xml` and \
             `xml_locate` tell users' passwords.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "application",
            "application, with `*` and `?`",
            "Applications of `session:execute`. `session:transfer` needs `transfer`.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "global-variable",
            "name, with `*` and `?`",
            "Variables of the whole server that may be set. All may be read.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "database",
            "name, with `*` and `?`",
            "Databases of `freeswitch.Dbh` and `luasql`: `sqlite:///full/path`, \
             `pgsql://user@host:port/name`, `odbc://source`. Links in a path are followed first. \
             Other files cannot be attached unless it is `*`.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "shell",
            "program, or program with arguments, with `*` and `?`",
            "Commands of the system: `os.execute`, `io.popen`, `system`. Those of a list are run without a \
             shell; `*` is every command, by `/bin/sh`.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "http",
            "host or host:port, with `*` and `?`",
            "Servers that may be asked by HTTP: `socket.http`, `ssl.https`, `curl`. An IPv6 address stands \
             without brackets.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "email",
            "address, with `*` and `?`",
            "Addresses that mail may be sent to: `freeswitch.email`. Unless it is `*`, they are plain, \
             and the headers may name no others.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "originate",
            "dial string of a leg, with `*` and `?`",
            "Calls that may be made, without `{…}` and `[…]`: as `sofia/gateway/home/*`. By \
             `freeswitch.Session`, `session:originate`, and by applications and commands. The variable \
             `sip_route_uri` leads elsewhere; it needs `sip_route_uri=<uri>` in the list.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "call",
            "uuid, with `*` and `?`",
            "Calls of others that `freeswitch.Session` may take hold of.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "fire",
            "event, or `CUSTOM` and a subclass, with `*` and `?`",
            "Events that may be fired, as `CUSTOM myapp::*`.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "consume",
            "event, `all`, or `CUSTOM` and a subclass, with `*` and `?`",
            "Events of the server that an EventConsumer may get; they tell of all calls.",
        ),
        trusted: "`*`",
    },
    Permission {
        parameter: Parameter::many(
            "environment",
            "name or name=value",
            "A variable that os.getenv sees: the server's, or this value.",
        ),
        trusted: "",
    },
];

/// What a profile's scripts may do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Permissions {
    /// Folders that may be read.
    pub read: Vec<PathBuf>,
    /// Folders that may be read and written.
    pub write: Vec<PathBuf>,
    /// Folders that may be played from, besides.
    pub play: Vec<PathBuf>,
    /// Folders that may be recorded to, besides.
    pub record: Vec<PathBuf>,
    /// API commands.
    pub api: Names,
    /// Applications.
    pub application: Names,
    /// Global variables that may be set.
    pub global_variable: Names,
    /// Databases, by their full names.
    pub database: Names,
    /// Commands of the system.
    pub shell: Names,
    /// Servers that may be asked by HTTP.
    pub http: Names,
    /// Addresses that mail may be sent to.
    pub email: Names,
    /// Calls that may be made.
    pub originate: Names,
    /// Calls of others that may be taken hold of.
    pub call: Names,
    /// Events that may be fired.
    pub fire: Names,
    /// Events that may be consumed.
    pub consume: Names,
    /// What os.getenv sees.
    pub environment: Vec<(String, String)>,
}

/// Names with `*` and `?`; a name that none of them matches is refused.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names(pub Vec<String>);

impl Names {
    /// Every name.
    #[must_use]
    pub fn all() -> Self {
        Self(vec![ALL.to_owned()])
    }

    /// Whether they are every name.
    #[must_use]
    pub fn all_names(&self) -> bool {
        self.0.iter().any(|pattern| pattern == ALL)
    }

    /// Whether a name is one of them, without regard to case as FreeSWITCH's names.
    #[must_use]
    pub fn contain(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.0.iter().any(|pattern| glob_matches(&pattern.to_ascii_lowercase(), &name))
    }

    /// Whether a name is one of them, to the letter: files are told apart by it.
    #[must_use]
    pub fn contain_exactly(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| glob_matches(pattern, name))
    }
}

impl Permissions {
    /// What the operator's own scripts need.
    #[must_use]
    pub fn trusted(globals: &Variables) -> Self {
        let folders = |names: &[&str]| {
            let texts = names.iter().filter_map(|name| globals.text(name));
            texts.filter(|text| !text.is_empty()).map(|text| PathBuf::from(&*text)).collect()
        };
        Self {
            read: folders(&["script_dir", "sounds_dir"]),
            write: folders(&["recordings_dir", "temp_dir"]),
            play: vec![PathBuf::from(ALL)],
            record: vec![PathBuf::from(ALL)],
            api: Names::all(),
            application: Names::all(),
            global_variable: Names::all(),
            database: Names::all(),
            shell: Names::all(),
            http: Names::all(),
            email: Names::all(),
            originate: Names::all(),
            call: Names::all(),
            fire: Names::all(),
            consume: Names::all(),
            environment: Vec::new(),
        }
    }

    /// Whether nothing that host calls look at is refused. (Folders of `io`, and the environment, are
    /// the sandbox's.)
    #[must_use]
    pub fn everything(&self) -> bool {
        let names = [
            &self.api,
            &self.application,
            &self.global_variable,
            &self.database,
            &self.shell,
            &self.http,
            &self.email,
            &self.originate,
            &self.call,
            &self.fire,
            &self.consume,
        ];
        names.iter().all(|names| names.all_names()) && every(&self.play) && every(&self.record)
    }

    /// Takes the lists that are set, each as a whole; the rest stays.
    pub(super) fn read(&mut self, settings: &Settings<'_>, faults: &mut Vec<Fault>) {
        let lists = [
            ("read", &mut self.read, false),
            ("write", &mut self.write, false),
            ("play", &mut self.play, true),
            ("record", &mut self.record, true),
        ];
        for (name, list, may_be_all) in lists {
            if settings.set(name).is_some() {
                *list = folders(settings, name, may_be_all, faults);
            }
        }
        let lists = [
            ("api", &mut self.api),
            ("application", &mut self.application),
            ("global-variable", &mut self.global_variable),
            ("database", &mut self.database),
            ("shell", &mut self.shell),
            ("http", &mut self.http),
            ("email", &mut self.email),
            ("originate", &mut self.originate),
            ("call", &mut self.call),
            ("fire", &mut self.fire),
            ("consume", &mut self.consume),
        ];
        for (name, list) in lists {
            if settings.set(name).is_some() {
                *list = Names(settings.all(name));
            }
        }
        if settings.set("environment").is_some() {
            let items = settings.all("environment").into_iter();
            self.environment = items
                .filter_map(|item| match item.split_once('=') {
                    Some((name, value)) => Some((name.to_owned(), value.to_owned())),
                    None => std::env::var(&item).ok().map(|value| (item, value)),
                })
                .collect();
        }
    }
}

/// Whether a list of folders is `*`.
#[must_use]
pub fn every(folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| folder.as_os_str() == ALL)
}

/// The folders of a parameter; those that mean none are left out with a fault.
fn folders(
    settings: &Settings<'_>,
    name: &'static str,
    may_be_all: bool,
    faults: &mut Vec<Fault>,
) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (value, place) in settings.each(name).filter(|(value, _)| !value.is_empty()) {
        if value.starts_with('/') || (may_be_all && value == ALL) {
            folders.push(PathBuf::from(value));
        } else {
            let or = if may_be_all { ", or *" } else { "" };
            let message = format!("{name}=\"{value}\" is not a folder's full path{or}");
            faults.push(Fault::error(place.clone(), message).so("it is left out"));
        }
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_without_regard_to_case() {
        let names = Names(vec!["uuid_*".to_owned(), "Status".to_owned()]);
        for granted in ["uuid_kill", "UUID_dump", "status"] {
            assert!(names.contain(granted), "{granted}");
        }
        for refused in ["uuid", "xuuid_kill", "", "status "] {
            assert!(!names.contain(refused), "{refused}");
        }
        assert!(Names::all().contain("anything"));
        assert!(!Names::default().contain("anything"));
    }
}
