//! `script list`: all running scripts.

use futures_util::FutureExt as _;
use ringfence_sandbox::{JobInfo, JobState};
use serde_json::{Value, json};

use super::{Verb, table, usage};
use crate::scripts::Scripts;

pub(super) const VERB: Verb = Verb {
    name: "list",
    syntax: "[json]",
    manual: "all jobs, oldest first: job, script, version, owner (what started it), call, age (time \
             since its start), state (with the host call that it waits in, and for how long), processor \
             time, memory, and the line of its last host call. `json` is a list of objects, in \
             milliseconds and bytes.",
    run: |scripts, format| async move { list(scripts, format) }.boxed(),
};

const COLUMNS: &[&str] =
    &["job", "script", "version", "owner", "call", "age", "state", "cpu", "memory", "at"];

fn list(scripts: &Scripts, format: &str) -> String {
    let jobs = scripts.sandbox().jobs();
    match format {
        "" => table::aligned(COLUMNS, &jobs.iter().map(row).collect::<Vec<_>>()),
        "json" => Value::from_iter(jobs.iter().map(object)).to_string() + "\n",
        _ => usage(&VERB),
    }
}

fn row(job: &JobInfo) -> Vec<String> {
    vec![
        job.id.to_string(),
        job.script.to_string(),
        job.version.as_deref().unwrap_or_default().to_owned(),
        owner(job),
        job.call.clone().unwrap_or_default(),
        table::time(job.cost.wall),
        state(&job.state),
        table::time(job.cost.cpu),
        table::memory(job.memory),
        job.at.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

/// What started it; by kind alone when it is the job itself, or the call beside it.
fn owner(job: &JobInfo) -> String {
    let owner = &job.owner;
    if job.call.as_ref() == Some(&owner.name) { owner.kind.to_owned() } else { named_owner(job) }
}

/// What started it, with its name unless that is the job's own.
pub(super) fn named_owner(job: &JobInfo) -> String {
    let owner = &job.owner;
    if owner.name == job.id.to_string() { owner.kind.to_owned() } else { owner.to_string() }
}

/// What it does, and for how long.
pub(super) fn state(state: &JobState) -> String {
    match state {
        JobState::Waiting { name, since } => format!("in {name} for {}", table::time(*since)),
        other => other.to_string(),
    }
}

/// A job for programs. The keys are stable; what is not known is null.
pub(super) fn object(job: &JobInfo) -> Value {
    let (state, host_call, since) = match job.state {
        JobState::Starting => ("starting", None, None),
        JobState::Running => ("running", None, None),
        JobState::Waiting { name, since } => {
            ("waiting", Some(name), Some(since.as_millis() as u64))
        }
        JobState::Ending => ("ending", None, None),
    };
    json!({
        "job": job.id.to_string(),
        "script": &*job.script,
        "version": job.version.as_deref(),
        "guest": &*job.guest,
        "owner": named_owner(job),
        "call": job.call,
        "profile": job.profile,
        "started": table::moment(job.started),
        "state": state,
        "host_call": host_call,
        "since_ms": since,
        "at": job.at.as_ref().map(ToString::to_string),
        "wall_ms": job.cost.wall.as_millis() as u64,
        "cpu_ms": job.cost.cpu.as_secs_f64() * 1e3,
        "memory": job.memory,
        "peak_memory": job.cost.peak_memory,
        "host_calls": job.cost.host_calls,
    })
}
