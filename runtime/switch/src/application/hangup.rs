//! `hangup`, `respond`.

use crate::application::{Application, Flags};
use crate::cause::Cause;
use crate::operation::Failure;
use crate::session::Session;
use crate::variable::integer;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "hangup",
            "[<cause>]",
            "Hangup the call",
            "Ends the call. `cause` is a name (`USER_BUSY`) or a Q.850 number; `NORMAL_CLEARING` \
             unless given, and for a word that is no cause. An unanswered call is refused with the \
             cause's SIP status; docs/compatibility.md lists them.",
            Flags::NOMEDIA,
            hangup,
        ),
        Application::new(
            "respond",
            "<respond_data>",
            "Send Respond",
            "Refuses an unanswered call with a SIP status: `486`, `486 Too Busy` (a reason phrase), \
             `302 <sip:1000@192.0.2.7>` (Contact of a redirection). What is no status from 300 to 699 \
             is 488, above that 500; below 300 nothing is done. An answered call is hung up; \
             on a leg without a far end it does nothing.",
            Flags::NOMEDIA,
            respond,
        ),
    ]
}

async fn hangup(session: Session, data: String) -> Result<(), Failure> {
    session.hangup(Cause::parse(data.trim()));
    Ok(())
}

async fn respond(session: Session, data: String) -> Result<(), Failure> {
    if session.is_null() {
        // There is nobody to respond to.
        return Ok(());
    }
    let (code, rest) = data.trim().split_once(' ').unwrap_or((data.trim(), ""));
    let rest = rest.trim();
    let phrase = (!rest.is_empty()).then(|| rest.to_owned());
    match integer(code) {
        0 => session.refuse(Cause::INCOMPATIBLE_DESTINATION, 488, None, None),
        code @ 1..300 => {
            tracing::warn!(call = %session.uuid(), "respond {code}: only 300 to 699 end a call");
        }
        // FreeSWITCH challenges with 407 whichever of the two is asked for.
        401 => session.refuse(Cause::USER_CHALLENGE, 407, None, None),
        code @ 300..400 => {
            let contact = phrase.clone().filter(|text| text.contains("sip:"));
            let phrase = phrase.filter(|_| contact.is_none());
            session.refuse(Cause::NORMAL_UNSPECIFIED, status(code), phrase, contact);
        }
        code @ 400..700 => {
            let status = status(code);
            session.refuse(Cause::from_sip_status(status), status, phrase, None);
        }
        _ => session.refuse(Cause::NORMAL_UNSPECIFIED, 500, None, None),
    }
    Ok(())
}

fn status(code: i64) -> u16 {
    u16::try_from(code).unwrap_or(500)
}
