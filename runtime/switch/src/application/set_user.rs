//! `set_user`.

use crate::application::{Application, Flags};
use crate::authority;
use crate::operation::Failure;
use crate::session::Session;
use crate::variable::Refused;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "set_user",
        "<user>@<domain> [prefix]",
        "Set a User",
        "Gives this call the variables that the directory has for a user (with the prefix before their \
         names), and `user_name`, `domain_name`, `dialed_user` and `dialed_domain` without a prefix, as if \
         the user had called. The domain is the global variable `domain` unless it is named.",
        Flags::ROUTING,
        set_user,
    )]
}

async fn set_user(session: Session, data: String) -> Result<(), Failure> {
    let data = data.trim();
    let (who, prefix) = data.split_once(' ').unwrap_or((data, ""));
    let usual = || session.switch().variables().text("domain").unwrap_or_default();
    let (name, domain) = match who.split_once('@') {
        Some((name, domain)) => (name, domain.to_owned()),
        None => (who, usual()),
    };
    let found = authority::as_operator(session.switch().find_user(name, &domain, |_| {})).await;
    let Some(user) = found else {
        return Err(Failure::NotFound(format!("set_user: there is no user {name}@{domain}")));
    };
    let set = |name: &str, value: &str| {
        let own = || session.set_variable(name, Some(value));
        // What a handler answered has its script's rights; whoever asks for it needs them as well.
        let done = match user.domain().authority() {
            Some(script) => authority::variable(name, value)
                .map_err(|_| Refused::NotPermitted)
                .and_then(|_| script.under_now(own)),
            None => own(),
        };
        if let Err(refused) = done {
            tracing::warn!(call = %session.uuid(), name, %refused, "set_user: variable not set");
        }
    };
    for (variable, value) in user.variables() {
        set(&format!("{}{variable}", prefix.trim()), value);
    }
    if prefix.is_empty() {
        let id = user.attribute("id").unwrap_or(name);
        set("user_name", id);
        set("domain_name", &domain);
        set("dialed_user", id);
        set("dialed_domain", &domain);
    }
    Ok(())
}
