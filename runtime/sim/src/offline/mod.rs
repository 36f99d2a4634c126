//! The whole server offline, with one caller: `ringfence run`.
//!
//! One thread, a clock that jumps to the next thing to do as soon as nothing is left to do now, and
//! a network in memory. Switch, SIP, media, sandbox and phone are the ones that serve real calls.
//!
//! [`run`] takes a [`Plan`] and answers a [`Transcript`].

mod configuration;
mod recorder;
mod script;
mod tables;
mod variables;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ringfence_host::{LuaVersion, Scripts};
use ringfence_media::Media;
use ringfence_rim::{Clock, Network};
use ringfence_sandbox::Sandbox;
use ringfence_sip::{Listen, Stack};
use ringfence_switch::xml::Fault;
use ringfence_switch::{Setup, Switch};
use thiserror::Error;
use tokio::runtime;
use tokio::time::timeout;

use crate::phone::{Dial, DialError, Finished, How, Phone};
use crate::press::Presses;
use crate::transcript::{Outcome, Transcript};
use recorder::Recorder;
use script::Script;

pub use tables::{Tables, tables};

/// How long a script may go on after its call is over, in virtual time: hangup hooks, cleaning up.
pub const AFTERWARDS: Duration = Duration::from_secs(60);
/// The processor time that a script may use. A loop that waits for nothing lets no virtual time
/// pass, so that nothing else would end it.
pub const CPU: Duration = Duration::from_secs(10);
/// How often a script that waits for nothing gives way. A tick comes by real time and would let the
/// same run end differently; within a second nearly every run is over.
pub const TICK: Duration = Duration::from_secs(1);
/// Scripts at the same time: the one that is run, and what it starts with `luarun`. Each reserves
/// address space, which tests that run side by side share.
pub const GUESTS: u32 = 64;

/// What to run, and what the caller does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The script's path, or `~code`.
    pub script: String,
    /// `argv[1]` and on.
    pub arguments: Vec<String>,
    /// Channel variables that are there when the script begins.
    pub variables: Vec<(String, String)>,
    /// The caller's number.
    pub caller: String,
    /// The number that is called.
    pub destination: String,
    /// The version of Lua; none leaves it to the configuration.
    pub lua: Option<LuaVersion>,
    /// The configuration folder that the script belongs to.
    pub configuration: Option<PathBuf>,
    /// When the call begins.
    pub at: SystemTime,
    /// What the caller presses.
    pub presses: Presses,
    /// What the caller plays.
    pub play: Option<PathBuf>,
    /// When the caller hangs up, from the answer.
    pub hangup_after: Option<Duration>,
    /// The longest call, in virtual time.
    pub timeout: Duration,
    /// Where compiled guests are kept.
    pub cache: PathBuf,
}

/// Why there was no run.
#[derive(Debug, Error)]
pub enum RunError {
    /// The configuration folder cannot be used.
    #[error("{}", lines(.0))]
    Configuration(Vec<Fault>),
    /// The phone's call could not be tried.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// Something of the machine is missing: a runtime, a socket in memory, the sandbox.
    #[error("cannot simulate a call: {0}")]
    Machine(String),
    /// The script cannot be named.
    #[error("{0}")]
    Script(String),
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn machine(error: impl std::fmt::Display) -> RunError {
    RunError::Machine(error.to_string())
}

/// Runs a script against a simulated caller. Blocks: for milliseconds, and for some seconds when the
/// guests are compiled for the first time on this machine.
///
/// # Errors
///
/// [`RunError`], when there was no run. A script that fails is in the transcript.
pub fn run(plan: &Plan) -> Result<Transcript, RunError> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(machine)?;
    runtime.block_on(simulate(plan))
}

async fn simulate(plan: &Plan) -> Result<Transcript, RunError> {
    let script = Script::new(plan)?;
    let configuration = configuration::read(plan.configuration.as_deref(), script.folder())?;
    let scripts = configuration.globals().text("script_dir").map(|text| PathBuf::from(&*text));
    let script = match scripts {
        Some(scripts) if plan.configuration.is_some() => script.below(&scripts),
        _ => script,
    };
    let lua = script.lua(&configuration, plan.lua);
    let clock = Clock::simulated(plan.at);
    let network = Network::new();
    let media = |sounds: &Path| {
        let sounds = vec![sounds.to_path_buf()];
        let config = ringfence_media::Config { sounds, ..Default::default() };
        Media::simulated(config, network.clone()).map_err(machine)
    };
    let sounds = configuration.globals().text("sounds_dir").map(|text| PathBuf::from(&*text));
    let sounds = sounds.unwrap_or_else(|| script.folder().to_path_buf());

    let sandbox = ringfence_sandbox::Config {
        instances: GUESTS,
        max_memory: configuration.sandbox.largest_memory(),
        tick: TICK,
        ..ringfence_sandbox::Config::new(&plan.cache)
    };
    let sandbox = Sandbox::on(sandbox, runtime::Handle::current()).map_err(machine)?;
    let (switch, calls) = Switch::closed(Setup {
        configuration,
        directory: plan.configuration.clone(),
        sip: Some(stack(&network, configuration::SWITCH, 5060)?),
        media: media(&sounds)?,
        clock,
        hostname: "localhost".to_owned(),
    });
    let scripts = Scripts::new(switch.clone(), sandbox.clone(), lua);
    switch.register(ringfence_control::without_socket());
    scripts.prepare().await.map_err(machine)?;

    let recorder = Recorder::new();
    scripts.trace(Arc::new(recorder.clone()));
    let call = script.register(&switch, plan.variables.clone());
    calls.take();
    // Nobody calls the phone.
    let (line, _) = stack(&network, configuration::PHONE, 5060)?;
    let phone =
        Phone::new(line, media(&sounds)?, configuration::PROFILE, address(configuration::PHONE));
    let mut tell = |moment| recorder.take(moment);
    let finished = phone.call(dial(plan)?, &mut tell).await?;

    let ended = timeout(AFTERWARDS, switch.idle()).await.is_ok();
    sandbox.close();
    if !ended {
        sandbox.kill_all("the call is over");
    }
    let ended = timeout(AFTERWARDS, sandbox.idle()).await.is_ok() && ended;
    let (moments, failure) = recorder.finish();
    let error = failure.or_else(|| trouble(&finished, plan.timeout, ended));
    Ok(Transcript {
        moments,
        variables: call.changed(),
        result: Outcome {
            ok: error.is_none(),
            answered: finished.answered,
            length: finished.length,
            cause: call.cause().unwrap_or(finished.cause),
            error,
        },
    })
}

/// What went wrong beside the script's own error.
fn trouble(finished: &Finished, limit: Duration, ended: bool) -> Option<String> {
    if !ended {
        return Some(format!("the script was still running {AFTERWARDS:?} after its call"));
    }
    match finished.how {
        How::Lost => Some(format!("the call was lost: {}", finished.cause)),
        // Both come from the limit alone: the simulated network loses nothing.
        How::Cut | How::NoAnswer => {
            let seconds = limit.as_secs_f64();
            Some(format!("cut by --timeout: the call was still up after {seconds} s"))
        }
        How::Ended | How::Refused => None,
    }
}

fn dial(plan: &Plan) -> Result<Dial, RunError> {
    let server = address(configuration::SWITCH).to_string();
    let target = crate::phone::uri(&plan.destination, &server).map_err(DialError::from)?;
    Ok(Dial {
        target: target.to_string(),
        caller: plan.caller.clone(),
        presses: plan.presses.clone(),
        info: false,
        play: plan.play.clone(),
        record: None,
        hangup_after: plan.hangup_after,
        timeout: plan.timeout,
    })
}

fn address(bytes: [u8; 4]) -> IpAddr {
    IpAddr::from(bytes)
}

type Line = (Stack, tokio::sync::mpsc::Receiver<ringfence_sip::Invitation>);

fn stack(network: &Network, host: [u8; 4], port: u16) -> Result<Line, RunError> {
    let listen = Listen {
        profile: configuration::PROFILE.into(),
        ..Listen::udp((address(host), port).into())
    };
    let config = ringfence_sip::Config { listen: vec![listen], ..Default::default() };
    Stack::simulated(config, network.clone()).map_err(machine)
}
