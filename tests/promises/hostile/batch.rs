//! Running a few cases at the same time.

use std::collections::HashSet;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ringfence_tests::{Caller, Configuration, DEADLINE, Server};

use crate::case::{Case, Language, Run};
use crate::traps::Traps;
use crate::{calls, component};

/// What a case's profile has instead of what `third-party` has, so that it is soon at its end.
const SOON: &[(&str, &str)] = &[("cpu-limit", "1"), ("wall-limit", "30")];

/// The end of a case in whose course the call ends: `script_result` is out of reach then.
const HANGUP: &str = "hangup";

/// A server that has all cases as scripts.
pub(crate) fn serve(cases: &[Case], traps: &Traps) -> Server {
    let configuration = Configuration::shipped();
    calls::configure(&configuration);
    let (mut versions, mut rules) = (String::new(), String::new());
    // What the profiles of their own are given; many cases have the same.
    let mut granted: Vec<String> = Vec::new();
    for run in Case::runs(cases) {
        let file = run.file();
        let path = configuration.file(&format!("scripts/{file}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match run.case.language {
            Language::Lua => {
                fs::write(path, traps.placed(&run.case.text)).unwrap();
                versions += &format!("<script pattern=\"{file}\" lua=\"{}\"/>\n", run.version);
            }
            Language::Component => fs::write(path, component::assemble(run.case)).unwrap(),
        }
        let parameters = parameters(run.case, traps);
        let own = granted.iter().position(|known| *known == parameters).unwrap_or_else(|| {
            granted.push(parameters);
            granted.len() - 1
        });
        let own = format!("hostile-{own}");
        let profile = run.case.one("profile").unwrap_or(&own);
        rules += &format!("<script pattern=\"{file}\" profile=\"{profile}\"/>\n");
    }
    let profiles = granted.iter().enumerate().map(|(number, parameters)| {
        format!("<profile name=\"hostile-{number}\" base=\"third-party\">{parameters}</profile>\n")
    });
    let profiles: String = profiles.collect();
    configuration
        .replace("autoload_configs/lua.conf.xml", "</scripts>", &format!("{versions}</scripts>"))
        .replace("autoload_configs/sandbox.conf.xml", "</scripts>", &format!("{rules}</scripts>"))
        .replace(
            "autoload_configs/sandbox.conf.xml",
            "</profiles>",
            &format!("{profiles}</profiles>"),
        );
    for (application, ending, version) in [("lua", "lua", r"\d\.\d"), ("script", "wasm", "wasm")] {
        configuration.extension(
            &format!("({version}-.+)"),
            &format!(
                r#"<action application="answer"/>
      <action application="{application}" data="hostile/$1.{ending}"/>
      <action application="log" data="CONSOLE [ended $1] ${{script_result}} [error] ${{script_error}}"/>"#
            ),
        );
    }
    Server::serve(configuration, Traps::environment)
}

/// The parameters of a case's own profile.
fn parameters(case: &Case, traps: &Traps) -> String {
    let own: Vec<(&str, &str)> = case
        .every("with")
        .flat_map(str::split_whitespace)
        .map(|pair| pair.split_once('=').expect("name=value"))
        .collect();
    let named: HashSet<&str> = own.iter().map(|(name, _)| *name).collect();
    let granted = traps.granted();
    let granted = ("write", granted.to_str().unwrap());
    let parameters =
        SOON.iter().filter(|(name, _)| !named.contains(name)).chain(&own).chain([&granted]);
    parameters.map(|(name, value)| format!("<param name=\"{name}\" value=\"{value}\"/>")).collect()
}

/// A case that runs.
struct Open<'a> {
    run: &'a Run<'a>,
    caller: Caller,
    /// What must still be said.
    says: Vec<&'a str>,
    /// What is done when something was said.
    then: Vec<(&'a str, Then)>,
    /// Result and error, as the dialplan saw them.
    end: Option<String>,
    hung_up: bool,
}

#[derive(Clone, Copy)]
enum Then {
    Kill,
    HangUp,
    Press,
}

/// Runs these to their ends; answers what did not go as their heads say.
pub(crate) fn run(server: &Server, runs: &[Run<'_>]) -> Vec<String> {
    let mut seen = server.log.len();
    let mut open: Vec<Open<'_>> = runs.iter().map(|run| dial(server, run)).collect();
    let start = Instant::now();
    while !open.iter_mut().all(Open::is_over) && start.elapsed() < DEADLINE {
        sleep(Duration::from_millis(10));
        let lines = server.log.since(seen);
        seen += lines.len();
        for line in &lines {
            for case in open.iter_mut().filter(|case| line.contains(&case.run.id)) {
                case.hears(server, line);
            }
        }
    }
    open.iter_mut().filter_map(Open::fault).collect()
}

fn dial<'a>(server: &Server, run: &'a Run<'a>) -> Open<'a> {
    let mut caller = Caller::new(server.port());
    caller.invite(&run.id);
    caller.answered();
    let case = run.case;
    let then = [("kill", Then::Kill), ("hangup", Then::HangUp), ("press", Then::Press)];
    Open {
        run,
        caller,
        says: case.every("says").collect(),
        then: then
            .iter()
            .flat_map(|(key, then)| case.every(key).map(|text| (text, *then)))
            .collect(),
        end: None,
        hung_up: false,
    }
}

impl Open<'_> {
    /// A line of the log that names this run.
    fn hears(&mut self, server: &Server, line: &str) {
        self.says.retain(|text| !line.contains(text));
        if let Some(end) = line.split(&format!("[ended {}] ", self.run.id)).nth(1) {
            // The server's fields follow the text.
            let end = end.rsplit_once(" call=").map_or(end, |(end, _)| end);
            self.end = Some(end.to_owned());
        }
        let now: Vec<Then> = self
            .then
            .iter()
            .filter(|(text, _)| line.contains(text))
            .map(|(_, then)| *then)
            .collect();
        self.then.retain(|(text, _)| !line.contains(text));
        for then in now {
            match then {
                Then::Kill => {
                    server.api(&format!("script kill {}", self.run.file()));
                }
                Then::HangUp => {
                    self.caller.bye();
                    self.hung_up = true;
                }
                Then::Press => self.caller.press('5'),
            }
        }
    }

    /// Whether there is nothing to wait for any more.
    fn is_over(&mut self) -> bool {
        if self.run.ends() != HANGUP {
            return self.end.is_some();
        }
        // The dialplan does not go on after the end of the call.
        if !self.hung_up
            && let Some(bye) = self.caller.message(Duration::from_millis(1))
            && bye.status().is_none()
        {
            self.caller.respond(&bye, "200 OK");
            self.hung_up = true;
        }
        self.hung_up && self.says.is_empty()
    }

    /// What is wrong, once it is over. The server hangs up when the dialplan is through.
    fn fault(&mut self) -> Option<String> {
        let (id, wanted) = (&self.run.id, self.run.ends());
        if wanted == HANGUP && self.hung_up {
            return (!self.says.is_empty()).then(|| format!("{id}: never said: {:?}", self.says));
        }
        let Some(end) = &self.end else {
            self.caller.bye();
            return Some(format!("{id}: has not ended, expected {wanted}"));
        };
        self.caller.ended();
        let (result, error) = end.split_once(" [error] ").unwrap_or((end, ""));
        if wanted.split(" or ").all(|wanted| wanted != result) {
            return Some(format!("{id}: ended as {result} ({error}), expected {wanted}"));
        }
        if let Some(text) = self.run.error()
            && !error.contains(text)
        {
            return Some(format!("{id}: the error is {error:?}, expected {text:?}"));
        }
        (!self.says.is_empty()).then(|| format!("{id}: never said: {:?}", self.says))
    }
}
