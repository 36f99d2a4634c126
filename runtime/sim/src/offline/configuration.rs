//! The configuration of an offline run, made in memory.
//!
//! With a configuration folder everything of it is there, so that a script finds its sounds and may
//! transfer to its neighbours. What faces outwards is replaced: one SIP profile on the network in
//! memory, whose calls come to one extension.

use std::path::Path;

use ringfence_switch::config::Configuration;
use ringfence_switch::variable::Variables;
use ringfence_switch::xml::{self, Assembled, Element, Fault};

use super::RunError;

/// The switch's address on the network in memory (RFC 5737: of no real network).
pub(super) const SWITCH: [u8; 4] = [192, 0, 2, 1];
/// The phone's address.
pub(super) const PHONE: [u8; 4] = [192, 0, 2, 2];
/// The switch's SIP profile.
pub(super) const PROFILE: &str = "internal";
/// The application that prepares the call and starts the script.
pub(super) const APPLICATION: &str = "ringfence_run";

/// What faces outwards. Its context has a name that no dialplan will use.
const OUTSIDE: &str = r#"<document type="freeswitch/xml">
  <section name="configuration">
    <configuration name="sofia.conf"><profiles><profile name="internal"><settings>
      <param name="sip-ip" value="192.0.2.1"/>
      <param name="sip-port" value="5060"/>
      <param name="dialplan" value="XML"/>
      <param name="context" value="ringfence-run"/>
    </settings></profile></profiles></configuration>
  </section>
  <section name="dialplan">
    <context name="ringfence-run">
      <extension name="script"><condition><action application="ringfence_run"/></condition></extension>
    </context>
  </section>
</document>"#;

/// The configuration of a run whose script lies in `scripts`; `folder` is the configuration that it
/// belongs to. Blocks on the file system.
pub(super) fn read(folder: Option<&Path>, scripts: &Path) -> Result<Configuration, RunError> {
    let (mut root, globals) = match folder {
        Some(folder) => {
            let (loaded, _) = Configuration::load(folder).map_err(RunError::Configuration)?;
            (loaded.root.clone(), loaded.globals().clone())
        }
        None => (empty()?, folders(scripts)),
    };
    for section in root.children.iter_mut().filter(|child| child.name == "section") {
        section.children.retain(|child| child.attribute("name") != Some("sofia.conf"));
    }
    root.children.extend(parse(OUTSIDE)?.children);
    // What is wrong with a configuration is told by `ringfence check`; the run uses the rest.
    Ok(Configuration::read(root, globals, &mut Vec::new()))
}

fn empty() -> Result<Element, RunError> {
    parse("<document type=\"freeswitch/xml\"/>")
}

fn parse(text: &str) -> Result<Element, RunError> {
    let mut assembled = Assembled::default();
    text.clone_into(&mut assembled.text);
    xml::parse(&assembled).map_err(|fault: Fault| RunError::Configuration(vec![fault]))
}

/// The global variables without a configuration: the script's folder is all there is, and the temporary
/// one for what scripts put together with the name of a folder that FreeSWITCH always has.
fn folders(scripts: &Path) -> Variables {
    let scripts = scripts.to_string_lossy();
    let databases = format!("{scripts}/db");
    let temporary = std::env::temp_dir();
    let temporary = temporary.to_string_lossy();
    let address = std::net::Ipv4Addr::from(SWITCH).to_string();
    let mut globals = Variables::new();
    for (name, value) in [
        ("hostname", "localhost"),
        ("base_dir", &*scripts),
        ("conf_dir", &*scripts),
        ("script_dir", &*scripts),
        ("db_dir", &*databases),
        ("sounds_dir", &*scripts),
        ("recordings_dir", &*temporary),
        ("storage_dir", &*temporary),
        ("temp_dir", &*temporary),
        ("domain", &*address),
        ("domain_name", &*address),
    ] {
        // The names are ours: this cannot be refused.
        let _ = globals.set(name, value);
    }
    globals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_profile_and_one_extension() {
        for folder in [None, Some(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../conf")))] {
            let configuration = read(folder, Path::new("/scripts")).unwrap();
            let profiles: Vec<_> = configuration
                .profiles
                .iter()
                .map(|profile| (&*profile.name, profile.listen))
                .collect();
            assert_eq!(profiles, [(PROFILE, (SWITCH, 5060).into())]);
            let context = &configuration.profiles[0].context;
            assert!(configuration.dialplan.context(context).is_ok());
            assert!(configuration.dialplan.actions().any(|(name, ..)| name == APPLICATION));
            assert_eq!(configuration.dialplan.context("default").is_ok(), folder.is_some());
        }
    }
}
