//! All jobs, how many there are of which, and what became of the ended ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::ended::{Cost, EndedBy};
use crate::job::{Job, JobInfo};
use crate::observer::{Observers, Outcome};
use crate::owner::Owner;
use crate::refusal::Refusal;
use crate::statistics::{Rows, ScriptStatistics, Statistics};

#[derive(Debug, Default)]
pub(crate) struct Table {
    live: Mutex<Live>,
    empty: Notify,
    pub(crate) waiting: AtomicU64,
    started: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    ended: Mutex<Ends>,
    pub(crate) observers: Observers,
}

#[derive(Debug, Default)]
struct Live {
    jobs: HashMap<Uuid, Arc<Job>>,
    /// Runs and starts that wait, of each script.
    scripts: HashMap<Arc<str>, u32>,
    /// Runs and starts that wait, for each owner.
    owners: HashMap<Arc<Owner>, u32>,
}

#[derive(Debug, Default)]
struct Ends {
    names: BTreeMap<&'static str, u64>,
    rows: Rows,
}

impl Table {
    /// Counts a start for its script and its owner until the answer is dropped. A start that waits
    /// for a slot counts too: no script can fill the queue.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        script: &Arc<str>,
        of_script: Option<u32>,
        owner: &Arc<Owner>,
        of_owner: Option<u32>,
    ) -> Result<Reserved, Refusal> {
        let mut live = self.live.lock();
        let scripts = live.scripts.get(script).copied().unwrap_or_default();
        if let Some(limit) = of_script
            && scripts >= limit
        {
            return Err(Refusal::ScriptInstances { script: script.to_string(), limit });
        }
        let owners = live.owners.get(owner).copied().unwrap_or_default();
        if let Some(limit) = of_owner
            && owners >= limit
        {
            return Err(Refusal::OwnerInstances { owner: owner.to_string(), limit });
        }
        live.scripts.insert(Arc::clone(script), scripts + 1);
        live.owners.insert(Arc::clone(owner), owners + 1);
        let (script, owner) = (Arc::clone(script), Arc::clone(owner));
        Ok(Reserved { table: Arc::clone(self), script, owner })
    }

    /// Lists the job until the answer is dropped.
    ///
    /// Not when its parent is ending: whoever kills a family gets all of it, since
    /// [`kill_where`](Self::kill_where) holds the same lock.
    pub(crate) fn add(
        self: &Arc<Self>,
        job: &Arc<Job>,
        parent: Option<&Arc<Job>>,
        reserved: Reserved,
    ) -> Result<Listed, Refusal> {
        let mut live = self.live.lock();
        if parent.is_some_and(|parent| parent.ending().is_some()) {
            // The reservation needs the lock to go.
            drop(live);
            return Err(Refusal::ParentEnding);
        }
        self.started.fetch_add(1, Ordering::Relaxed);
        live.jobs.insert(job.id, Arc::clone(job));
        drop(live);
        self.observers.started(job);
        Ok(Listed { table: Arc::clone(self), job: Arc::clone(job), reserved: Some(reserved) })
    }

    pub(crate) fn refuse(&self, name: &'static str) {
        *self.refused.lock().entry(name).or_default() += 1;
    }

    pub(crate) fn find(&self, id: Uuid) -> Option<Arc<Job>> {
        self.live.lock().jobs.get(&id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Job>> {
        self.live.lock().jobs.values().cloned().collect()
    }

    /// Ends the chosen jobs in one step, with respect to starts.
    pub(crate) fn end_where(&self, chosen: impl Fn(&Job) -> bool, why: &EndedBy) -> usize {
        let live = self.live.lock();
        live.jobs.values().filter(|job| chosen(job) && job.end(why.clone())).count()
    }

    /// Copies for lists, oldest first.
    pub(crate) fn infos(&self) -> Vec<JobInfo> {
        // The copies are made outside the lock, so that a long list holds up no start.
        let mut jobs = self.all();
        jobs.sort_by_key(|job| (job.origin, job.id));
        jobs.iter().map(|job| job.info()).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live.lock().jobs.is_empty()
    }

    pub(crate) async fn emptied(&self) {
        let mut empty = std::pin::pin!(self.empty.notified());
        loop {
            // Registered before the look, so that an end between the two is not missed.
            empty.as_mut().enable();
            if self.is_empty() {
                return;
            }
            empty.as_mut().await;
            empty.set(self.empty.notified());
        }
    }

    pub(crate) fn statistics(&self) -> Statistics {
        Statistics {
            live: self.live.lock().jobs.len(),
            waiting: self.waiting.load(Ordering::Relaxed),
            started: self.started.load(Ordering::Relaxed),
            refused: self.refused.lock().clone(),
            ended: self.ended.lock().names.clone(),
        }
    }

    pub(crate) fn scripts(&self) -> Vec<ScriptStatistics> {
        self.ended.lock().rows.all()
    }
}

/// A start's place in the counts.
#[derive(Debug)]
pub(crate) struct Reserved {
    table: Arc<Table>,
    script: Arc<str>,
    owner: Arc<Owner>,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut live = self.table.live.lock();
        let Live { scripts, owners, .. } = &mut *live;
        less(scripts, &self.script);
        less(owners, &self.owner);
    }
}

fn less<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// A job's place in the table; taken out when dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct Listed {
    table: Arc<Table>,
    job: Arc<Job>,
    /// None when it was taken out.
    reserved: Option<Reserved>,
}

impl Listed {
    /// Takes it out and says how it ended; without this the job counts as `sandbox-gone`.
    pub(crate) fn ended(mut self, how: &Outcome, cost: &Cost) {
        self.take_out(how, cost);
    }

    /// Counts first and tells last: who is told finds it counted and gone.
    fn take_out(&mut self, how: &Outcome, cost: &Cost) {
        let Some(reserved) = self.reserved.take() else { return };
        {
            let mut ended = self.table.ended.lock();
            *ended.names.entry(how.name).or_default() += 1;
            ended.rows.add(&self.job, how, cost);
        }
        self.job.set_over();
        let mut live = self.table.live.lock();
        live.jobs.remove(&self.job.id);
        if live.jobs.is_empty() {
            self.table.empty.notify_waiters();
        }
        drop(live);
        drop(reserved);
        self.table.observers.ended(&self.job, how, cost);
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        if self.reserved.is_some() {
            let how = Outcome::of(&self.job, Some(&EndedBy::SandboxGone));
            let cost = self.job.cost();
            self.take_out(&how, &cost);
        }
    }
}
