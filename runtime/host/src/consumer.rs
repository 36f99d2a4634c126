//! `interface events`: events that a script fires, and those of the server, queued for it.

use std::time::Duration;

use ringfence_sandbox::{Handle as Kind, OpenHandle, State};
use ringfence_switch::{
    chat::Message,
    event::{Delivery, Event, EventName, Filter, MAX_QUEUE, Subscription},
};
use wasmtime::component::Resource;

use crate::{
    bindings::ringfence::call::{
        events::{self as interface, HostConsumer, Popped},
        types::{EventData, Failure},
    },
    entry::data,
    failure::bounded,
    host::{Host, tell},
    permission::{acting, answered},
};

/// The largest event that a script may fire, in bytes: its body may be the text of a document, and each
/// subscriber has a copy of the text.
pub(crate) const MAX_EVENT: usize = 1 << 20;

/// What names every event.
const ALL: &str = "all";

/// A queue of events, lent to a guest.
#[expect(unreachable_pub, reason = "the generated bindings export it")]
pub struct Consumer {
    subscription: Subscription,
    filter: Filter,
    _open: OpenHandle,
}

impl interface::Host for State<Host> {
    fn describe(&mut self, name: String) -> wasmtime::Result<Vec<(String, String)>> {
        self.job().count();
        let name = EventName::find(&name).unwrap_or(EventName::Message);
        let mut event = self.host.switch()?.events().event(name);
        // The script makes it, not the server.
        if let Some(place) = self.job().place() {
            let file = place.source.rsplit('/').next().unwrap_or_default();
            event
                .set("Event-Calling-File", file)
                .set("Event-Calling-Function", "Event")
                .set("Event-Calling-Line-Number", place.line.to_string());
        }
        Ok(headers(&event))
    }

    fn fire(&mut self, event: EventData) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        tell(self, || format!("event:fire() {}", described(&event)));
        let event = match given(event) {
            Ok(event) => event,
            Err(failure) => return Ok(Err(failure)),
        };
        let subclass = event.subclass().unwrap_or_default();
        let allowed = match &self.host.authority {
            Some(authority) => authority.fire(event.name().as_str(), subclass),
            None => Ok(()),
        };
        if allowed.is_ok() {
            self.host.switch()?.events().publish(event);
        }
        answered(self, allowed.map_err(Failure::from))
    }

    async fn send_message(
        &mut self,
        event: EventData,
        protocol: String,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("events.send-message");
        tell(self, || format!("event:chat_send({protocol:?}) {}", described(&event)));
        let sent =
            given(event).and_then(|event| bounded("the protocol", &protocol).map(|()| event));
        let message = match sent {
            Ok(event) => Message::new(event),
            Err(failure) => return Ok(Err(failure)),
        };
        let switch = self.host.switch()?.clone();
        let sent = async move { switch.chat_send(&message, &protocol).await };
        let sent = acting(self, sent).await;
        answered(self, sent.map_err(Failure::from))
    }
}

impl HostConsumer for State<Host> {
    fn open(&mut self, length: u32) -> wasmtime::Result<Result<Resource<Consumer>, Failure>> {
        self.job().count();
        tell(self, || format!("freeswitch.EventConsumer() of {length}"));
        let open = match self.job().open(Kind::Consumer) {
            Ok(open) => open,
            Err(reached) => return Ok(Err(Failure::Failed(reached.to_string()))),
        };
        let length = usize::try_from(length).unwrap_or(MAX_QUEUE);
        let subscription = self.host.switch()?.events().subscribe(Filter::none(), length);
        let consumer = Consumer { subscription, filter: Filter::none(), _open: open };
        Ok(Ok(self.table.push(consumer)?))
    }

    fn bind(
        &mut self,
        handle: Resource<Consumer>,
        name: String,
        subclass: String,
    ) -> wasmtime::Result<Result<(), Failure>> {
        self.job().count();
        tell(self, || format!("consumer:bind({name:?}, {subclass:?})"));
        let wanted = if name.eq_ignore_ascii_case(ALL) {
            Filter::all()
        } else {
            match EventName::find(&name) {
                Some(EventName::Custom) if !subclass.is_empty() => {
                    Filter::none().with_subclass(subclass.as_str())
                }
                Some(name) => Filter::none().with(name),
                None => {
                    let text = format!("there is no event {name:?}");
                    return Ok(Err(Failure::NotFound(text)));
                }
            }
        };
        if let Some(authority) = &self.host.authority
            && let Err(refused) = authority.consume(&name, &subclass)
        {
            return answered(self, Err(refused.into()));
        }
        let consumer = self.table.get_mut(&handle)?;
        consumer.filter.merge(&wanted);
        consumer.subscription.change(consumer.filter.clone());
        Ok(Ok(()))
    }

    async fn pop(
        &mut self,
        handle: Resource<Consumer>,
        wait: Option<u64>,
    ) -> wasmtime::Result<Option<Popped>> {
        let waiting = wait.map(|_| self.job().enter("events.consumer.pop"));
        if waiting.is_none() {
            self.job().count();
        }
        let subscription = &mut self.table.get_mut(&handle)?.subscription;
        let delivery = match wait {
            None => subscription.try_next(),
            Some(0) => Some(subscription.next().await),
            Some(ms) => {
                tokio::time::timeout(Duration::from_millis(ms), subscription.next()).await.ok()
            }
        };
        Ok(delivery.map(|Delivery { event, missed }| Popped { event: data(&event), missed }))
    }

    fn drop(&mut self, handle: Resource<Consumer>) -> wasmtime::Result<()> {
        self.job().count();
        self.table.delete(handle)?;
        Ok(())
    }
}

/// Headers in the contract's words.
pub(crate) fn headers(event: &Event) -> Vec<(String, String)> {
    let pairs = event.headers().iter();
    pairs.map(|(name, value)| (name.to_owned(), value.text().into_owned())).collect()
}

/// An event that a guest made.
///
/// # Errors
///
/// It is larger than [`MAX_EVENT`].
pub(crate) fn given(data: EventData) -> Result<Event, Failure> {
    let body = data.body.as_ref().map_or(0, String::len);
    let size = data.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if size + body > MAX_EVENT {
        let text = format!("the event has {} bytes; at most {MAX_EVENT}", size + body);
        return Err(Failure::Invalid(text));
    }
    let mut event = Event::bare(EventName::find(&data.name).unwrap_or(EventName::Message));
    for (name, value) in data.headers {
        event.add(&name, value).map_err(|refused| Failure::Invalid(refused.to_string()))?;
    }
    if let Some(body) = data.body {
        event.set_body(body);
    }
    Ok(event)
}

/// An event in a transcript: its name, subclass and number of headers.
pub(crate) fn described(event: &EventData) -> String {
    let subclass = event.headers.iter().find(|(name, _)| name == "Event-Subclass");
    match subclass {
        Some((_, subclass)) => format!("{} {subclass}", event.name),
        None => event.name.clone(),
    }
}
