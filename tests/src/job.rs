//! Running scripts, as `script list json` shows them, and what is left of ended ones.

use serde_json::Value;

use crate::{Server, eventually};

/// A script that ran when the list was made.
#[derive(Clone, Debug)]
pub struct Job(Value);

impl Job {
    /// The job's id.
    #[track_caller]
    pub fn id(&self) -> &str {
        self.text("job").expect("every job has an id")
    }

    /// A field of the list; none when it is not there, null, or no text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    /// The whole entry.
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// Whether this runs the script file of that name.
    pub fn runs(&self, script: &str) -> bool {
        self.text("script").is_some_and(|named| named.ends_with(script))
    }
}

/// What the dialplan saw of a script that had ended.
#[derive(Clone, Debug)]
pub struct Told {
    /// The call's uuid.
    pub call: String,
    /// `script_result`.
    pub result: String,
    /// `script_job`.
    pub job: String,
    /// `script_error`.
    pub error: String,
}

impl Server {
    /// All running scripts.
    #[track_caller]
    pub fn jobs(&self) -> Vec<Job> {
        let answer = self.api("script list json");
        let list: Vec<Value> = serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("script list json: {error}: {answer}"));
        list.into_iter().map(Job).collect()
    }

    /// Waits until the script file of that name runs.
    #[track_caller]
    pub fn job(&self, script: &str) -> Job {
        eventually(&format!("{script} to run"), || {
            self.jobs().into_iter().find(|job| job.runs(script))
        })
    }

    /// Waits until no script runs.
    #[track_caller]
    pub fn no_job(&self) {
        eventually("the last script to end", || self.jobs().is_empty().then_some(()));
    }

    /// `script stats json`.
    #[track_caller]
    fn statistics(&self) -> Value {
        let answer = self.api("script stats json");
        serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("script stats json: {error}: {answer}"))
    }

    /// The sum of a number of the statistics over all versions of the script file of that name.
    fn sum(&self, script: &str, number: impl Fn(&Value) -> Option<u64>) -> u64 {
        let statistics = self.statistics();
        let rows = statistics["scripts"].as_array().expect("a row a script");
        rows.iter()
            .filter(|row| row["script"].as_str().is_some_and(|named| named.ends_with(script)))
            .filter_map(number)
            .sum()
    }

    /// How many runs of the script file of that name are over.
    #[track_caller]
    pub fn runs(&self, script: &str) -> u64 {
        self.sum(script, |row| row["runs"].as_u64())
    }

    /// How many of them ended so: `killed`, `cpu-limit` …
    #[track_caller]
    pub fn ended_as(&self, script: &str, name: &str) -> u64 {
        self.sum(script, |row| row["ends"][name].as_u64())
    }

    /// How many starts were refused so: `capacity` …
    #[track_caller]
    pub fn refused_as(&self, name: &str) -> u64 {
        self.statistics()["refused"][name].as_u64().unwrap_or(0)
    }

    /// How many starts wait for a place.
    #[track_caller]
    pub fn waiting(&self) -> u64 {
        self.statistics()["waiting"].as_u64().expect("a number")
    }

    /// Waits until the dialplan has gone on after the script of an extension
    /// ([`lua_and_tell`](crate::Configuration::lua_and_tell)), and answers what it was told the
    /// last time.
    #[track_caller]
    pub fn told(&self, number: &str) -> Told {
        self.told_after(number, 0)
    }

    /// The same, when it was told `before` times already.
    #[track_caller]
    pub fn told_after(&self, number: &str, before: usize) -> Told {
        let mark = format!("[told {number}] ");
        let line = eventually(&format!("the dialplan of {number} to go on"), || {
            self.log.with(&mark).get(before..)?.last().cloned()
        });
        let part = |from: &str, to: &str| {
            let rest = line.split_once(from).map_or("", |(_, rest)| rest);
            rest.split_once(to).map_or(rest, |(part, _)| part).to_owned()
        };
        Told {
            call: part("] call=", " result="),
            result: part(" result=", " job="),
            job: part(" job=", " error="),
            // The log adds the call's uuid to each line.
            error: part(" error=", " call="),
        }
    }

    /// Waits until the log has had `text` more than `before` times.
    #[track_caller]
    pub fn says(&self, text: &str, before: usize) {
        eventually(text, || (self.log.with(text).len() > before).then_some(()));
    }
}
