//! Who may log in with `userauth`, and what they may do: the directory's users.
//!
//! ```xml
//! <section name="directory">
//!   <domain name="example.com">
//!     <groups><group name="operators"><users>
//!       <user id="alice">
//!         <params>
//!           <param name="esl-password" value="secret"/>
//!           <param name="esl-allowed-events" value="API HEARTBEAT"/>
//!           <param name="esl-allowed-api" value="version echo"/>
//!           <param name="esl-allowed-log" value="false"/>
//! ```
//!
//! A parameter of the group or the domain holds for all its users that do not set it.

use std::collections::BTreeSet;

use ringfence_switch::Switch;
use ringfence_switch::event::{EventName, Filter};
use ringfence_switch::variable::is_true;

use crate::verb::event::Keywords;
use crate::want::Want;

/// What a client may do once it has logged in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Rights {
    /// The events it may ask for; none is all.
    events: Option<Want>,
    /// The API commands it may run, in lower case; none is all.
    api: Option<BTreeSet<String>>,
    /// Whether it may read the log.
    pub(crate) log: bool,
}

impl Rights {
    /// Everything: the client knew the password of the server.
    pub(crate) fn all() -> Self {
        Self { events: None, api: None, log: true }
    }

    /// Whether it may ask for all events, of all names and subclasses.
    pub(crate) fn all_events(&self) -> bool {
        self.events.as_ref().is_none_or(|allowed| allowed.filter() == Filter::all())
    }

    /// Whether it may ask for events of that name.
    pub(crate) fn event(&self, name: EventName) -> bool {
        self.events.as_ref().is_none_or(|allowed| allowed.names(name))
    }

    /// Whether it may ask for that subclass.
    pub(crate) fn subclass(&self, subclass: &str) -> bool {
        self.events.as_ref().is_none_or(|allowed| allowed.has_subclass(subclass))
    }

    /// Whether it may run that API command.
    pub(crate) fn api(&self, command: &str) -> bool {
        self.api.as_ref().is_none_or(|allowed| allowed.contains(&command.to_ascii_lowercase()))
    }
}

/// A user who may log in.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) password: String,
    pub(crate) rights: Rights,
    /// The answer's headers.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The user of that name in that domain, as handlers or files have it; none without `esl-password`, or
/// when a script has answered that may itself not do what users may.
pub(crate) async fn find(switch: &Switch, name: &str, domain: &str) -> Option<User> {
    let user = switch.find_user(name, domain, |_| {}).await?;
    let password = user.param("esl-password").filter(|password| !password.is_empty())?;
    if let Some(Err(refused)) = user.authority().map(|authority| authority.event_socket()) {
        tracing::warn!("user {name}@{domain} may not log in: {refused}");
        return None;
    }
    let events = user.param("esl-allowed-events").unwrap_or("all");
    let api = user.param("esl-allowed-api").unwrap_or("all");
    let log = is_true(user.param("esl-allowed-log").unwrap_or("true"));
    let all = |text: &str| text.split_whitespace().any(|word| word.eq_ignore_ascii_case("all"));
    let rights = Rights {
        events: (!all(events)).then(|| Keywords::read(events).want()),
        api: (!all(api)).then(|| api.split_whitespace().map(str::to_ascii_lowercase).collect()),
        log,
    };
    Some(User {
        password: password.to_owned(),
        rights,
        headers: vec![
            ("Allowed-Events", events.to_owned()),
            ("Allowed-API", api.to_owned()),
            ("Allowed-LOG", log.to_string()),
        ],
    })
}
