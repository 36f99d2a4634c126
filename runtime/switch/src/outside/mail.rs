//! Mail, and who may send to whom.

use ringfence_outside::mail::{Fault, Message};

use crate::authority;
use crate::operation::Failure;
use crate::switch::Switch;

/// Whether whoever asks now may send mail to that address: the permission `email` names it.
///
/// # Errors
///
/// `Refused`.
fn permitted(address: &str) -> Result<(), Failure> {
    authority::ask(|authority| {
        if authority.permissions().email.contain(address) {
            return Ok(());
        }
        Err(authority.refuse(&format!("send mail to {address}"), &format!("email={address}")))
    })
}

/// Sends a message for whoever asks for it now, by the configured mailer or SMTP server, and waits until it
/// was taken.
///
/// # Errors
///
/// `Refused`, `Invalid` for an address that is none, `Failed` with why it was not taken.
pub async fn mail(switch: &Switch, message: Message, who: &str) -> Result<(), Failure> {
    let recipients = message.recipients().map_err(|why| Failure::Invalid(why.to_string()))?;
    recipients.into_iter().try_for_each(permitted)?;
    let configuration = switch.configuration();
    let route = &configuration.switch.mail;
    message.send(switch.outside(), route, who).await.map_err(|fault| match fault {
        Fault::Invalid(why) => Failure::Invalid(why.to_string()),
        fault => Failure::Failed(fault.to_string()),
    })
}
