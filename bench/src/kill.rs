//! From the command `script kill` to the moment at which the guest is gone, in every state.

use std::time::Duration;

use ringfence_tests::Server;
use ringfence_tests::state::{self, Phone, STATES, State};

use crate::server;

const KILLS: usize = 100;

/// Kills the job that it is given and waits until the instance is gone, both by commands and from
/// within the server, so that no network is in the figure. Writes how long that took, in µs.
const MEASURE: &str = r#"
local api, job = freeswitch.API(), argv[1]
local began = os.clock()
local killed = api:execute("script", "kill " .. job)
local gone = api:execute("script", "wait " .. job .. " 10")
local took = os.clock() - began
if killed:sub(1, 3) ~= "+OK" then error(killed .. gone) end
stream:write(string.format("%.0f", took * 1e6))
"#;

pub(crate) fn run() {
    println!("## Killing a script\n");
    println!(
        "From `script kill` to the return of `script wait`, when the instance is gone; asked by\n\
         another script of the same server, {KILLS} times a state, one call at a time.\n"
    );
    let mut phone = None;
    let server = server(|conf| {
        phone = Some(state::configure(conf));
        conf.script("measure.lua", MEASURE);
    });
    println!("| what the script does | median | p99 | most |");
    println!("|---|---:|---:|---:|");
    let mut all = Vec::new();
    for (index, state) in STATES.iter().enumerate() {
        let mut times: Vec<Duration> = (0..KILLS).map(|_| kill(&server, index, state)).collect();
        all.extend_from_slice(&times);
        row(&state.name.replace('_', " "), &mut times);
    }
    row("**all of them**", &mut all);
    println!();
}

/// Brings a call into the state, and kills its script there.
fn kill(server: &Server, index: usize, state: &State) -> Duration {
    let mut caller = state::busy(server, index);
    let jobs = server.jobs();
    let job = jobs.first().expect("the script runs");
    let answer = server.api(&format!("lua measure.lua {}", job.id()));
    let micros = answer.parse().unwrap_or_else(|_| panic!("{}: {answer}", state.name));
    if state.phone != Phone::HangsUp {
        caller.ended();
    }
    Duration::from_micros(micros)
}

fn row(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    // The time that so many percent of the kills did not exceed.
    let at = |percent: usize| times[(times.len() * percent).div_ceil(100) - 1];
    let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    println!("| {name} | {} | {} | {} |", ms(at(50)), ms(at(99)), ms(at(100)));
}
