//! Text messages: the chatplan, and the applications that it runs.
//!
//! A message is an event `MESSAGE` with the headers `proto`, `from`, `to`, `type` … and a body. The
//! section `chatplan` is hunted for it as the dialplan is for a call; its applications read and change
//! the message. Messages come from the command `chat` and from scripts; there is no SIP MESSAGE yet.

mod application;
mod plan;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use crate::authority::{self, as_operator};
use crate::event::{Event, EventName};
use crate::lookup::{Request, Section};
use crate::operation::Failure;
use crate::switch::Switch;

pub(crate) use application::all as applications;

/// How often a message may go through the chatplan again.
const MAX_FORWARDS: u32 = 70;

/// A message on its way through the chatplan. Clones are the same.
#[derive(Clone, Debug)]
pub struct Message(Arc<Mutex<Event>>);

impl Message {
    /// One with these headers and that body.
    #[must_use]
    pub fn new(event: Event) -> Self {
        Self(Arc::new(Mutex::new(event)))
    }

    /// As it is now.
    #[must_use]
    pub fn event(&self) -> Event {
        self.0.lock().clone()
    }

    /// Makes it another one.
    pub fn replace(&self, event: Event) {
        *self.0.lock() = event;
    }

    /// A header, if there is one; `_body` is the body.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let event = self.0.lock();
        if name == "_body" {
            return event.body().map(str::to_owned);
        }
        event.header(name).map(std::borrow::Cow::into_owned)
    }

    /// Sets a header; none removes it.
    pub fn set(&self, name: &str, value: Option<&str>) {
        let mut event = self.0.lock();
        match value {
            Some(value) => {
                event.set(name, value);
            }
            None => {
                event.remove(name);
            }
        }
    }
}

/// What becomes of a message after an application.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flow {
    /// The next application runs.
    Next,
    /// No further application does.
    Stop,
}

/// What runs a chat application: the message and the application's (expanded) data. The error is for the
/// log; the next application runs.
pub type Run =
    Arc<dyn Fn(Switch, Message, String) -> BoxFuture<'static, Result<Flow, String>> + Send + Sync>;

/// An application of the chatplan.
#[derive(Clone)]
pub struct ChatApplication {
    /// As written in the chatplan.
    pub name: &'static str,
    /// Its data, as FreeSWITCH writes syntax.
    pub syntax: &'static str,
    /// What it does, in a line.
    pub short: &'static str,
    /// Runs it.
    pub run: Run,
}

impl ChatApplication {
    /// An entry whose handler is the async function `run`.
    pub fn new<F, R>(name: &'static str, syntax: &'static str, short: &'static str, run: F) -> Self
    where
        F: Fn(Switch, Message, String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Flow, String>> + Send + 'static,
    {
        let run: Run = Arc::new(move |switch, message, data| Box::pin(run(switch, message, data)));
        Self { name, syntax, short, run }
    }
}

impl fmt::Debug for ChatApplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatApplication").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Switch {
    /// A new message, as the command `chat` makes it.
    #[track_caller]
    #[must_use]
    pub fn message(&self, proto: &str, from: &str, to: &str, body: &str, kind: &str) -> Event {
        let mut event = self.events().event(EventName::Message);
        event.set("proto", "global").set("dest_proto", proto).set("from", from).set("to", to);
        for (name, address) in [("from", from), ("to", to)] {
            let (user, host) = address.split_once('@').unwrap_or((address, ""));
            event.set(&format!("{name}_user"), user).set(&format!("{name}_host"), host);
        }
        event.set("type", if kind.is_empty() { "text/plain" } else { kind }).set_body(body);
        event
    }

    /// Takes a message through the chatplan.
    ///
    /// # Errors
    ///
    /// No extension took it; the text says why.
    pub async fn chat(&self, message: &Message) -> Result<(), String> {
        let forwards = message.header("max_forwards").and_then(|text| text.parse().ok());
        let forwards = forwards.unwrap_or(MAX_FORWARDS);
        if forwards == 0 {
            return Err("it went through the chatplan too often".to_owned());
        }
        message.set("max_forwards", Some(&(forwards - 1).to_string()));
        let context = message.header("context").unwrap_or_else(|| "default".to_owned());
        let request = Request {
            section: Section::Chatplan,
            tag_name: String::new(),
            key_name: String::new(),
            key_value: String::new(),
            params: message.event(),
        };
        let found = as_operator(self.ask(&request)).await;
        let authority = found.as_ref().and_then(|found| found.authority().cloned());
        let plan = match &found {
            Some(found) => found.dialplan(self).await?,
            None => Arc::clone(&self.configuration().chatplan),
        };
        let taken = plan::execute(self, message, &plan, &context);
        match authority {
            Some(authority) => authority.under(taken).await,
            None => as_operator(taken).await,
        }
    }

    /// Sends a message to a chat interface: `GLOBAL` (also without a name) is the chatplan, `event` fires
    /// it as `RECV_MESSAGE`.
    ///
    /// # Errors
    ///
    /// `NotFound` for another name, `Failed` when nobody took it, `Refused` when the script that asks may
    /// not fire it.
    pub async fn chat_send(&self, message: &Message, protocol: &str) -> Result<(), Failure> {
        match protocol.to_ascii_lowercase().as_str() {
            "" | "global" | "global_sms" => self.chat(message).await.map_err(Failure::Failed),
            "event" => {
                let name = EventName::RecvMessage;
                authority::ask(|authority| authority.fire(name.as_str(), ""))?;
                let mut event = self.events().event(name);
                let sent = message.event();
                for (header, value) in sent.headers().iter() {
                    if event.header(header).is_none() {
                        event.set(header, value.text());
                    }
                }
                if let Some(body) = sent.body() {
                    event.set_body(body);
                }
                self.events().publish(event);
                Ok(())
            }
            _ => Err(Failure::NotFound(format!(
                "there is no chat interface {protocol:?}, only GLOBAL and event"
            ))),
        }
    }

    /// Runs one application with a message.
    ///
    /// # Errors
    ///
    /// There is no such application, it may not be run, or what it said.
    pub async fn chat_execute(
        &self,
        message: &Message,
        application: &str,
        data: &str,
    ) -> Result<Flow, String> {
        let Some(found) = self.chat_application(application) else {
            return Err(format!("there is no chat application {application}"));
        };
        authority::application(found.name).map_err(|refused| refused.to_string())?;
        let data = plan::expanded(self, message, data).await;
        (found.run)(self.clone(), message.clone(), data).await
    }
}
