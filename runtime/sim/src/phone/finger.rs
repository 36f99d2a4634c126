//! When the next key is due.

use std::collections::VecDeque;
use std::time::Duration;

use crate::press::{Presses, Step};

/// How long a key is held down.
pub(crate) const HELD: Duration = Duration::from_millis(100);
/// Between two keys that follow each other without a pause.
pub(crate) const APART: Duration = Duration::from_millis(100);

/// Works through a script of presses from the moment the call is answered. Sans-IO: tells what is
/// due and when.
#[derive(Debug)]
pub(crate) struct Finger {
    steps: VecDeque<Step>,
    /// When the next step begins.
    next: Duration,
}

/// What a finger does now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    HangUp,
    Press(char),
}

impl Finger {
    /// Begins at `answered`.
    pub(crate) fn new(presses: &Presses, answered: Duration) -> Self {
        Self { steps: presses.steps().iter().copied().collect(), next: answered }
    }

    /// When [`Finger::act`] has something to do; none when all is done.
    pub(crate) fn due(&mut self) -> Option<Duration> {
        while let Some(Step::Pause(pause)) = self.steps.front() {
            self.next += *pause;
            self.steps.pop_front();
        }
        (!self.steps.is_empty()).then_some(self.next)
    }

    /// What is due at `now`, if anything.
    pub(crate) fn act(&mut self, now: Duration) -> Option<Act> {
        self.due().filter(|due| *due <= now)?;
        match self.steps.pop_front()? {
            Step::HangUp => {
                self.steps.clear();
                Some(Act::HangUp)
            }
            Step::Key(key) => {
                self.next += HELD + APART;
                Some(Act::Press(key))
            }
            // `due` has taken the pauses.
            Step::Pause(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_each_other_and_pauses_count_from_the_last_one() {
        let presses = "1s 12 500ms 3 hangup 4".parse().unwrap();
        let mut finger = Finger::new(&presses, Duration::from_secs(10));
        let mut done = Vec::new();
        while let Some(due) = finger.due() {
            assert_eq!(finger.act(due - Duration::from_millis(1)), None);
            done.push((due.as_millis(), finger.act(due).unwrap()));
        }
        assert_eq!(
            done,
            [
                (11_000, Act::Press('1')),
                (11_200, Act::Press('2')),
                (11_900, Act::Press('3')),
                (12_100, Act::HangUp)
            ]
        );
    }

    #[test]
    fn nothing_to_press_is_nothing_to_do() {
        let mut finger = Finger::new(&Presses::default(), Duration::ZERO);
        assert_eq!((finger.due(), finger.act(Duration::MAX)), (None, None));
    }
}
