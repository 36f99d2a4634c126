//! A copy of `conf/` that a test may change.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::binary::repository;
use crate::ports;

/// A configuration folder of one test: `conf/` as shipped, on free ports. Removed with the test.
pub struct Configuration {
    folder: TempDir,
    /// The SIP port, UDP and TCP.
    pub port: u16,
    /// The event socket's port.
    pub event_socket: u16,
}

impl Default for Configuration {
    fn default() -> Self {
        Self::shipped()
    }
}

impl Configuration {
    /// `conf/` as shipped, on a free port.
    pub fn shipped() -> Self {
        let folder = tempfile::Builder::new().prefix("ringfence-test-").tempdir().unwrap();
        copy(&repository().join("conf"), folder.path());
        let configuration = Self { folder, port: ports::free(), event_socket: ports::free() };
        let port = format!("internal_sip_port={}", configuration.port);
        configuration.replace("vars.xml", "internal_sip_port=5060", &port);
        // Beside the configuration would be the folder of all tests.
        let folder = "<X-PRE-PROCESS cmd=\"set\" data=\"db_dir=$${conf_dir}/db\"/>\n</include>";
        configuration.replace("vars.xml", "</include>", folder);
        let port = format!("\"{}\"", configuration.event_socket);
        configuration.replace("autoload_configs/event_socket.conf.xml", "\"8021\"", &port);
        configuration
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Puts a file there.
    pub fn write(&self, name: &str, text: &str) -> &Self {
        fs::create_dir_all(self.file(name).parent().unwrap()).unwrap();
        fs::write(self.file(name), text).unwrap();
        self
    }

    /// Changes a file; fails the test when `from` is not there.
    pub fn replace(&self, name: &str, from: &str, to: &str) -> &Self {
        let text = fs::read_to_string(self.file(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        self.write(name, &text.replace(from, to))
    }

    /// Makes the English sounds whose names begin so; no others are there.
    pub fn sounds(&self, beginnings: &[&str]) -> &Self {
        let make = repository().join("conf/sounds/english.sh");
        let folder = self.file("sounds/en/us/espeak");
        let made = std::process::Command::new(make).arg(folder).args(beginnings).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self
    }

    /// Puts a script into the scripts folder.
    pub fn script(&self, name: &str, text: &str) -> &Self {
        self.write(&format!("scripts/{name}"), text)
    }

    /// Adds an extension with these `<action>`s.
    pub fn extension(&self, number: &str, actions: &str) -> &Self {
        let text = format!(
            r#"<include>
  <extension name="test_{number}">
    <condition field="destination_number" expression="^{number}$">
      {actions}
    </condition>
  </extension>
</include>
"#
        );
        // The number may be a pattern.
        let name: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
        self.write(&format!("dialplan/default/test_{name}.xml"), &text)
    }

    /// An extension that runs a script: `extension` and [`Self::script`] in one.
    pub fn lua(&self, number: &str, text: &str) -> &Self {
        self.script(&format!("test_{number}.lua"), text)
            .extension(number, &format!(r#"<action application="lua" data="test_{number}.lua"/>"#))
    }

    /// The same, and then the dialplan goes on and writes what the call was told about its script
    /// into the log, as [`Server::told`](crate::Server::told) reads it.
    pub fn lua_and_tell(&self, number: &str, text: &str) -> &Self {
        self.script(&format!("test_{number}.lua"), text).extension(
            number,
            &format!(
                r#"<action application="lua" data="test_{number}.lua"/>
      <action application="log" data="CONSOLE [told {number}] call=${{uuid}} result=${{script_result}} job=${{script_job}} error=${{script_error}}"/>"#
            ),
        )
    }

    /// Adds a script profile, `trusted` but for these parameters, and gives it to the scripts that
    /// the pattern fits.
    pub fn profile(&self, name: &str, pattern: &str, parameters: &[(&str, &str)]) -> &Self {
        let file = "autoload_configs/sandbox.conf.xml";
        let parameters: String = parameters
            .iter()
            .map(|(name, value)| format!("        <param name=\"{name}\" value=\"{value}\"/>\n"))
            .collect();
        let profile =
            format!("  <profile name=\"{name}\" base=\"trusted\">\n{parameters}      </profile>\n");
        let script = format!("  <script pattern=\"{pattern}\" profile=\"{name}\"/>\n");
        self.replace(file, "</profiles>", &format!("{profile}    </profiles>")).replace(
            file,
            "</scripts>",
            &format!("{script}    </scripts>"),
        )
    }

    /// Sets a parameter of `switch.conf.xml`.
    pub fn setting(&self, name: &str, value: &str) -> &Self {
        self.set("switch", name, value)
    }

    /// Sets a parameter in the `<settings>` of `autoload_configs/<file>.conf.xml`.
    pub fn set(&self, file: &str, name: &str, value: &str) -> &Self {
        let file = &format!("autoload_configs/{file}.conf.xml");
        let text = fs::read_to_string(self.file(file)).unwrap();
        let without: Vec<&str> =
            text.lines().filter(|line| !line.contains(&format!("name=\"{name}\""))).collect();
        let with = without.join("\n").replace(
            "</settings>",
            &format!("  <param name=\"{name}\" value=\"{value}\"/>\n    </settings>"),
        );
        self.write(file, &with)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().ends_with("sounds/en/us") {
            // Made, not shipped; `sounds` makes what a test needs.
        } else if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
