//! Putting the far end on hold, and taking it back; what the other leg of a bridge hears meanwhile.

use crate::endpoint::sip;
use crate::operation::Failure;
use crate::session::{Execution, Session};

impl Session {
    /// Asks the far end to send no audio (`hold`), or to send again, by re-INVITE. Does not wait for
    /// its answer.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Failed` when it is not answered, or is no SIP call.
    pub fn hold(&self, hold: bool) -> Result<(), Failure> {
        if !self.up() {
            return Err(Failure::Hangup(self.hangup_cause()));
        }
        if !self.answered() {
            return Err(Failure::Failed("only an answered call can be put on hold".into()));
        }
        sip::hold(self, hold)
    }

    /// This call was put on hold, or taken back: who is bridged with it hears `hold_music`, or it again.
    pub(crate) fn hold_music(&self, hold: bool) {
        let Some(partner) = self.partner() else { return };
        if !hold {
            return partner.end_music();
        }
        let music = self.variable("hold_music").unwrap_or_default();
        if matches!(music.as_str(), "" | "silence" | "none" | "indicate_hold") {
            return;
        }
        // What a script with fewer rights left on the call is played with its rights.
        let execution = Execution::new("endless_playback", music);
        let left = self.0.shared.lock().left.clone();
        let queued = match left {
            Some(authority) => authority.under_now(|| partner.queue(execution)),
            None => partner.queue(execution),
        };
        match queued {
            Ok(()) => partner.0.shared.lock().music = true,
            Err(failure) => tracing::warn!(call = %partner.uuid(), "no hold_music: {failure}"),
        }
    }

    /// Ends the music that this call hears, if it does.
    pub(crate) fn end_music(&self) {
        if std::mem::take(&mut self.0.shared.lock().music) {
            self.break_operation(false);
        }
    }
}
