//! How a SIP far end is told that the call is over.

use ringfence_sip::Headers;

use crate::cause::Cause;
use crate::channel::hangup::How;
use crate::channel::{Direction, Disposition};
use crate::endpoint::sip::SipLeg;

impl SipLeg {
    /// A refusal before the answer to a call that came, CANCEL for one we make, BYE after the
    /// answer; each with the Reason (RFC 3326) of the cause.
    pub(crate) fn hangup(
        &mut self,
        direction: Direction,
        answered: bool,
        cause: Cause,
        how: &How,
    ) -> Option<Disposition> {
        let reason: Headers = vec![("Reason".into(), cause.reason())];
        let (disposition, told) = match (direction, answered) {
            (Direction::Inbound, false) => {
                (Disposition::SendRefuse, self.refuse(cause, how, reason))
            }
            (Direction::Outbound, false) => (Disposition::SendCancel, self.call.hangup(reason)),
            (_, true) => (Disposition::SendBye, self.call.hangup(reason)),
        };
        if let Err(error) = told {
            // The leg ended by itself at the same time, or its thread is overloaded; the last
            // handle that is dropped hangs up in any case.
            tracing::debug!(sip_call = self.call.id(), %error, "far end not told of the hangup");
        }
        Some(disposition)
    }

    fn refuse(
        &mut self,
        cause: Cause,
        how: &How,
        reason: Headers,
    ) -> Result<(), ringfence_sip::CallError> {
        let How::Refuse { status, phrase, contact } = how else {
            return self.call.reject(cause.sip_status(), None, reason);
        };
        let mut headers = reason;
        if matches!(status, 401 | 407) || (*status == 500 && cause == Cause::NORMAL_UNSPECIFIED) {
            // FreeSWITCH tells no cause with a challenge, nor with a status it had to replace.
            headers.clear();
        }
        if let Some(contact) = contact {
            headers.push(("Contact".into(), contact.clone()));
        }
        self.call.reject(*status, phrase.as_deref(), headers)
    }
}
