//! Keys and messages: what arrives for a session and waits to be read, and keys that are sent.

use crate::channel::{MAX_PENDING_MESSAGE_BYTES, MAX_PENDING_MESSAGES};
use crate::event::Event;
use crate::keys;
use crate::operation::{Dtmf, DtmfSource, Failure};
use crate::session::Session;

/// Keys that one `send_dtmf` takes at most; more is refused as `Invalid`.
pub const MAX_MESSAGE_DIGITS: usize = 128;

impl Session {
    /// Presses a key as if the far end had. Dropped when too many wait to be read.
    pub fn receive_dtmf(&self, digit: Dtmf) {
        self.take_dtmf(digit, DtmfSource::App);
    }

    /// A key has arrived: for what is bound to it, else for the partner of a bridge, else for whoever reads
    /// it here. Dropped when too many wait to be read.
    pub(crate) fn take_dtmf(&self, digit: Dtmf, source: DtmfSource) {
        if keys::taken(self, digit) {
            self.0.report_dtmf(digit, source);
        } else {
            self.pass_on(digit, Some(source));
        }
    }

    /// A key that nothing is bound to; without a source its event has been told already.
    pub(crate) fn pass_on(&self, digit: Dtmf, source: Option<DtmfSource>) {
        let report = || {
            if let Some(source) = source {
                self.0.report_dtmf(digit, source);
            }
        };
        if self.pass_key(digit) {
            report();
            return;
        }
        let (taken, first) = {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return;
            }
            let taken = shared.push_digit(digit);
            let first = !taken && !std::mem::replace(&mut shared.overflowed, !taken);
            (taken, first)
        };
        if taken {
            tracing::debug!(call = %self.0.uuid, digit = %digit.digit, duration = digit.duration, "key");
            report();
            self.0.notify();
        } else if first {
            tracing::warn!(
                call = %self.0.uuid,
                "{} keys wait to be read; those that come now are dropped until the script reads",
                crate::channel::MAX_PENDING_DIGITS
            );
        }
    }

    /// Forgets the keys that were pressed and not read.
    pub fn flush_digits(&self) {
        self.0.shared.lock().digits.clear();
    }

    /// Keys that wait to be read.
    #[must_use]
    pub fn pending_digits(&self) -> usize {
        self.0.shared.lock().digits.len()
    }

    /// Sends an event to whatever runs on this session; operations with `input` report it.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Failed` when [`MAX_PENDING_MESSAGES`] wait, or those that wait
    /// take [`MAX_PENDING_MESSAGE_BYTES`] with this one.
    pub fn send_message(&self, event: Event) -> Result<(), Failure> {
        {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return Err(Failure::Hangup(shared.cause));
            }
            let waiting = shared.messages.len();
            let bytes = shared.messages.iter().map(Event::size).sum::<usize>() + event.size();
            if waiting >= MAX_PENDING_MESSAGES || (waiting > 0 && bytes > MAX_PENDING_MESSAGE_BYTES)
            {
                return Err(Failure::Failed(format!(
                    "{waiting} messages wait already on {}; with this one they take {bytes} bytes",
                    self.0.uuid
                )));
            }
            shared.messages.push_back(event);
        }
        self.0.notify();
        Ok(())
    }

    /// Forgets the events that were sent and not read.
    pub fn flush_messages(&self) {
        self.0.shared.lock().messages.clear();
    }

    /// Presses keys towards the far end: `12#` or `12#@100` (each for 100 ms). `w` and `W` wait
    /// 500 ms and 1 s.
    ///
    /// # Errors
    ///
    /// `Invalid` for what is no key and for more than [`MAX_MESSAGE_DIGITS`]; `Failed` without
    /// media.
    pub fn send_dtmf(&self, keys: &str) -> Result<(), Failure> {
        let (digits, duration) = keys.split_once('@').unwrap_or((keys, ""));
        let milliseconds: u32 = match duration {
            "" => 250,
            text => text.parse().map_err(|_| {
                Failure::Invalid(format!(
                    "{keys:?}: after @ a duration in milliseconds is expected"
                ))
            })?,
        };
        if digits.chars().count() > MAX_MESSAGE_DIGITS {
            return Err(Failure::Invalid(format!("more than {MAX_MESSAGE_DIGITS} keys")));
        }
        let samples = milliseconds.saturating_mul(8);
        let keys = digits
            .chars()
            .map(|digit| {
                ringfence_media::Dtmf::with_duration(digit, samples).ok_or_else(|| {
                    Failure::Invalid(format!("{digit:?} is no key: 0-9 * # A-D w W"))
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let stream = {
            let shared = self.0.shared.lock();
            if !shared.state.up() {
                return Err(Failure::Hangup(shared.cause));
            }
            shared.media.stream.clone()
        };
        match stream {
            Some(stream) => {
                stream.send_dtmf(&keys);
                Ok(())
            }
            // A null channel has nobody to press keys for; that is no failure.
            None if self.is_null() => Ok(()),
            None => Err(Failure::Failed("no media to send keys on; answer first".into())),
        }
    }
}
