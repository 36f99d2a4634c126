//! Collecting digits: `getDigits`.
//!
//! Keys that were pressed before count; what is not taken stays for the next one who asks.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use super::{Digits, Failure, MAX_DIGITS, Outcome};
use crate::session::Session;

/// Why no more digits are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As many as were asked for.
    Full,
    /// This key was pressed.
    Terminator(char),
    /// Nothing more came in time.
    Timeout,
}

/// Collects digits into what is there already.
#[derive(Debug)]
pub(super) struct Collector<'s> {
    pub(super) session: &'s Session,
    pub(super) digits: String,
    pub(super) max: usize,
    pub(super) terminators: &'s str,
}

impl Collector<'_> {
    /// Takes the keys that have been pressed; tells why to stop, if so.
    pub(super) fn take(&mut self) -> Option<End> {
        let mut shared = self.session.0.shared.lock();
        loop {
            if self.digits.chars().count() >= self.max {
                return Some(End::Full);
            }
            let key = shared.digits.pop_front()?;
            if self.terminators.contains(key.digit) {
                return Some(End::Terminator(key.digit));
            }
            self.digits.push(key.digit);
        }
    }

    /// Waits until keys wait to be taken.
    pub(super) async fn pressed(&self) {
        self.session.0.wait_for(|shared| (!shared.digits.is_empty()).then_some(())).await;
    }

    /// Collects until there are enough, a terminator is pressed, or nothing comes: `first` before
    /// the first digit, `next` after each, `total` in all. None waits for ever.
    pub(super) async fn collect(
        &mut self,
        first: Option<Duration>,
        next: Option<Duration>,
        total: Option<Duration>,
    ) -> End {
        let begin = Instant::now();
        let mut last = begin;
        loop {
            let before = self.digits.len();
            if let Some(end) = self.take() {
                return end;
            }
            if self.digits.len() != before {
                last = Instant::now();
            }
            let patience = if self.digits.is_empty() { first } else { next };
            let deadline = match (patience.map(|wait| last + wait), total.map(|wait| begin + wait))
            {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            let late = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.pressed() => {}
                () = late => return End::Timeout,
            }
        }
    }
}

/// A number of milliseconds; 0 is no limit.
pub(super) fn milliseconds(value: u32) -> Option<Duration> {
    (value > 0).then(|| Duration::from_millis(u64::from(value)))
}

/// Checks a number of digits that a script asks for.
pub(super) fn check_max(max: u32) -> Result<usize, Failure> {
    match max {
        1..=MAX_DIGITS => Ok(max as usize),
        _ => Err(Failure::Invalid(format!("max {max}: 1 to {MAX_DIGITS} digits can be collected"))),
    }
}

pub(super) fn start(
    session: &Session,
    digits: Digits,
) -> Result<BoxFuture<'static, Outcome>, Failure> {
    let max = check_max(digits.max)?;
    let session = session.clone();
    Ok(Box::pin(async move {
        let first = milliseconds(digits.timeout);
        let next = milliseconds(digits.digit_timeout).or(first);
        let mut collector = Collector {
            session: &session,
            digits: String::new(),
            max,
            terminators: &digits.terminators,
        };
        let end = collector.collect(first, next, milliseconds(digits.total_timeout)).await;
        let collected = collector.digits;
        if let End::Terminator(key) = end {
            session.note("read_terminator_used", key.encode_utf8(&mut [0; 4]));
        }
        Outcome::Digits(collected)
    }))
}
