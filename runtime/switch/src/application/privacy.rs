//! `privacy`.

use crate::application::{Application, Flags};
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "privacy",
        "off|on|name|full|number",
        "Set privacy on calls",
        "Hides the caller's name (`name`), number (`number`) or both (`full`, `on`) from whom this call is \
         connected with from now on, or nothing (`off`): legs that it calls say `anonymous` instead, with \
         `Privacy: id` when it is the number.",
        Flags::NOMEDIA,
        privacy,
    )]
}

async fn privacy(session: Session, data: String) -> Result<(), Failure> {
    let (name, number) = match data.trim().to_ascii_lowercase().as_str() {
        "off" | "no" | "false" => (false, false),
        "on" | "yes" | "true" | "full" => (true, true),
        "name" => (true, false),
        "number" => (false, true),
        _ => {
            let text = format!("privacy: {data:?} is none of off, on, name, full, number");
            return Err(Failure::Invalid(text));
        }
    };
    for (field, hide) in [("privacy_hide_name", name), ("privacy_hide_number", number)] {
        session.set_field(field, if hide { "true" } else { "false" });
    }
    Ok(())
}
