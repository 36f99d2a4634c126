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
    /// Where it lies; the working folder for code from the command line.
    folder: PathBuf,
    /// The data of the application `lua`.
    line: String,
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
            return Ok(Self { folder, line: plan.script.clone() });
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
        let mut line = name.into_owned();
        for argument in &plan.arguments {
            line.push(' ');
            line.push_str(&quoted(argument));
        }
        Ok(Self { folder: folder.to_path_buf(), line })
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
        let (call, line) = (served.clone(), self.line.clone());
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
    fn arguments_are_quoted_so_that_they_come_back() {
        assert_eq!(quoted("plain"), "'plain'");
        assert_eq!(quoted("two words"), "'two words'");
        assert_eq!(quoted(r"it's a \"), r"'it\'s a \\'");
    }
}
