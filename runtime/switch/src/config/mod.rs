//! The configuration: FreeSWITCH's files as typed values.
//!
//! [`Configuration::load`] reads `freeswitch.xml` with all that it includes and collects every
//! [`Fault`] on the way: one wrong parameter, profile or extension never hides another, nor keeps the
//! rest from being used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod asr;
mod entry;
pub mod event_socket;
mod folders;
pub mod limit;
pub mod logfile;
pub mod lua;
mod network;
mod parameter;
pub mod permission;
pub mod profile;
pub mod sandbox;
pub mod sofia;
pub mod switch;
#[cfg(test)]
mod tests;
pub mod tts;

pub use asr::AsrSettings;
pub use entry::{EventHook, Restart, StartupScript, XmlHandler};
pub use event_socket::EventSocketSettings;
pub use folders::cache;
pub use limit::Limits;
pub use logfile::{LogFile, LogFileSettings};
pub use lua::{LuaSettings, ScriptRule};
pub use network::{Network, Networks};
pub use parameter::Parameter;
pub use permission::{Names, Permissions};
pub use profile::{OnEnd, ProfileSettings};
pub use sandbox::{ProfileRule, SandboxSettings, plain};
pub use sofia::SipProfile;
pub use switch::SwitchSettings;
pub use tts::TtsSettings;

use crate::dialplan::Dialplan;
use crate::ivr::Menus;
use crate::variable::Variables;
use crate::xml::{self, Element, Fault, Place};

/// The file that a configuration folder must have.
pub const ROOT: &str = "freeswitch.xml";

/// Every table of parameters with its file: what docs/configuration.md is made from.
pub const TABLES: &[(&str, &[Parameter])] = &[
    ("autoload_configs/switch.conf.xml", switch::PARAMETERS),
    ("sip_profiles/*.xml", sofia::PARAMETERS),
    ("autoload_configs/lua.conf.xml", lua::PARAMETERS),
    ("autoload_configs/event_socket.conf.xml", event_socket::PARAMETERS),
    ("autoload_configs/sandbox.conf.xml", sandbox::PARAMETERS),
    ("autoload_configs/tts_commandline.conf.xml", tts::PARAMETERS),
    ("autoload_configs/pocketsphinx.conf.xml", asr::PARAMETERS),
    ("autoload_configs/logfile.conf.xml", logfile::PARAMETERS),
];

/// All that the operator configured.
#[derive(Debug)]
pub struct Configuration {
    /// The whole tree, for what is not typed.
    pub root: Element,
    /// `switch.conf`.
    pub switch: SwitchSettings,
    /// The SIP profiles of `sofia.conf`.
    pub profiles: Vec<Arc<SipProfile>>,
    /// `lua.conf`.
    pub lua: LuaSettings,
    /// `sandbox.conf`.
    pub sandbox: SandboxSettings,
    /// `event_socket.conf`; none when there is no such file, and no event socket.
    pub event_socket: Option<EventSocketSettings>,
    /// `pocketsphinx.conf`; none when no speech is recognised.
    pub asr: Option<AsrSettings>,
    /// `tts_commandline.conf`; none when no command speaks.
    pub tts: Option<TtsSettings>,
    /// `logfile.conf`; no files when there is none.
    pub log_files: LogFileSettings,
    /// `acl.conf`.
    pub networks: Networks,
    /// The section `dialplan`.
    pub dialplan: Arc<Dialplan>,
    /// The section `chatplan`.
    pub chatplan: Arc<Dialplan>,
    globals: Variables,
}

impl Configuration {
    /// Reads the configuration folder. Blocks on the file system.
    ///
    /// With the configuration come its faults: warnings, and errors for what is left out.
    ///
    /// # Errors
    ///
    /// There is nothing to run with: no folder, no `freeswitch.xml`, or it is not XML. The last
    /// fault says which.
    pub fn load(folder: &Path) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        let mut faults = Vec::new();
        let path = folder.join(ROOT);
        if !folder.is_dir() {
            let place = Place::new(folder.to_string_lossy(), 0);
            return Err(vec![Fault::error(place, "there is no such configuration folder")]);
        }
        let mut globals = folders::globals(folder);
        match xml::load(&path, &mut globals, &mut faults) {
            Ok(root) => {
                let configuration = Self::read(root, globals, &mut faults);
                Ok((configuration, faults))
            }
            Err(fault) => {
                faults.push(fault);
                Err(faults)
            }
        }
    }

    /// A configuration from a tree that is there already.
    #[must_use]
    pub fn read(root: Element, globals: Variables, faults: &mut Vec<Fault>) -> Self {
        for section in root.children_named("section") {
            let name = section.attribute("name").unwrap_or_default();
            if !["configuration", "dialplan", "directory", "chatplan", "languages", "phrases"]
                .contains(&name)
            {
                let message =
                    format!("the section {name} is ignored; there are configuration and dialplan");
                faults.push(Fault::warning(section.place.clone(), message));
            }
        }
        let file = |name: &str| {
            sections(&root, "configuration")
                .flat_map(|section| section.children_named("configuration"))
                .find(|file| file.attribute("name") == Some(name))
        };
        let switch = SwitchSettings::read(file("switch.conf"), faults);
        let profiles = sofia::profiles(file("sofia.conf"), faults);
        let sandbox = SandboxSettings::read(file("sandbox.conf"), &globals, faults);
        let lua = LuaSettings::read(file("lua.conf"), &globals, &sandbox.profiles, faults);
        let log_files = LogFileSettings::read(file("logfile.conf"), &globals, faults);
        let networks = Networks::read(file("acl.conf"), faults);
        let event_socket = EventSocketSettings::read(file("event_socket.conf"), &networks, faults);
        if let Some(file) = file("ivr.conf") {
            // The application asks for it at each call; its faults are told here.
            let _ = Menus::read(file, faults);
        }
        let asr = AsrSettings::read(file("pocketsphinx.conf"), &globals, faults);
        let tts = TtsSettings::read(file("tts_commandline.conf"), &globals, faults);
        let dialplan = compiled(&root, "dialplan", faults);
        let chatplan = compiled(&root, "chatplan", faults);
        for profile in &profiles {
            if dialplan.context(&profile.context).is_err() {
                let message = format!(
                    "the SIP profile {} sends calls to the context {}, which the dialplan does not have",
                    profile.name, profile.context
                );
                faults.push(Fault::warning(profile.place.clone(), message));
            }
        }
        Self {
            root,
            switch,
            profiles,
            lua,
            sandbox,
            event_socket,
            asr,
            tts,
            log_files,
            networks,
            dialplan,
            chatplan,
            globals,
        }
    }

    /// The global variables as the files set them.
    #[must_use]
    pub const fn globals(&self) -> &Variables {
        &self.globals
    }

    /// How events name this server, when it is set.
    #[must_use]
    pub fn switchname(&self) -> Option<&str> {
        self.switch.switchname.as_deref()
    }

    /// Legs at the same time.
    #[must_use]
    pub const fn max_sessions(&self) -> usize {
        self.switch.max_sessions
    }

    /// New calls in a second.
    #[must_use]
    pub const fn sessions_per_second(&self) -> u32 {
        self.switch.sessions_per_second
    }

    /// The SIP profile of that name.
    #[must_use]
    pub fn sip_profile(&self, name: &str) -> Option<Arc<SipProfile>> {
        self.profiles.iter().find(|profile| profile.name == name).cloned()
    }

    /// The folder of scripts: the global variable `script_dir`.
    #[must_use]
    pub fn scripts(&self) -> PathBuf {
        self.lua.folder.clone()
    }
}

/// The plan in all sections of that name, which count as one, in order.
fn compiled(root: &Element, name: &str, faults: &mut Vec<Fault>) -> Arc<Dialplan> {
    let mut plan = Element::empty("section", root.place.clone());
    for section in sections(root, name) {
        plan.children.extend(section.children.iter().cloned());
    }
    Arc::new(Dialplan::compile(&plan, faults))
}

fn sections<'r>(root: &'r Element, name: &'r str) -> impl Iterator<Item = &'r Element> {
    root.children_named("section").filter(move |section| section.attribute("name") == Some(name))
}

/// Tells of elements that a file does not have.
fn known_children(element: &Element, known: &[&str], faults: &mut Vec<Fault>) {
    for child in element.children.iter().filter(|child| !known.contains(&child.name.as_str())) {
        faults.push(Fault::warning(
            child.place.clone(),
            format!("<{}> is ignored here; there are {}", child.name, known.join(", ")),
        ));
    }
}
