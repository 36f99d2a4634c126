//! A server whose scripts have one profile.

use std::{path::PathBuf, time::SystemTime};

use ringfence_host::{LuaConfiguration, LuaVersion, Scripts};
use ringfence_media::Media;
use ringfence_rim::{Clock, Network};
use ringfence_switch::{
    Setup, Switch,
    config::Configuration,
    variable::Variables,
    xml::{self, Assembled},
};
use tempfile::TempDir;

pub struct Profiled {
    folder: TempDir,
    pub switch: Switch,
    _scripts: Scripts,
}

impl Profiled {
    /// In `configuration` stand `PARAMETERS`, for those of the profile, and `DIR`, for the server's
    /// folder; `folders` of it are global variables.
    pub async fn start(
        folder: TempDir,
        configuration: &str,
        folders: &[(&str, &str)],
        version: LuaVersion,
        parameters: &[(&str, &str)],
        now: SystemTime,
    ) -> Self {
        let directory = folder.path().to_str().unwrap();
        let parameters: String = parameters
            .iter()
            .map(|(name, value)| format!("<param name=\"{name}\" value=\"{value}\"/>\n"))
            .collect();
        let mut assembled = Assembled::default();
        assembled.text = configuration.replace("PARAMETERS", &parameters).replace("DIR", directory);
        let root = xml::parse(&assembled).unwrap();
        let mut globals = Variables::new();
        for (name, value) in folders {
            globals.set(name, format!("{directory}/{value}")).unwrap();
        }
        let mut faults = Vec::new();
        let configuration = Configuration::read(root, globals, &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        let lua = LuaConfiguration::from_settings(&configuration.lua, &configuration.sandbox)
            .with_version(version);
        let media = Media::simulated(ringfence_media::Config::default(), Network::new()).unwrap();
        let switch = Switch::new(Setup {
            configuration,
            directory: None,
            sip: None,
            media,
            clock: Clock::simulated(now),
            hostname: "localhost".to_owned(),
        });
        let scripts = Scripts::new(switch.clone(), super::sandbox(), lua);
        scripts.prepare().await.unwrap();
        Self { folder, switch, _scripts: scripts }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A script with the server's folder in place of `DIR`.
    pub fn local(&self, code: &str) -> String {
        code.replace("DIR", self.folder.path().to_str().unwrap())
    }
}
