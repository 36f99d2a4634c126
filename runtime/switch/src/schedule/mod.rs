//! What is to be done later: `sched_api`, `sched_hangup` and their relatives, and the heartbeat.
//!
//! A task is a timer on the calls' runtime; what it does runs there, with the rights of whoever
//! scheduled it. Nothing is kept over a restart.

pub(crate) mod call;
mod heartbeat;

pub(crate) use heartbeat::uptime;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use crate::authority;
use crate::event::{Event, EventName};
use crate::switch::Switch;

/// Tasks that wait at a time; one more is refused. A call rarely has more than two, and a task is some
/// hundred bytes.
pub const MAX_TASKS: usize = 100_000;

/// The longest time that a task may wait: ten years, as for a sleep.
const FARTHEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// More tasks are scheduled than [`MAX_TASKS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_TASKS} tasks are scheduled already")]
pub struct Full;

/// When a task is done, as FreeSWITCH writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// Seconds since 1970.
    epoch: u64,
    /// Done again after so many seconds; none is done once.
    every: Option<u64>,
}

impl When {
    /// Reads `+<seconds>` from now, `@<seconds>` again and again, or seconds since 1970. What is no
    /// number is 0: at once.
    #[must_use]
    pub fn parse(text: &str, now: u64) -> Self {
        let number = |text: &str| u64::try_from(crate::variable::integer(text)).unwrap_or(0);
        match (text.strip_prefix('+'), text.strip_prefix('@')) {
            (Some(seconds), _) => Self { epoch: now.saturating_add(number(seconds)), every: None },
            (None, Some(seconds)) => {
                let every = number(seconds);
                let again = Some(every).filter(|every| *every > 0);
                Self { epoch: now.saturating_add(every), every: again }
            }
            (None, None) => Self { epoch: number(text), every: None },
        }
    }
}

/// What a task is called in events and by `sched_del`.
#[derive(Clone, Debug)]
pub struct Label {
    /// `Task-Desc`: what made it.
    pub what: &'static str,
    /// `Task-Group`: `sched_del` takes all of a group at once; of a call's tasks it is the uuid.
    pub group: String,
}

/// What a task does, each time.
pub type Work = Box<dyn Fn(Switch) -> BoxFuture<'static, ()> + Send + Sync>;

struct Task {
    label: Label,
    /// When it is done (again), seconds since 1970.
    epoch: u64,
    timer: Option<AbortHandle>,
    /// It is being done: then taking it off only keeps it from being done again.
    running: bool,
}

/// All tasks of a server.
#[derive(Default)]
pub(crate) struct Schedule {
    /// The last number given.
    last: AtomicU64,
    tasks: Mutex<BTreeMap<u64, Task>>,
    /// How many there are, to be looked at without the lock.
    count: AtomicUsize,
}

impl Switch {
    /// Schedules something on the authority of whoever asks; answers the task's number.
    ///
    /// # Errors
    ///
    /// When too many tasks wait.
    pub fn schedule(&self, when: When, label: Label, work: Work) -> Result<u64, Full> {
        let schedule = self.scheduled();
        let id = {
            let mut tasks = schedule.tasks.lock();
            if tasks.len() >= MAX_TASKS {
                return Err(Full);
            }
            let id = schedule.last.fetch_add(1, Ordering::Relaxed) + 1;
            tasks.insert(
                id,
                Task { label: label.clone(), epoch: when.epoch, timer: None, running: false },
            );
            schedule.count.store(tasks.len(), Ordering::Relaxed);
            id
        };
        self.tell_task(EventName::AddSchedule, id, &label, when.epoch);
        let run = authority::with(authority::current(), run(self.clone(), id, when, work));
        let timer = self.runtime().spawn(run).abort_handle();
        // It may have been done, or taken off, already.
        if let Some(task) = schedule.tasks.lock().get_mut(&id) {
            task.timer = Some(timer);
        }
        Ok(id)
    }

    /// Takes off the task of that number.
    pub fn unschedule(&self, id: u64) -> bool {
        self.unschedule_all(|task, _| task == id) > 0
    }

    /// Takes off all tasks of a group; answers how many.
    pub fn unschedule_group(&self, group: &str) -> usize {
        if self.scheduled().count.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        self.unschedule_all(|_, label| label.group == group)
    }

    /// All tasks, oldest first: number, label, and when (seconds since 1970).
    #[must_use]
    pub fn tasks(&self) -> Vec<(u64, Label, u64)> {
        let tasks = self.scheduled().tasks.lock();
        tasks.iter().map(|(id, task)| (*id, task.label.clone(), task.epoch)).collect()
    }

    fn unschedule_all(&self, which: impl Fn(u64, &Label) -> bool) -> usize {
        let schedule = self.scheduled();
        let mut gone = Vec::new();
        {
            let mut tasks = schedule.tasks.lock();
            let chosen: Vec<u64> = tasks
                .iter()
                .filter(|(id, task)| which(**id, &task.label))
                .map(|(id, _)| *id)
                .collect();
            for id in chosen {
                gone.extend(tasks.remove(&id).map(|task| (id, task)));
            }
            schedule.count.store(tasks.len(), Ordering::Relaxed);
        }
        for (id, task) in &gone {
            if let Some(timer) = task.timer.as_ref().filter(|_| !task.running) {
                timer.abort();
            }
            self.tell_task(EventName::DelSchedule, *id, &task.label, task.epoch);
        }
        gone.len()
    }

    /// Notes when a task is done next; false when it was taken off.
    fn postpone(&self, id: u64, epoch: u64) -> bool {
        let label = match self.scheduled().tasks.lock().get_mut(&id) {
            Some(task) => {
                task.epoch = epoch;
                task.running = false;
                task.label.clone()
            }
            None => return false,
        };
        self.tell_task(EventName::ReSchedule, id, &label, epoch);
        true
    }

    /// A task is being done; false when it was taken off.
    fn begin(&self, id: u64) -> bool {
        let mut tasks = self.scheduled().tasks.lock();
        tasks.get_mut(&id).map(|task| task.running = true).is_some()
    }

    /// A task is done for good.
    fn done(&self, id: u64) {
        let schedule = self.scheduled();
        let task = {
            let mut tasks = schedule.tasks.lock();
            let task = tasks.remove(&id);
            schedule.count.store(tasks.len(), Ordering::Relaxed);
            task
        };
        if let Some(Task { label, epoch, .. }) = task {
            self.tell_task(EventName::DelSchedule, id, &label, epoch);
        }
    }

    fn tell_task(&self, name: EventName, id: u64, label: &Label, epoch: u64) {
        self.events().fire(name, |event: &mut Event| {
            event
                .set("Task-ID", id.to_string())
                .set("Task-Desc", label.what)
                .set("Task-Group", label.group.as_str())
                .set("Task-Runtime", epoch.to_string());
        });
    }

    /// Seconds since 1970, as tasks count.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.clock().since_epoch().as_secs()
    }
}

async fn run(switch: Switch, id: u64, when: When, work: Work) {
    let mut epoch = when.epoch;
    loop {
        let left = Duration::from_secs(epoch).saturating_sub(switch.clock().since_epoch());
        tokio::time::sleep(left.min(FARTHEST)).await;
        if !switch.begin(id) {
            return;
        }
        work(switch.clone()).await;
        let Some(every) = when.every else { break };
        // By the clock, so that many short rounds do not drift; missed ones are not made up for.
        epoch = epoch.saturating_add(every).max(switch.epoch());
        if !switch.postpone(id, epoch) {
            return;
        }
    }
    switch.done(id);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_freeswitch_does() {
        assert_eq!(When::parse("+5", 100), When { epoch: 105, every: None });
        assert_eq!(When::parse("@5", 100), When { epoch: 105, every: Some(5) });
        assert_eq!(When::parse("@0", 100), When { epoch: 100, every: None });
        assert_eq!(When::parse("1234", 100), When { epoch: 1234, every: None });
        for text in ["abc", "", "-5"] {
            assert_eq!(When::parse(text, 100), When { epoch: 0, every: None }, "{text}");
        }
    }
}
