//! Messages that tell a call what to do: `sendmsg` of the event socket, `sendEvent` of scripts.

use crate::cause::Cause;
use crate::event::Event;
use crate::operation::Failure;
use crate::session::{Execution, Session};
use crate::variable::is_true;

/// Separates the actions of `xferext`; no application's data has it.
const SEPARATOR: char = '\u{1}';

impl Session {
    /// Takes an event. One with a `call-command` does what that says: `execute` runs an application beside
    /// what the call does, `hangup` ends it, `xferext` sends it to an extension made of the headers
    /// `application`. Any other event waits for an operation that reports events.
    ///
    /// # Errors
    ///
    /// As [`queue`](Self::queue), [`transfer`](Self::transfer), and [`send_message`](Self::send_message).
    pub fn receive(&self, event: Event) -> Result<(), Failure> {
        let header = |name: &str| event.header(name).map(std::borrow::Cow::into_owned);
        match header("call-command").as_deref() {
            Some("execute") => match Execution::of_message(header, event.body()) {
                Some(execution) => self.queue(execution),
                None => Err(Failure::Invalid("execute-app-name is missing".into())),
            },
            Some("hangup") => {
                self.hangup(Cause::parse(&header("hangup-cause").unwrap_or_default()));
                Ok(())
            }
            Some("xferext") => {
                let headers = event.headers().iter();
                let named = headers.filter(|(name, _)| name.eq_ignore_ascii_case("application"));
                self.leave_for(named.map(|(_, value)| value.text().into_owned()))
            }
            _ => self.send_message(event),
        }
    }

    /// Sends the call to an extension of these actions, each `application data`. Without any it stays.
    ///
    /// # Errors
    ///
    /// As [`transfer`](Self::transfer).
    pub fn leave_for(&self, actions: impl Iterator<Item = String>) -> Result<(), Failure> {
        let actions = actions.map(|action| {
            let (application, data) = action.split_once(' ').unwrap_or((&action, ""));
            format!("{application}:{data}")
        });
        let separator = SEPARATOR.to_string();
        let actions = actions.collect::<Vec<_>>().join(&separator);
        if actions.is_empty() {
            return Ok(());
        }
        self.transfer(&format!("m:{separator}:{actions}"), Some("inline"), None)
    }
}

impl Execution {
    /// What a message with `call-command: execute` asks for; none without `execute-app-name`.
    pub fn of_message(header: impl Fn(&str) -> Option<String>, body: Option<&str>) -> Option<Self> {
        let data = header("execute-app-arg").or_else(|| body.map(str::to_owned));
        Some(Self {
            loops: header("loops").and_then(|loops| loops.trim().parse().ok()).unwrap_or(1),
            lock: header("event-lock").is_some_and(|text| is_true(&text)),
            uuid: header("event-uuid"),
            uuid_name: header("event-uuid-name"),
            ..Self::new(header("execute-app-name")?, data.unwrap_or_default())
        })
    }
}
