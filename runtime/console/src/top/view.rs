//! What is shown, and what the keys do.

use std::cmp::Reverse;
use std::collections::HashMap;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::data::{Call, Job, Snapshot};

/// A table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Which {
    Calls,
    Jobs,
}

/// What comes first among scripts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    Cpu,
    Memory,
    Age,
}

impl Order {
    /// The one after it.
    const fn next(self) -> Self {
        match self {
            Self::Cpu => Self::Memory,
            Self::Memory => Self::Age,
            Self::Age => Self::Cpu,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Age => "age",
        }
    }
}

/// What a key asks for.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    Nothing,
    Quit,
    /// To fetch what there is.
    Look,
    /// To run a command.
    Run(String),
}

/// All that the screen shows.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) snapshot: Snapshot,
    pub(crate) table: Which,
    pub(crate) order: Order,
    /// The uuid or job that is chosen, in each table.
    calls_chosen: Option<String>,
    jobs_chosen: Option<String>,
    /// A command that waits for `y`.
    pub(crate) confirm: Option<String>,
    /// The last line: an answer, or what is wrong.
    pub(crate) message: String,
    /// There is no connection.
    pub(crate) lost: bool,
}

impl View {
    /// The first look.
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        let mut view = Self {
            snapshot: Snapshot::default(),
            table: Which::Jobs,
            order: Order::Cpu,
            calls_chosen: None,
            jobs_chosen: None,
            confirm: None,
            message: String::new(),
            lost: false,
        };
        view.update(snapshot);
        view
    }

    /// What there is now; what is chosen stays, as long as it is there.
    pub(crate) fn update(&mut self, mut snapshot: Snapshot) {
        let before: HashMap<&str, &Job> =
            self.snapshot.jobs.iter().map(|job| (job.id.as_str(), job)).collect();
        for job in &mut snapshot.jobs {
            job.share = before.get(job.id.as_str()).and_then(|before| {
                let wall = job.age_ms.checked_sub(before.age_ms).filter(|wall| *wall > 0)?;
                let cpu = job.cpu_ms.saturating_sub(before.cpu_ms);
                // Milliseconds of a few seconds: exact in a float.
                Some(cpu as f64 / wall as f64)
            });
        }
        self.snapshot = snapshot;
        self.lost = false;
        self.sort();
    }

    /// The connection is lost.
    pub(crate) fn lost(&mut self, why: String) {
        self.lost = true;
        self.message = why;
    }

    /// Shows an answer.
    pub(crate) fn say(&mut self, text: String) {
        self.message = text;
    }

    fn sort(&mut self) {
        let order = self.order;
        let jobs = &mut self.snapshot.jobs;
        match order {
            // Per mille, so that they can be compared; a share is small and not negative.
            Order::Cpu => jobs.sort_by_key(|job| {
                (Reverse(job.share.map_or(0, |share| (share * 1000.0) as u64)), Reverse(job.cpu_ms))
            }),
            Order::Memory => jobs.sort_by_key(|job| Reverse(job.memory)),
            Order::Age => jobs.sort_by_key(|job| Reverse(job.age_ms)),
        }
        self.snapshot.calls.sort_by_key(|call| call.began);
    }

    /// The place of what is chosen in its table; the first when it is gone.
    pub(crate) fn chosen(&self, table: Which) -> Option<usize> {
        let (length, place) = match table {
            Which::Calls => {
                let calls = &self.snapshot.calls;
                let place = |id: &String| calls.iter().position(|call| call.uuid == *id);
                (calls.len(), self.calls_chosen.as_ref().and_then(place))
            }
            Which::Jobs => {
                let jobs = &self.snapshot.jobs;
                let place = |id: &String| jobs.iter().position(|job| job.id == *id);
                (jobs.len(), self.jobs_chosen.as_ref().and_then(place))
            }
        };
        place.or((length > 0).then_some(0))
    }

    fn chosen_call(&self) -> Option<&Call> {
        self.snapshot.calls.get(self.chosen(Which::Calls)?)
    }

    fn chosen_job(&self) -> Option<&Job> {
        self.snapshot.jobs.get(self.chosen(Which::Jobs)?)
    }

    fn step(&mut self, by: isize) {
        let place = self.chosen(self.table).unwrap_or_default().saturating_add_signed(by);
        match self.table {
            Which::Calls => {
                let last = self.snapshot.calls.len().saturating_sub(1);
                let call = self.snapshot.calls.get(place.min(last));
                self.calls_chosen = call.map(|call| call.uuid.clone());
            }
            Which::Jobs => {
                let last = self.snapshot.jobs.len().saturating_sub(1);
                let job = self.snapshot.jobs.get(place.min(last));
                self.jobs_chosen = job.map(|job| job.id.clone());
            }
        }
    }

    /// Does what a key says.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Asked {
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return Asked::Quit;
        }
        if let Some(command) = self.confirm.take() {
            return match key.code {
                KeyCode::Char('y' | 'Y') => Asked::Run(command),
                _ => {
                    self.message.clear();
                    Asked::Nothing
                }
            };
        }
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Asked::Quit,
            KeyCode::Char(' ') => return Asked::Look,
            KeyCode::Tab => {
                self.table = match self.table {
                    Which::Calls => Which::Jobs,
                    Which::Jobs => Which::Calls,
                };
            }
            KeyCode::Char('s') => {
                self.order = self.order.next();
                self.sort();
            }
            KeyCode::Up => self.step(-1),
            KeyCode::Down => self.step(1),
            KeyCode::PageUp => self.step(-10),
            KeyCode::PageDown => self.step(10),
            KeyCode::Char('k') => {
                let command = match self.table {
                    Which::Calls => {
                        self.chosen_call().map(|call| format!("uuid_kill {}", call.uuid))
                    }
                    Which::Jobs => self.chosen_job().map(|job| format!("script kill {}", job.id)),
                };
                if let Some(command) = command {
                    self.message = format!("{command}? y does it");
                    self.confirm = Some(command);
                }
            }
            _ => {}
        }
        Asked::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str, age_ms: u64, cpu_ms: u64, memory: u64) -> Job {
        Job { id: id.to_owned(), age_ms, cpu_ms, memory, ..Job::default() }
    }

    fn snapshot(jobs: &[Job]) -> Snapshot {
        let call = Call { uuid: "u-1".to_owned(), ..Call::default() };
        Snapshot { now: 0, calls: vec![call], jobs: jobs.to_vec() }
    }

    fn press(view: &mut View, code: KeyCode) -> Asked {
        view.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn order(view: &View) -> Vec<&str> {
        view.snapshot.jobs.iter().map(|job| job.id.as_str()).collect()
    }

    #[test]
    fn those_that_compute_come_first() {
        let mut view = View::new(snapshot(&[job("a", 1000, 500, 1), job("b", 1000, 0, 2)]));
        assert_eq!(order(&view), ["a", "b"]);
        view.update(snapshot(&[job("a", 2000, 500, 1), job("b", 2000, 900, 2)]));
        assert_eq!(order(&view), ["b", "a"]);
        assert_eq!(view.snapshot.jobs[0].share, Some(0.9));
        press(&mut view, KeyCode::Char('s'));
        assert_eq!((view.order, order(&view)), (Order::Memory, vec!["b", "a"]));
    }

    #[test]
    fn nothing_is_killed_without_a_yes() {
        let mut view = View::new(snapshot(&[job("a", 2, 0, 0), job("b", 1, 0, 0)]));
        press(&mut view, KeyCode::Down);
        press(&mut view, KeyCode::Char('k'));
        assert_eq!(press(&mut view, KeyCode::Char('n')), Asked::Nothing);
        assert_eq!(press(&mut view, KeyCode::Char('y')), Asked::Nothing);
        press(&mut view, KeyCode::Char('k'));
        assert_eq!(press(&mut view, KeyCode::Char('y')), Asked::Run("script kill b".into()));
        press(&mut view, KeyCode::Tab);
        press(&mut view, KeyCode::Char('k'));
        assert_eq!(press(&mut view, KeyCode::Char('y')), Asked::Run("uuid_kill u-1".into()));
    }

    #[test]
    fn what_is_chosen_stays_chosen() {
        let mut view = View::new(snapshot(&[job("a", 1, 3, 0), job("b", 1, 2, 0)]));
        press(&mut view, KeyCode::Down);
        view.update(snapshot(&[job("c", 1, 9, 0), job("a", 2, 3, 0), job("b", 2, 2, 0)]));
        assert_eq!(view.chosen(Which::Jobs).map(|place| order(&view)[place]), Some("b"));
        view.update(snapshot(&[]));
        assert_eq!(view.chosen(Which::Jobs), None);
        press(&mut view, KeyCode::Down);
        press(&mut view, KeyCode::Char('k'));
        assert_eq!(view.confirm, None);
    }
}
