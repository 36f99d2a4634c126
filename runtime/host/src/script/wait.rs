//! `script wait`: waits until jobs have ended.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Verb, select, table, usage};
use crate::{ended::Past, scripts::Scripts};

/// How long it waits unless told otherwise, in seconds: less than most clients wait for an answer.
const SECONDS: u64 = 60;
/// The longest that it waits, in seconds.
const MAX_SECONDS: u64 = 3_600;

pub(super) const VERB: Verb = Verb {
    name: "wait",
    syntax: "<job>|<script> [seconds]",
    manual: "waits until they have ended, at most so many seconds (60; up to 3600). Answers `+OK`, then \
             on a line each how they ended: `returned`, `error` (the script raised one), or why they \
             were ended. `-ERR` tells which still run. The last 1,000 ended jobs are remembered.",
    run: wait,
};

fn wait<'a>(scripts: &'a Scripts, text: &'a str) -> BoxFuture<'a, String> {
    async move {
        let mut words = text.split_whitespace();
        let (word, seconds) = match (words.next(), words.next(), words.next()) {
            (Some(word), seconds, None) => (word, seconds.map_or(Ok(SECONDS), str::parse)),
            _ => return usage(&VERB),
        };
        let Ok(seconds @ 0..=MAX_SECONDS) = seconds else { return usage(&VERB) };
        let (sandbox, ended) = (scripts.sandbox(), &scripts.0.ended);
        let jobs: Vec<(Uuid, Arc<str>)> = match select::named(sandbox.jobs(), word) {
            Ok(jobs) => jobs.into_iter().map(|job| (job.id, job.script)).collect(),
            Err(answer) => {
                let past = ended.find(|past| select::begins(past.id, word));
                return past.map_or(answer, |past| format!("+OK\n{}", line(&past)));
            }
        };
        let all = async {
            for (id, _) in &jobs {
                ended.wait(sandbox, *id).await;
            }
        };
        let in_time = timeout(Duration::from_secs(seconds), all).await.is_ok();
        let told = jobs.iter().map(|(id, script)| match ended.of(*id) {
            Some(past) => line(&past),
            None => unknown(scripts, *id, script),
        });
        let lines: String = told.collect();
        if in_time {
            format!("+OK\n{lines}")
        } else {
            format!("-ERR not within {seconds} s\n{lines}")
        }
    }
    .boxed()
}

fn line(past: &Past) -> String {
    let error = past.error.as_deref().map(|error| format!(": {}", table::cell(error)));
    let error = error.unwrap_or_default();
    format!(
        "{} {} ended after {}: {}{error}\n",
        past.id,
        table::cell(&past.script),
        table::time(past.wall),
        past.name
    )
}

/// A job that has not ended, or so long ago that it is forgotten.
fn unknown(scripts: &Scripts, id: Uuid, script: &str) -> String {
    let script = table::cell(script);
    match scripts.sandbox().job(id) {
        Some(job) => format!("{id} {script} still runs: {}\n", super::list::state(&job.state())),
        None => format!("{id} {script} has ended\n"),
    }
}
