//! The script of a run: how it is named, granted and started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use ringfence_host::{LuaConfiguration, LuaVersion};
use ringfence_switch::application::{Application, Flags};
use ringfence_switch::config::Configuration;
use ringfence_switch::{Failure, Module, Session, Switch};

use super::configuration::APPLICATION;
use super::{CPU, Plan, RunError, variables};

/// A script, as the application `lua` is told of it.
#[derive(Debug)]
pub(super) struct Script {
    /// What it is named from: where it lies, or the folder of scripts that it lies below; the working folder
    /// for code from the command line.
    folder: PathBuf,
    /// Its name, or `~code`.
    name: String,
    /// Its arguments, as they follow the name.
    arguments: String,
}

/// The call that the script serves, as seen when it began.
#[derive(Clone, Debug, Default)]
pub(super) struct Served(Arc<Mutex<Option<Call>>>);

#[derive(Debug)]
struct Call {
    session: Session,
    before: BTreeMap<String, String>,
}

impl Script {
    /// What a plan names.
    pub(super) fn new(plan: &Plan) -> Result<Self, RunError> {
        if plan.script.starts_with('~') {
            let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
            return Ok(Self { folder, name: plan.script.clone(), arguments: String::new() });
        }
        if plan.script.is_empty() {
            return Err(RunError::Script("no script: name a file, or write ~code".to_owned()));
        }
        let path = std::path::absolute(&plan.script)
            .map_err(|error| RunError::Script(format!("{}: {error}", plan.script)))?;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(RunError::Script(format!("{} is no file", path.display())));
        };
        let name = name.to_string_lossy();
        if name.contains(char::is_whitespace) {
            return Err(RunError::Script(format!(
                "{}: the dialplan cannot name a script with a blank in its name",
                path.display()
            )));
        }
        let arguments = plan.arguments.iter().map(|argument| format!(" {}", quoted(argument)));
        let arguments = arguments.collect();
        Ok(Self { folder: folder.to_path_buf(), name: name.into_owned(), arguments })
    }

    /// The script as a server names it whose scripts are in that folder, when it lies below: patterns of
    /// lua.conf.xml and sandbox.conf.xml then choose the same version and profile. Asks the file system.
    pub(super) fn below(self, scripts: &Path) -> Self {
        let real = self.folder.join(&self.name).canonicalize();
        let Ok((real, scripts)) = real.and_then(|real| Ok((real, scripts.canonicalize()?))) else {
            return self;
        };
        match real.strip_prefix(&scripts).ok().and_then(Path::to_str) {
            Some(name) if !name.contains(char::is_whitespace) => {
                Self { name: name.to_owned(), folder: scripts, ..self }
            }
            _ => self,
        }
    }

    /// The folder that it lies in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it is granted: what the configuration says, and to read its own folder.
    pub(super) fn lua(
        &self,
        configuration: &Configuration,
        version: Option<LuaVersion>,
    ) -> LuaConfiguration {
        let lua = LuaConfiguration::from_settings(&configuration.lua, &configuration.sandbox);
        // A script is named by its file, wherever it is.
        let lua = lua.in_folder(&self.folder).within(CPU);
        match version {
            Some(version) => lua.with_version(version),
            None => lua,
        }
    }

    /// Registers the application that sets the variables and starts the script.
    pub(super) fn register(&self, switch: &Switch, variables: Vec<(String, String)>) -> Served {
        let served = Served::default();
        let (call, line) = (served.clone(), format!("{}{}", self.name, self.arguments));
        switch.register(Module {
            name: "ringfence_run",
            applications: vec![Application::new(
                APPLICATION,
                "",
                "Starts the script of an offline run",
                "Sets the variables of `--var` and runs the script, as the application `lua` does.",
                Flags::NOMEDIA,
                move |session, _| serve(call.clone(), session, variables.clone(), line.clone()),
            )],
            ..Module::default()
        });
        served
    }
}

/// Prepares the call and runs the script on it.
async fn serve(
    served: Served,
    session: Session,
    set: Vec<(String, String)>,
    line: String,
) -> Result<(), Failure> {
    if served.0.lock().is_some() {
        // Another call in this context, as that of `loopback/1000`: only the first one is the script's.
        let number = session.profile().destination_number;
        return session.transfer(&number, Some("XML"), Some("default"));
    }
    for (name, value) in &set {
        session
            .set_variable(name, Some(value))
            .map_err(|refused| Failure::Invalid(format!("--var {name}: {refused}")))?;
    }
    let before = variables::copy(&session.variables());
    *served.0.lock() = Some(Call { session: session.clone(), before });
    session.execute("lua", &line).await
}

impl Served {
    /// The variables that are different now.
    pub(super) fn changed(&self) -> BTreeMap<String, String> {
        match &*self.0.lock() {
            Some(call) => {
                variables::changed(&call.before, variables::copy(&call.session.variables()))
            }
            None => BTreeMap::new(),
        }
    }

    /// Why it was hung up.
    pub(super) fn cause(&self) -> Option<String> {
        self.0.lock().as_ref().map(|call| call.session.hangup_cause().name().to_owned())
    }
}

/// An argument as the application `lua` reads it back.
fn quoted(argument: &str) -> String {
    let mut text = String::with_capacity(argument.len() + 2);
    text.push('\'');
    for character in argument.chars() {
        match character {
            '\'' | '\\' => text.extend(['\\', character]),
            other => text.push(other),
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_from_the_folder_of_scripts() {
        let folder = tempfile::tempdir().unwrap();
        let scripts = folder.path().canonicalize().unwrap();
        std::fs::create_dir(scripts.join("shop")).unwrap();
        std::fs::write(scripts.join("shop/ivr.lua"), "").unwrap();
        let script = || Script {
            folder: scripts.join("shop"),
            name: "ivr.lua".to_owned(),
            arguments: " 'a'".to_owned(),
        };
        let below = script().below(&scripts);
        assert_eq!((below.name.as_str(), below.folder()), ("shop/ivr.lua", &*scripts));
        let elsewhere = script().below(Path::new("/nowhere"));
        assert_eq!(
            (elsewhere.name.as_str(), elsewhere.folder()),
            ("ivr.lua", &*scripts.join("shop"))
        );
    }

    #[test]
    fn arguments_are_quoted_so_that_they_come_back() {
        assert_eq!(quoted("plain"), "'plain'");
        assert_eq!(quoted("two words"), "'two words'");
        assert_eq!(quoted(r"it's a \"), r"'it\'s a \\'");
    }
}
