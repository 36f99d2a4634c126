//! `script kill`: ends jobs at once.

use futures_util::FutureExt as _;
use parking_lot::Mutex;
use ringfence_sandbox::Job;
use uuid::Uuid;

use super::{Verb, select, table, usage};
use crate::scripts::Scripts;

/// What the log and the call are told when no reason is given.
const REASON: &str = "by the command script kill";

pub(super) const VERB: Verb = Verb {
    name: "kill",
    syntax: "<job>|<script>|all [reason]",
    manual: "ends them where they stand: a script can neither catch nor delay it, and what it is about \
             to start is not started. The call gets `script_result` `killed`, and goes on as the \
             profile's `on-end` says. Answers `+OK` and how many were killed, then each on a line.",
    run: |scripts, text| async move { kill(scripts, text) }.boxed(),
};

fn kill(scripts: &Scripts, text: &str) -> String {
    let (word, reason) = text.split_once(' ').unwrap_or((text, REASON));
    if word.is_empty() {
        return usage(&VERB);
    }
    let sandbox = scripts.sandbox();
    let lines = Mutex::new(String::new());
    // Noted where they are chosen: between a list and a kill a script may have started another.
    let note = |job: &Job| {
        lines.lock().push_str(&line(job.id(), job.script()));
        true
    };
    let all = word == "all";
    let named = |job: &Job| (all || job.script() == word) && job.ending().is_none() && note(job);
    let mut killed = sandbox.kill_where(named, reason.trim());
    if killed == 0 && !all {
        match select::named(sandbox.jobs(), word) {
            Ok(jobs) => {
                for job in jobs {
                    if sandbox.kill(job.id, reason.trim()) {
                        killed += 1;
                        lines.lock().push_str(&line(job.id, &job.script));
                    }
                }
            }
            Err(answer) => return answer,
        }
    }
    format!("+OK {killed} killed\n{}", lines.into_inner())
}

fn line(job: Uuid, script: &str) -> String {
    format!("{job} {}\n", table::cell(script))
}
