//! `script kill`: ends jobs at once.

use futures_util::FutureExt as _;

use super::{Verb, select, usage};
use crate::scripts::Scripts;

/// What the log and the call are told when no reason is given.
const REASON: &str = "by the command script kill";

pub(super) const VERB: Verb = Verb {
    name: "kill",
    syntax: "<job>|<script>|all [reason]",
    manual: "ends them where they stand: a script can neither catch nor delay it. The call gets \
             `script_result` `killed`, and goes on as the profile says. Answers `+OK killed` and how \
             many, then each on a line.",
    run: |scripts, text| async move { kill(scripts, text) }.boxed(),
};

fn kill(scripts: &Scripts, text: &str) -> String {
    let (word, reason) = text.split_once(' ').unwrap_or((text, REASON));
    if word.is_empty() {
        return usage(&VERB);
    }
    let jobs = scripts.sandbox().jobs();
    let chosen = match word {
        "all" => jobs,
        _ => match select::named(jobs, word) {
            Ok(jobs) => jobs,
            Err(answer) => return answer,
        },
    };
    let mut killed = 0;
    let mut lines = String::new();
    for job in chosen {
        let first = scripts.sandbox().kill(job.id, reason.trim());
        killed += usize::from(first);
        // Another end came first: its own, or a limit's.
        let ending = if first { "" } else { " was ending already" };
        lines.push_str(&format!("{} {}{ending}\n", job.id, job.script));
    }
    format!("+OK killed {killed}\n{lines}")
}
