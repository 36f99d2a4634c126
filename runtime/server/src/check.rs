//! `ringfence check`: every fault of configuration, dialplan and scripts, by file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context as _;
use ringfence_host::{Checker, LuaConfiguration};
use ringfence_sandbox::Sandbox;
use ringfence_switch::config::Configuration;
use ringfence_switch::variable::Variables;
use ringfence_switch::xml::{self, Fault, Place, Severity};

use crate::arguments;
use crate::exit::Exit;
use crate::serve::NO_PROFILE;
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
            format!("configuration with {}, ", counted(self.contexts, "dialplan context"))
        } else {
            String::new()
        };
        format!(
            "{looked}{}: {}, {}",
            counted(self.scripts, "script"),
            counted(self.errors, "error"),
            counted(self.warnings, "warning")
        )
    }
}

/// "1 error", "2 errors".
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
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
                other_files(&mut report, folder, &faults)?;
                return scripts_alone(report, folder, scripts).await;
            }
        },
    };
    let lua = match &configuration {
        Some((configuration, _)) => {
            LuaConfiguration::from_settings(&configuration.lua, &configuration.sandbox)
        }
        None => LuaConfiguration::new(std::env::current_dir().context("no working folder")?),
    };
    if !scripts.is_empty() {
        compile(&mut report, lua, scripts).await?;
    } else if let Some((configuration, faults)) = configuration {
        report.configuration = true;
        report.contexts = configuration.dialplan.contexts().count();
        faults.iter().for_each(|fault| report.fault(fault));
        if configuration.profiles.is_empty() {
            report.error(format_args!("{}: {NO_PROFILE}", folder.unwrap_or_default().display()));
        }
        dialplan(&mut report, &configuration, applications, &lua);
        same_name(&mut report, &configuration);
        compile_all(&mut report, lua).await?;
    }
    Ok(report)
}

/// Reading ends at the first file that is no XML: the others are looked at one by one.
fn other_files(report: &mut Report, folder: &Path, told: &[Fault]) -> anyhow::Result<()> {
    let mut told: BTreeSet<_> = told.iter().map(ToString::to_string).collect();
    let files = files_in(folder, "xml", DEEPEST);
    for file in files.with_context(|| format!("cannot read {}", folder.display()))? {
        // What a file alone lacks is none of its faults, only that it is no XML.
        let alone = xml::load(&file, &mut Variables::new(), &mut Vec::new());
        if let Err(fault) = alone
            && fault.place.file.as_ref() == file.to_string_lossy()
            && told.insert(fault.to_string())
        {
            report.fault(&fault);
        }
    }
    Ok(())
}

/// What can be checked although the configuration cannot be read: the scripts, where they usually
/// are, with what they may do without a configuration.
async fn scripts_alone(
    mut report: Report,
    folder: &Path,
    scripts: Vec<PathBuf>,
) -> anyhow::Result<Report> {
    let lua = LuaConfiguration::new(folder.join("scripts"));
    if scripts.is_empty() {
        compile_all(&mut report, lua).await?;
    } else {
        compile(&mut report, lua, scripts).await?;
    }
    Ok(report)
}

/// Two extensions of one name are allowed, and both are tried; mostly one was copied.
fn same_name(report: &mut Report, configuration: &Configuration) {
    let sections = configuration.root.children_named("section");
    for section in sections.filter(|section| section.attribute("name") == Some("dialplan")) {
        for context in section.children_named("context") {
            let mut seen = BTreeMap::new();
            for extension in context.children_named("extension") {
                let Some(name) = extension.attribute("name") else { continue };
                if let Some(first) = seen.insert(name, &extension.place) {
                    let message = format!(
                        "the extension \"{name}\" has the name of the one at {first}; both are \
                         tried, in this order"
                    );
                    report.fault(&Fault::warning(extension.place.clone(), message));
                }
            }
        }
    }
}

/// Looks for applications that do not exist and scripts that are not there.
fn dialplan(
    report: &mut Report,
    configuration: &Configuration,
    known: &BTreeSet<&'static str>,
    lua: &LuaConfiguration,
) {
    for (application, data, place) in configuration.dialplan.actions() {
        if application.is_empty() {
            // Reading the configuration has told it.
            continue;
        }
        if !known.contains(application) {
            let message = format!(
                "there is no application \"{application}\"; `ringfence help applications` lists all"
            );
            report.fault(&Fault::error(place.clone(), message));
        } else if application == "lua" {
            there(report, data, place, lua);
        }
    }
    // What lookups, events and the start run.
    let settings = &configuration.lua;
    let handlers = settings.handlers.iter().map(|handler| (&handler.line, &handler.place));
    let hooks = settings.hooks.iter().map(|hook| (&hook.line, &hook.place));
    let startup = settings.startup.iter().map(|script| (&script.line, &script.place));
    for (line, place) in handlers.chain(hooks).chain(startup) {
        there(report, line, place, lua);
    }
}

/// Tells when the script that a line names is not there.
fn there(report: &mut Report, line: &str, place: &Place, lua: &LuaConfiguration) {
    if let Some(path) = script_of(line, lua)
        && !path.is_file()
    {
        let message = format!("there is no script {}", path.display());
        report.fault(&Fault::error(place.clone(), message));
    }
}

/// The file that an action names, unless it is code or known only in a call.
fn script_of(data: &str, lua: &LuaConfiguration) -> Option<PathBuf> {
    let name = data.split_whitespace().next()?;
    // `${name}` is expanded in a call, `$1` by what the condition matched.
    let fixed = !name.starts_with(['~', '#']) && !name.contains('$');
    fixed.then(|| lua.path_of(name))
}

/// Compiles all scripts of the folder of scripts.
async fn compile_all(report: &mut Report, lua: LuaConfiguration) -> anyhow::Result<()> {
    let found = files_in(lua.folder(), "lua", DEEPEST);
    let found = found.with_context(|| format!("cannot read {}", lua.folder().display()))?;
    compile(report, lua, found.into_iter().collect()).await
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
        max_memory: lua.largest_memory(),
        ..ringfence_sandbox::Config::new(ringfence_switch::config::cache())
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

/// All files below a folder whose name ends so, in order. A folder that is not there has none.
fn files_in(folder: &Path, ending: &str, depth: usize) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            if depth > 0 {
                found.extend(files_in(&path, ending, depth - 1)?);
            }
        } else if path.extension().is_some_and(|extension| extension == ending) {
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
        assert!(files_in(&conf, "lua", DEEPEST).unwrap().contains(&conf.join("scripts/ivr.lua")));
        assert!(files_in(&conf, "lua", 0).unwrap().is_empty());
        assert!(files_in(&conf.join("nowhere"), "lua", DEEPEST).unwrap().is_empty());
    }

    #[test]
    fn code_and_variables_name_no_file() {
        let lua = LuaConfiguration::new("/scripts");
        assert_eq!(script_of("ivr.lua a b", &lua), Some("/scripts/ivr.lua".into()));
        assert_eq!(script_of("/x/y.lua", &lua), Some("/x/y.lua".into()));
        for data in ["~print(1)", "#!/lua x", "${script}", "", "a_${b}.lua", "$1", "menu/$1.lua"] {
            assert_eq!(script_of(data, &lua), None, "{data}");
        }
    }
}
