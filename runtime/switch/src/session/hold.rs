//! Putting the far end on hold, and taking it back.

use crate::endpoint::sip;
use crate::operation::Failure;
use crate::session::Session;

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
}
