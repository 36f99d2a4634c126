//! `ringfence run`: a script offline, against a simulated caller.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ringfence_sim::phone::DialError;
use ringfence_sim::{Plan, RunError};

use crate::arguments;
use crate::exit::Exit;
use crate::log::{self, Form};
use crate::{place, print};

pub(crate) fn run(arguments: Box<arguments::Run>) -> Exit {
    let json = arguments.json;
    let filter = arguments.log.as_deref();
    let started = filter.map(|filter| log::start(filter, Form::Timeless, &[])).transpose();
    // Dropped at the end, which writes the last lines.
    let (run, _writing) = match started {
        Ok(writing) => (simulate(*arguments), writing),
        Err(error) => (Err(error), None),
    };
    match run {
        Ok(transcript) => {
            if json {
                print::line(transcript.json());
            } else {
                // It ends with a line break of its own.
                print::line(transcript.to_string().trim_end());
            }
            if transcript.result.ok { Exit::Ok } else { Exit::Failed }
        }
        Err(error) => {
            print::error(format_args!("{error:#}"));
            match error.downcast_ref::<RunError>() {
                Some(RunError::Script(_) | RunError::Dial(DialError::Target(_))) => Exit::Usage,
                _ => Exit::Failed,
            }
        }
    }
}

fn simulate(arguments: arguments::Run) -> anyhow::Result<ringfence_sim::Transcript> {
    Ok(ringfence_sim::run(&plan(arguments)?)?)
}

/// The plan of the command line.
fn plan(arguments: arguments::Run) -> anyhow::Result<Plan> {
    let configuration = match &arguments.conf {
        Some(folder) => Some(place::configuration(Some(folder))?),
        None => belongs_to(&arguments.script),
    };
    Ok(Plan {
        script: arguments.script,
        arguments: arguments.args,
        variables: arguments.variables,
        caller: arguments.caller,
        destination: arguments.destination,
        lua: arguments.lua.map(|version| version.parse()).transpose()?,
        configuration,
        at: arguments.at.unwrap_or_else(SystemTime::now),
        presses: arguments.phone.press,
        play: arguments.phone.play.as_deref().map(place::absolute),
        hangup_after: arguments.phone.hangup_after,
        timeout: arguments.timeout,
        cache: ringfence_switch::config::cache(),
    })
}

/// The configuration that a script lies in; none for code from the command line.
fn belongs_to(script: &str) -> Option<PathBuf> {
    if script.starts_with('~') { None } else { place::configuration_of(Path::new(script)) }
}
