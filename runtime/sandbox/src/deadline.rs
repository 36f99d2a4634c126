//! The moments at which a run ends by the clock.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::ended::EndedBy;
use crate::job::Job;

/// The end of a run's wall time and the deadline set from outside ([`Job::end_at`]), whichever
/// comes first.
pub(crate) struct Deadline {
    /// None is never.
    next: Option<(Instant, EndedBy)>,
    /// Made when there is something to wait for.
    alarm: Option<Pin<Box<Sleep>>>,
    /// How much of [`Job::deadlines`] this knows.
    known: u32,
}

impl Deadline {
    pub(crate) fn new(job: &Job) -> Self {
        let wall = job.profile.wall;
        let end = wall.and_then(|limit| {
            let when = job.origin.checked_add(limit)?;
            Some((when, EndedBy::WallLimit { limit }))
        });
        Self { next: end, alarm: None, known: 0 }
    }

    /// Why the run must end now; else the task is woken when it must.
    pub(crate) fn passed(&mut self, job: &Job, cx: &mut Context<'_>) -> Option<EndedBy> {
        let known = job.deadlines();
        if known != self.known {
            self.known = known;
            self.take(job);
        }
        let (when, why) = self.next.as_ref()?;
        // A guest that never rests can keep the timer from being looked at, but not the clock.
        if Instant::now() >= *when {
            return Some(why.clone());
        }
        let when = *when;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(when)));
        match alarm.as_mut().poll(cx) {
            Poll::Ready(()) => Some(why.clone()),
            Poll::Pending => None,
        }
    }

    fn take(&mut self, job: &Job) {
        if let Some((when, end)) = job.deadline()
            && self.next.as_ref().is_none_or(|(next, _)| when < *next)
        {
            self.next = Some((when, EndedBy::Host(end)));
            self.alarm = None;
        }
    }
}
