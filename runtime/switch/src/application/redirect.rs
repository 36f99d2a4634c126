//! `redirect`, `deflect`.

use crate::application::{Application, Flags};
use crate::cause::Cause;
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "redirect",
            "<redirect_data>",
            "Send session redirect",
            "Sends an unanswered caller elsewhere: `302 Moved Temporarily` with these contacts, a URI \
             (`sip:1000@192.0.2.7`) or several, separated by commas. The caller's phone calls them itself.",
            Flags::NOMEDIA,
            async |session: Session, data: String| redirect("redirect", &session, &data),
        ),
        Application::new(
            "deflect",
            "<deflect_data>",
            "Send call deflect",
            "As `redirect`. For an answered call it would be a REFER, which is not sent: then nothing is \
             done.",
            Flags::NOMEDIA,
            async |session: Session, data: String| redirect("deflect", &session, &data),
        ),
    ]
}

fn redirect(name: &str, session: &Session, data: &str) -> Result<(), Failure> {
    let contacts: Vec<&str> =
        data.split(',').map(str::trim).filter(|uri| !uri.is_empty()).collect();
    if contacts.is_empty() {
        return Err(Failure::Invalid(format!("{name} needs a URI, as sip:1000@192.0.2.7")));
    }
    if session.answered() {
        return Err(Failure::Failed(format!(
            "{name}: the call is answered; it can only be transferred"
        )));
    }
    let bracketed = |uri: &&str| match uri.starts_with('<') {
        true => (*uri).to_owned(),
        false => format!("<{uri}>"),
    };
    let contacts = contacts.iter().map(bracketed).collect::<Vec<_>>().join(", ");
    session.refuse(Cause::NORMAL_UNSPECIFIED, 302, None, Some(contacts));
    Ok(())
}
