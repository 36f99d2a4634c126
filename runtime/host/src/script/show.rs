//! `script show`: everything of one job.

use futures_util::FutureExt as _;
use ringfence_sandbox::JobInfo;

use super::{Verb, list, select, table, usage};
use crate::scripts::Scripts;

pub(super) const VERB: Verb = Verb {
    name: "show",
    syntax: "<job>",
    manual: "everything of one job, a line each.",
    run: |scripts, word| async move { show(scripts, word) }.boxed(),
};

fn show(scripts: &Scripts, word: &str) -> String {
    if word.is_empty() {
        return usage(&VERB);
    }
    match select::named(scripts.sandbox().jobs(), word) {
        Ok(jobs) => jobs.iter().map(text).collect::<Vec<_>>().join("\n"),
        Err(answer) => answer,
    }
}

fn text(job: &JobInfo) -> String {
    table::named(&[
        ("job", job.id.to_string()),
        ("script", job.script.to_string()),
        ("version", job.version.as_deref().unwrap_or_default().to_owned()),
        ("guest", job.guest.to_string()),
        ("owner", list::named_owner(job)),
        ("call", job.call.clone().unwrap_or_default()),
        ("profile", job.profile.clone()),
        ("started", table::moment(job.started)),
        ("state", list::state(&job.state)),
        ("at", job.at.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("wall", table::time(job.cost.wall)),
        ("cpu", table::time(job.cost.cpu)),
        ("memory", table::memory(job.memory)),
        ("peak memory", table::memory(job.cost.peak_memory)),
        ("host calls", job.cost.host_calls.to_string()),
    ])
}
