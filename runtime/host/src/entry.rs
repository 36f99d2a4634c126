//! `interface entry`: what a run was started for, where that is neither a call nor a command, and what it
//! answers.

use ringfence_sandbox::State;
use ringfence_switch::{
    dialplan::MAX_ACTIONS,
    event::{Event, EventName},
    lookup::{MAX_ANSWER, Request, Section},
};

use crate::{
    bindings::ringfence::call::{
        entry,
        types::{EventData, Failure},
    },
    failure::bounded,
    host::Host,
};

/// The largest message that the chat application hands on, in bytes; text messages have some hundred.
const MAX_MESSAGE: usize = 1 << 20;

/// What a run is given besides its session, and what it is to answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// `XML_REQUEST`.
    pub(crate) request: Option<entry::Request>,
    /// A global, and the event in it.
    pub(crate) event: Option<(&'static str, EventData)>,
    /// What is answered in the end.
    pub(crate) answer: Answer,
    /// The sections whose handlers wait for this run: they are not asked again for it.
    pub(crate) asking: Asking,
}

/// What a run answers.
#[derive(Clone, Debug, Default)]
pub(crate) enum Answer {
    /// Nothing.
    #[default]
    Nothing,
    /// XML; none as long as it said nothing.
    Xml(Option<Vec<u8>>),
    /// An extension: applications with their data, and the sum of their lengths.
    Actions(Vec<(String, String)>, usize),
    /// The message, if it was changed.
    Message(Option<EventData>),
}

/// Sections, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asking(u8);

impl Asking {
    pub(crate) fn contains(self, section: Section) -> bool {
        self.0 & 1 << section as u8 != 0
    }

    pub(crate) fn and(self, section: Section) -> Self {
        Self(self.0 | 1 << section as u8)
    }
}

tokio::task_local! {
    /// What the current task is asked for.
    static ASKING: Asking;
}

/// What the current task is asked for: by the script that it works for, and by those above.
pub(crate) fn asking() -> Asking {
    ASKING.try_with(|asking| *asking).unwrap_or_default()
}

/// Does something for a script that is asked for this.
pub(crate) async fn asked<T>(asking: Asking, work: impl Future<Output = T>) -> T {
    if asking == Asking::default() { work.await } else { ASKING.scope(asking, work).await }
}

impl Entry {
    /// The call that the event is about, for the log.
    pub(crate) fn call(&self) -> Option<String> {
        let (_, event) = self.event.as_ref()?;
        let mut headers = event.headers.iter();
        headers.find(|(name, _)| name == "Unique-ID").map(|(_, uuid)| uuid.clone())
    }

    /// For the handler that is asked this.
    pub(crate) fn handler(request: &Request) -> Self {
        Self {
            request: Some(entry::Request {
                section: request.section.name().to_owned(),
                tag_name: request.tag_name.clone(),
                key_name: request.key_name.clone(),
                key_value: request.key_value.clone(),
            }),
            event: Some(("params", data(&request.params))),
            answer: Answer::Xml(None),
            asking: asking().and(request.section),
        }
    }

    /// For a script that answers an extension.
    pub(crate) fn dialplan() -> Self {
        Self { answer: Answer::Actions(Vec::new(), 0), ..Self::default() }
    }

    /// For the script of a hook.
    pub(crate) fn hook(event: &Event) -> Self {
        Self { event: Some(("event", data(event))), ..Self::default() }
    }

    /// For the chat application.
    pub(crate) fn chat(message: &Event) -> Self {
        let event = Some(("message", data(message)));
        Self { event, answer: Answer::Message(None), ..Self::default() }
    }
}

/// An event as guests get it.
pub(crate) fn data(event: &Event) -> EventData {
    EventData {
        name: event.name().to_string(),
        headers: event
            .headers()
            .iter()
            .map(|(name, value)| (name.to_owned(), value.text().into_owned()))
            .collect(),
        body: event.body().map(str::to_owned),
    }
}

/// What a guest made of an event. Headers that cannot be are left out.
pub(crate) fn event(name: EventName, data: EventData) -> Event {
    let mut event = Event::bare(name);
    for (name, value) in data.headers {
        event.set(&name, value);
    }
    if let Some(body) = data.body {
        event.set_body(body);
    }
    event
}

impl entry::Host for State<Host> {
    fn requested(&mut self) -> wasmtime::Result<Option<entry::Request>> {
        self.job().count();
        Ok(self.host.entry.request.clone())
    }

    fn given(&mut self) -> wasmtime::Result<Option<(String, EventData)>> {
        self.job().count();
        let event = self.host.entry.event.clone();
        Ok(event.map(|(global, event)| (global.to_owned(), event)))
    }

    fn answer(&mut self, part: Vec<u8>) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        let Answer::Xml(xml) = &mut self.host.entry.answer else {
            return Ok(Err(not_asked("XML")));
        };
        let xml = xml.get_or_insert_default();
        if xml.len().saturating_add(part.len()) > MAX_ANSWER {
            let message = format!("XML_STRING is longer than {MAX_ANSWER} bytes");
            return Ok(Err(Failure::Invalid(message)));
        }
        xml.extend_from_slice(&part);
        Ok(Ok(()))
    }

    fn action(
        &mut self,
        application: String,
        data: String,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        let Answer::Actions(actions, bytes) = &mut self.host.entry.answer else {
            return Ok(Err(not_asked("actions")));
        };
        let fits =
            bounded("the application", &application).and_then(|()| bounded("its data", &data));
        if let Err(failure) = fits {
            return Ok(Err(failure));
        }
        *bytes = bytes.saturating_add(application.len()).saturating_add(data.len());
        if actions.len() >= MAX_ACTIONS || *bytes > MAX_ANSWER {
            let message = format!("at most {MAX_ACTIONS} actions, of {MAX_ANSWER} bytes together");
            return Ok(Err(Failure::Invalid(message)));
        }
        actions.push((application, data));
        Ok(Ok(()))
    }

    fn set_message(&mut self, message: EventData) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        let Answer::Message(kept) = &mut self.host.entry.answer else {
            return Ok(Err(not_asked("a message")));
        };
        let headers = message.headers.iter().map(|(name, value)| name.len() + value.len());
        let bytes = headers.sum::<usize>() + message.body.as_ref().map_or(0, String::len);
        if bytes > MAX_MESSAGE {
            let message = format!("the message has {bytes} bytes, at most {MAX_MESSAGE} are taken");
            return Ok(Err(Failure::Invalid(message)));
        }
        *kept = Some(message);
        Ok(Ok(()))
    }
}

fn not_asked(what: &str) -> Failure {
    Failure::Invalid(format!("nobody asked this script for {what}"))
}
