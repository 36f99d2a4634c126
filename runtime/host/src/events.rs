//! `CUSTOM ringfence::script`: scripts that start and end, for whoever listens.

use ringfence_sandbox::{Cost, JobInfo, Observer, Outcome};
use ringfence_switch::event::{Bus, Event};

/// The subclass of the events.
pub const SUBCLASS: &str = "ringfence::script";

/// Tells the bus. Nothing is built while nobody wants these events.
pub(crate) struct Reporter(pub(crate) Bus);

impl Observer for Reporter {
    fn started(&self, job: &JobInfo) {
        self.tell("start", job, |_| {});
    }

    fn ended(&self, job: &JobInfo, how: &Outcome, cost: &Cost) {
        self.tell("stop", job, |event| {
            event.set("Script-Result", how.name);
            event.set("Script-Error", how.error.clone().unwrap_or_default());
            event.set("Script-At", job.at.as_ref().map(ToString::to_string).unwrap_or_default());
            event.set("Script-Wall-Ms", cost.wall.as_millis().to_string());
            event.set("Script-Cpu-Ms", cost.cpu.as_millis().to_string());
            event.set("Script-Peak-Memory", cost.peak_memory.to_string());
            event.set("Script-Host-Calls", cost.host_calls.to_string());
        });
    }
}

impl Reporter {
    fn tell(&self, action: &str, job: &JobInfo, more: impl FnOnce(&mut Event)) {
        if !self.0.wanted_custom(SUBCLASS) {
            return;
        }
        let mut event = self.0.custom(SUBCLASS);
        event.set("Action", action);
        event.set("Script-Job", job.id.to_string());
        event.set("Script-Name", &*job.script);
        event.set("Script-Version", job.version.as_deref().unwrap_or_default());
        event.set("Script-Guest", &*job.guest);
        event.set("Script-Owner", job.owner.to_string());
        event.set("Script-Profile", &*job.profile);
        event.set("Unique-ID", job.call.clone().unwrap_or_default());
        more(&mut event);
        self.0.publish(event);
    }
}
