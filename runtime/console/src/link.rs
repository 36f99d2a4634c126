//! A connection that is made anew when it breaks, with what was asked for before.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use crate::client::{Client, ConnectError, Notice, Target};
use crate::frame::Frame;

/// Between two attempts to connect; the last holds on.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];
/// Commands that are said again on a new connection; further ones are not remembered.
const MAX_REMEMBERED: usize = 1_000;
/// How long the server may take to answer each of them.
const PATIENCE: Duration = Duration::from_secs(10);

/// The connection there is, if any.
pub(crate) struct Link {
    target: Target,
    client: Mutex<Option<Arc<Client>>>,
    /// `event`, `filter`, `log` and the like, in order.
    remembered: Mutex<Vec<String>>,
    /// The number of the last event that came.
    last: Mutex<Option<u64>>,
}

impl Link {
    /// Connects. With `again`, waits until the server is there.
    pub(crate) fn connect(
        target: Target,
        again: bool,
        tell: impl Fn(&ConnectError),
    ) -> Result<(Arc<Self>, Receiver<Notice>), ConnectError> {
        let link = Self {
            target,
            client: Mutex::default(),
            remembered: Mutex::default(),
            last: Mutex::default(),
        };
        let mut pauses = PAUSES.iter();
        let mut pause = Duration::ZERO;
        loop {
            match Client::connect(&link.target) {
                Ok((client, notices)) => {
                    *link.client.lock() = Some(Arc::new(client));
                    return Ok((Arc::new(link), notices));
                }
                Err(error) if again && error.passes() => {
                    if pause.is_zero() {
                        tell(&error);
                    }
                    pause = pauses.next().copied().unwrap_or(pause);
                    thread::sleep(pause);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The connection, when there is one.
    pub(crate) fn client(&self) -> Option<Arc<Client>> {
        self.client.lock().clone()
    }

    /// Says a command again on each new connection, when it is one that asks for something; what takes
    /// such a thing back is forgotten with it.
    pub(crate) fn remember(&self, command: &str) {
        let word = command.split(' ').next().unwrap_or_default();
        let mut remembered = self.remembered.lock();
        match word {
            "nolog" => remembered.retain(|known| !known.starts_with("log")),
            "noevents" => {
                remembered
                    .retain(|known| !known.starts_with("event") && !known.starts_with("nixevent"));
            }
            "log" => {
                remembered.retain(|known| !known.starts_with("log"));
                remembered.push(command.to_owned());
            }
            "event" | "nixevent" | "filter" if remembered.len() < MAX_REMEMBERED => {
                remembered.push(command.to_owned());
            }
            _ => {}
        }
    }

    /// Notes how far the events have come.
    pub(crate) fn note(&self, event: &Frame) {
        if let Some(number) = sequence(event) {
            *self.last.lock() = Some(number);
        }
    }

    /// The connection is lost: makes a new one, and asks for the same. Blocks until it is there;
    /// answers why not when it never will be.
    pub(crate) fn again(&self) -> Result<Receiver<Notice>, ConnectError> {
        *self.client.lock() = None;
        let mut pauses = PAUSES.iter();
        let mut pause = Duration::ZERO;
        let (client, notices) = loop {
            match Client::connect(&self.target) {
                Ok(connected) => break connected,
                Err(error) if error.passes() => {
                    pause = pauses.next().copied().unwrap_or(pause);
                    thread::sleep(pause);
                }
                Err(error) => return Err(error),
            }
        };
        let remembered = self.remembered.lock().clone();
        for command in &remembered {
            // Lost already: the notice of that is in the receiver.
            let _ = client.request(command, Some(PATIENCE));
        }
        let events = remembered.iter().any(|command| command.starts_with("event"));
        if let Some(last) = self.last.lock().filter(|_| events) {
            // A FreeSWITCH does not know that, and says so; nothing is lost by asking.
            let next = last.saturating_add(1);
            let _ = client.request(&format!("resume events from {next}"), Some(PATIENCE));
        }
        *self.client.lock() = Some(Arc::new(client));
        Ok(notices)
    }
}

/// `Event-Sequence`, whatever the format.
fn sequence(event: &Frame) -> Option<u64> {
    let (_, rest) = event.body.split_once("Event-Sequence")?;
    let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_event_is_found_in_each_format() {
        for body in [
            "Event-Name: API\nEvent-Sequence: 42\nX: 1\n",
            "{\"Event-Sequence\":\"42\",\"x\":1}",
            "<Event-Sequence>42</Event-Sequence>",
        ] {
            let event = Frame { headers: Vec::new(), body: body.to_owned() };
            assert_eq!(sequence(&event), Some(42), "{body}");
        }
        assert_eq!(sequence(&Frame::default()), None);
    }

    #[test]
    fn what_was_taken_back_is_not_asked_for_again() {
        let target = Target {
            host: String::new(),
            port: 0,
            user: None,
            password: String::new(),
            patience: Duration::ZERO,
        };
        let link = Link {
            target,
            client: Mutex::default(),
            remembered: Mutex::default(),
            last: Mutex::default(),
        };
        for command in ["log 7", "event plain ALL", "log 3", "filter a b", "status"] {
            link.remember(command);
        }
        assert_eq!(*link.remembered.lock(), ["event plain ALL", "log 3", "filter a b"]);
        link.remember("noevents");
        link.remember("nolog");
        assert_eq!(*link.remembered.lock(), ["filter a b"]);
    }
}
