//! `ringfence check`: every fault of configuration, dialplan and scripts, by file and line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context as _;
use ringfence_host::{Checker, LuaConfiguration};
use ringfence_sandbox::Sandbox;
use ringfence_switch::config::Configuration;
use ringfence_switch::xml::{Fault, Severity};

use crate::arguments;
use crate::exit::Exit;
use crate::{place, print};

/// Folders below the folder of scripts that are looked into. Deeper is a loop of links.
const DEEPEST: usize = 32;

pub(crate) fn run(arguments: &arguments::Check) -> Exit {
    let applications = crate::help::application_names();
    let checked = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")
        .and_then(|runtime| runtime.block_on(check(arguments, &applications)));
    match checked {
        Ok(report) => {
            print::line(report.summary());
            if report.errors == 0 { Exit::Ok } else { Exit::Failed }
        }
        Err(error) => {
            print::error(format_args!("{error:#}"));
            Exit::Failed
        }
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
struct Report {
    /// Whether there was a configuration among it.
    configuration: bool,
    contexts: usize,
    scripts: usize,
    errors: usize,
    warnings: usize,
}

impl Report {
    fn fault(&mut self, fault: &Fault) {
        match fault.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
        }
        print::line(fault);
    }

    fn error(&mut self, message: impl std::fmt::Display) {
        self.errors += 1;
        print::line(message);
    }

    fn summary(&self) -> String {
        let looked = if self.configuration {
            format!("configuration with {} dialplan contexts, ", self.contexts)
        } else {
            String::new()
        };
        format!(
            "{looked}{} scripts: {} errors, {} warnings",
            self.scripts, self.errors, self.warnings
        )
    }
}

async fn check(
    arguments: &arguments::Check,
    applications: &BTreeSet<&'static str>,
) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let scripts: Vec<PathBuf> =
        arguments.scripts.iter().map(|script| place::absolute(script)).collect();
    let belongs_to = || scripts.first().and_then(|script| place::configuration_of(script));
    let folder = match &arguments.conf.conf {
        Some(folder) => Some(place::configuration(Some(folder))?),
        None if scripts.is_empty() => Some(place::configuration(None)?),
        None => belongs_to(),
    };
    let configuration = match &folder {
        None => None,
        Some(folder) => match Configuration::load(folder) {
            Ok((configuration, faults)) => Some((configuration, faults)),
            Err(faults) => {
                faults.iter().for_each(|fault| report.fault(fault));
                return Ok(report);
            }
        },
    };
    let lua = match &configuration {
        Some((configuration, _)) => LuaConfiguration::from_settings(&configuration.lua),
        None => LuaConfiguration::new(std::env::current_dir().context("no working folder")?),
    };
    if !scripts.is_empty() {
        compile(&mut report, lua, scripts).await?;
    } else if let Some((configuration, faults)) = configuration {
        report.configuration = true;
        report.contexts = configuration.dialplan.contexts().count();
        faults.iter().for_each(|fault| report.fault(fault));
        dialplan(&mut report, &configuration, applications, &lua);
        let found = scripts_in(lua.folder(), DEEPEST);
        let found = found.with_context(|| format!("cannot read {}", lua.folder().display()))?;
        compile(&mut report, lua, found.into_iter().collect()).await?;
    }
    Ok(report)
}

/// Looks for applications that do not exist and scripts that are not there.
fn dialplan(
    report: &mut Report,
    configuration: &Configuration,
    known: &BTreeSet<&'static str>,
    lua: &LuaConfiguration,
) {
    for (application, data, place) in configuration.dialplan.actions() {
        if !known.contains(application) {
            let message = format!(
                "there is no application \"{application}\"; `ringfence help applications` lists all"
            );
            report.fault(&Fault::error(place.clone(), message));
        } else if application == "lua"
            && let Some(path) = script_of(data, lua)
            && !path.is_file()
        {
            let message = format!("there is no script {}", path.display());
            report.fault(&Fault::error(place.clone(), message));
        }
    }
}

/// The file that an action names, unless it is code or known only in a call.
fn script_of(data: &str, lua: &LuaConfiguration) -> Option<PathBuf> {
    let name = data.split_whitespace().next()?;
    let fixed = !name.starts_with(['~', '#']) && !name.contains("${");
    fixed.then(|| lua.path_of(name))
}

/// Compiles scripts, and tells what is wrong with each.
async fn compile(
    report: &mut Report,
    lua: LuaConfiguration,
    scripts: Vec<PathBuf>,
) -> anyhow::Result<()> {
    // One after the other: compiling a script takes less than a millisecond.
    let config = ringfence_sandbox::Config {
        workers: 1,
        instances: 1,
        ..ringfence_sandbox::Config::new(place::cache())
    };
    let sandbox = Sandbox::new(config).context("cannot start the sandbox")?;
    let checker = Checker::new(sandbox, lua);
    for script in scripts {
        report.scripts += 1;
        if let Err(fault) = checker.check(&script).await {
            report.error(fault);
        }
    }
    Ok(())
}

/// All `.lua` files below a folder, in order. A folder that is not there has none.
fn scripts_in(folder: &Path, depth: usize) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            if depth > 0 {
                found.extend(scripts_in(&path, depth - 1)?);
            }
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            found.insert(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_found_in_all_folders() {
        let conf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conf");
        assert!(scripts_in(&conf, DEEPEST).unwrap().contains(&conf.join("scripts/ivr.lua")));
        assert!(scripts_in(&conf, 0).unwrap().is_empty());
        assert!(scripts_in(&conf.join("nowhere"), DEEPEST).unwrap().is_empty());
    }

    #[test]
    fn code_and_variables_name_no_file() {
        let lua = LuaConfiguration::new("/scripts");
        assert_eq!(script_of("ivr.lua a b", &lua), Some("/scripts/ivr.lua".into()));
        assert_eq!(script_of("/x/y.lua", &lua), Some("/x/y.lua".into()));
        for data in ["~print(1)", "#!/lua x", "${script}", "", "a_${b}.lua"] {
            assert_eq!(script_of(data, &lua), None, "{data}");
        }
    }
}
