//! What became of the runs, in all and script by script.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::ended::Cost;
use crate::histogram::Histogram;
use crate::job::{Job, Place};
use crate::observer::Outcome;

/// Rows of statistics that are kept. Each has 1.5 kB.
///
/// Scripts and versions are few; names that are made up for each run would fill the memory.
pub const ROWS: usize = 1_000;
/// The script name of the row that the oldest rows go to when there are [`ROWS`].
pub const OTHERS: &str = "(others)";
/// The longest error that is kept, in bytes.
const ERROR: usize = 1_024;

/// How often what happened, since the sandbox was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Jobs that live now.
    pub live: usize,
    /// Starts that wait for a slot now.
    pub waiting: u64,
    /// Jobs that were started.
    pub started: u64,
    /// Starts that were refused, by [`Refusal::name`](crate::Refusal::name).
    pub refused: BTreeMap<&'static str, u64>,
    /// Jobs that ended, by [`Outcome::name`].
    pub ended: BTreeMap<&'static str, u64>,
}

/// What became of the runs of one version of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptStatistics {
    /// The script as it was named; [`OTHERS`] for those that were not kept apart.
    pub script: Arc<str>,
    /// The version, if the starter gave one.
    pub version: Option<Arc<str>>,
    /// Runs that are over.
    pub runs: u64,
    /// How they ended, by [`Outcome::name`].
    pub ended: BTreeMap<&'static str, u64>,
    /// Processor time of all of them.
    pub cpu: Duration,
    /// The largest memory that one of them had, in bytes.
    pub peak_memory: usize,
    /// Half of them took no longer, to 9 %.
    pub median: Duration,
    /// 99 % of them took no longer, to 9 %.
    pub p99: Duration,
    /// What went wrong last.
    pub last_error: Option<LastError>,
    /// When the last of them ended.
    pub last_end: SystemTime,
}

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// [`Outcome::name`].
    pub name: &'static str,
    /// What went wrong; cut after 1,024 bytes.
    pub message: String,
    /// Where the script was.
    pub at: Option<Place>,
    /// When.
    pub when: SystemTime,
}

/// A row that is being counted.
#[derive(Debug)]
struct Row {
    ended: BTreeMap<&'static str, u64>,
    cpu: Duration,
    peak_memory: usize,
    times: Histogram,
    last_error: Option<LastError>,
    last_end: SystemTime,
    /// The number of the run that ended last, of all scripts.
    used: u64,
}

impl Row {
    fn new() -> Self {
        Self {
            ended: BTreeMap::new(),
            cpu: Duration::ZERO,
            peak_memory: 0,
            times: Histogram::default(),
            last_error: None,
            last_end: SystemTime::UNIX_EPOCH,
            used: 0,
        }
    }

    fn merge(&mut self, other: Self) {
        for (name, count) in other.ended {
            *self.ended.entry(name).or_default() += count;
        }
        self.cpu += other.cpu;
        self.peak_memory = self.peak_memory.max(other.peak_memory);
        self.times.merge(&other.times);
        if other.used > self.used {
            self.last_error = other.last_error.or(self.last_error.take());
            self.last_end = other.last_end;
            self.used = other.used;
        }
    }
}

type Key = (Arc<str>, Option<Arc<str>>);

/// All rows, at most [`ROWS`] and [`OTHERS`].
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: HashMap<Key, Row>,
    others: Option<Row>,
    count: u64,
}

impl Rows {
    /// Counts a run that is over.
    pub(crate) fn add(&mut self, job: &Job, how: &Outcome, cost: &Cost) {
        self.count += 1;
        let key = (Arc::clone(&job.script), job.version.clone());
        if self.rows.len() >= ROWS && !self.rows.contains_key(&key) {
            self.make_room();
        }
        let row = self.rows.entry(key).or_insert_with(Row::new);
        let now = SystemTime::now();
        *row.ended.entry(how.name).or_default() += 1;
        row.cpu += cost.cpu;
        row.peak_memory = row.peak_memory.max(cost.peak_memory);
        row.times.add(cost.wall);
        row.last_end = now;
        row.used = self.count;
        if let Some(error) = &how.error {
            let end = error.floor_char_boundary(ERROR);
            let message = error.get(..end).unwrap_or_default().to_owned();
            row.last_error =
                Some(LastError { name: how.name, message, at: job.place(), when: now });
        }
    }

    /// Puts the row that was not used for the longest time to the others.
    fn make_room(&mut self) {
        let oldest = self.rows.iter().min_by_key(|(_, row)| row.used).map(|(key, _)| key.clone());
        if let Some(row) = oldest.and_then(|key| self.rows.remove(&key)) {
            self.others.get_or_insert_with(Row::new).merge(row);
        }
    }

    /// All rows by script and, within a script, the version used last first; the others at the end.
    pub(crate) fn all(&self) -> Vec<ScriptStatistics> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by(|((one, _), a), ((other, _), b)| one.cmp(other).then(b.used.cmp(&a.used)));
        let named = rows.into_iter().map(|((script, version), row)| row.shown(script, version));
        let others = self.others.iter().map(|row| row.shown(&Arc::from(OTHERS), &None));
        named.chain(others).collect()
    }
}

impl Row {
    fn shown(&self, script: &Arc<str>, version: &Option<Arc<str>>) -> ScriptStatistics {
        ScriptStatistics {
            script: Arc::clone(script),
            version: version.clone(),
            runs: self.ended.values().sum(),
            ended: self.ended.clone(),
            cpu: self.cpu,
            peak_memory: self.peak_memory,
            median: self.times.quantile(50),
            p99: self.times.quantile(99),
            last_error: self.last_error.clone(),
            last_end: self.last_end,
        }
    }
}
