//! `HEARTBEAT`: that the server lives, and how it is.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Full, Label, When};
use crate::event::EventName;
use crate::switch::Switch;

impl Switch {
    /// Tells `HEARTBEAT` every so many seconds from now on (`event-heartbeat-interval`).
    ///
    /// # Errors
    ///
    /// When too many tasks wait; not at a start, when none does.
    pub fn beat(&self, seconds: u32) -> Result<u64, Full> {
        let seconds = u64::from(seconds.max(1));
        let label = Label { what: "heartbeat", group: "core".into() };
        let when = When { epoch: self.epoch() + seconds, every: Some(seconds) };
        let last = Arc::new(Mutex::new(Ticks::default()));
        self.schedule(
            when,
            label,
            Box::new(move |switch| {
                let last = Arc::clone(&last);
                Box::pin(async move { beat(&switch, &last).await })
            }),
        )
    }
}

async fn beat(switch: &Switch, last: &Mutex<Ticks>) {
    if !switch.events().wanted(EventName::Heartbeat) {
        return;
    }
    let idle = ticks(switch).await.and_then(|now| {
        let before = std::mem::replace(&mut *last.lock(), now);
        now.idle_since(before)
    });
    let statistics = switch.statistics();
    let (rate, peak_rate) = switch.rate();
    let configuration = switch.configuration();
    let up = switch.started().elapsed();
    switch.events().fire(EventName::Heartbeat, |event| {
        let ready = if switch.closing() { "System Shutting Down" } else { "System Ready" };
        event
            .set("Event-Info", ready)
            .set("Up-Time", uptime(up))
            .set("FreeSWITCH-Version", concat!("Ringfence-", env!("CARGO_PKG_VERSION")))
            .set("Uptime-msec", up.as_millis().to_string())
            .set("Session-Count", statistics.active.to_string())
            .set("Max-Sessions", configuration.max_sessions().to_string())
            .set("Session-Per-Sec", configuration.sessions_per_second().to_string())
            .set("Session-Per-Sec-Last", rate.to_string())
            .set("Session-Per-Sec-Max", peak_rate.to_string())
            .set("Session-Since-Startup", statistics.total.to_string())
            .set("Session-Peak-Max", statistics.peak.to_string());
        if let Some(idle) = idle {
            event.set("Idle-CPU", format!("{idle:.6}"));
        }
    });
}

/// `0 years, 0 days, 0 hours, 11 minutes, 40 seconds, 248 milliseconds, 256 microseconds`.
#[must_use]
pub(crate) fn uptime(up: Duration) -> String {
    let seconds = up.as_secs();
    let days = seconds / 86_400;
    format!(
        "{} years, {} days, {} hours, {} minutes, {} seconds, {} milliseconds, {} microseconds",
        days / 365,
        days % 365,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        up.subsec_millis(),
        up.subsec_micros() % 1_000,
    )
}

/// What the processors have done since the machine started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Ticks {
    idle: f64,
    all: f64,
}

impl Ticks {
    /// How much of the time since then was idle, in percent.
    fn idle_since(self, before: Self) -> Option<f64> {
        let all = self.all - before.all;
        (all > 0.0).then(|| (self.idle - before.idle) / all * 100.0)
    }
}

/// None where that cannot be learned.
async fn ticks(switch: &Switch) -> Option<Ticks> {
    let read = switch.runtime().spawn_blocking(|| std::fs::read_to_string("/proc/stat"));
    parse(&read.await.ok()?.ok()?)
}

/// The first line of /proc/stat: `cpu user nice system idle iowait …`, in ticks.
fn parse(text: &str) -> Option<Ticks> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    Some(Ticks { idle: *ticks.get(3)?, all: ticks.iter().sum() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_in_all_its_parts() {
        let up = Duration::new(700, 248_256_000);
        assert_eq!(
            uptime(up),
            "0 years, 0 days, 0 hours, 11 minutes, 40 seconds, 248 milliseconds, 256 microseconds"
        );
    }

    #[test]
    fn idle_time_is_a_share_of_all() {
        let (before, now) = (parse("cpu  10 0 10 80 0 0\ncpu0 1"), parse("cpu  20 0 20 160 0 0"));
        let (before, now) = (before.unwrap(), now.unwrap());
        assert_eq!(now.idle_since(before), Some(80.0));
        assert_eq!(before.idle_since(before), None);
        for text in ["", "cpu ", "cpu 0 0 0", "intr 5"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
