//! What every event says about the server that sent it.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Local, Utc};
use ringfence_rim::Clock;

use super::{Event, EventName};

/// The server as events name it.
#[derive(Debug)]
pub struct Core {
    /// New at every start.
    pub uuid: String,
    /// The machine's name.
    pub hostname: String,
    /// `switchname` of switch.conf; the machine's name unless set.
    pub switchname: String,
    /// The address that reaches others over IPv4.
    pub ipv4: IpAddr,
    /// The same over IPv6.
    pub ipv6: IpAddr,
    /// Tells when.
    pub clock: Clock,
    sequence: AtomicU64,
}

impl Core {
    /// A server with a new uuid.
    #[must_use]
    pub fn new(hostname: &str, switchname: &str, ipv4: IpAddr, ipv6: IpAddr, clock: Clock) -> Self {
        Self {
            uuid: uuid::Uuid::new_v4().to_string(),
            hostname: hostname.to_owned(),
            switchname: switchname.to_owned(),
            ipv4,
            ipv6,
            clock,
            sequence: AtomicU64::new(0),
        }
    }

    /// The `Event-Sequence` of the event that was made last; 0 before the first.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Relaxed)
    }

    /// An event with the headers that all have. `subclass` is for `CUSTOM` events only.
    #[track_caller]
    pub(super) fn event(&self, name: EventName, subclass: Option<&str>) -> Event {
        let mut event = Event::bare(name);
        if let Some(subclass) = subclass {
            event.set("Event-Subclass", subclass);
        }
        self.describe(&mut event);
        event
    }

    /// Adds the headers that all events have.
    #[track_caller]
    pub(super) fn describe(&self, event: &mut Event) {
        let name = event.name();
        let now = self.clock.now();
        let utc = DateTime::<Utc>::from(now);
        let local = DateTime::<Local>::from(now);
        let place = std::panic::Location::caller();
        let file = place.file().rsplit('/').next().unwrap_or_default();
        // The module, as there is no way to learn the function: `channel_hangup`.
        let path = place.file();
        let path = path.split_once("src/").map_or(path, |(_, path)| path);
        let module = path.strip_suffix(".rs").unwrap_or(path).replace('/', "_");
        event
            .set("Event-Name", name.as_str())
            .set("Core-UUID", &*self.uuid)
            .set("FreeSWITCH-Hostname", &*self.hostname)
            .set("FreeSWITCH-Switchname", &*self.switchname)
            .set("FreeSWITCH-IPv4", self.ipv4.to_string())
            .set("FreeSWITCH-IPv6", self.ipv6.to_string())
            .set("Event-Date-Local", local.format("%Y-%m-%d %H:%M:%S").to_string())
            .set("Event-Date-GMT", utc.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .set("Event-Date-Timestamp", utc.timestamp_micros().to_string())
            .set("Event-Calling-File", file)
            .set("Event-Calling-Function", module)
            .set("Event-Calling-Line-Number", place.line().to_string())
            .set("Event-Sequence", (self.sequence.fetch_add(1, Ordering::Relaxed) + 1).to_string());
    }
}
