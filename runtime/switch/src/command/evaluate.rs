//! What `eval` and `expand` share: an event as the scope.

use futures_util::future::BoxFuture;

use super::CommandContext;
use crate::channel::data;
use crate::event::{Event, EventName};
use crate::expand::{Engine, Scope, expand};

/// Expands a text as the console sees it: names are the headers of the event CHANNEL_DATA of that
/// call, and global variables. A uuid that no call has leaves the global variables.
pub(super) async fn evaluate(context: &CommandContext, uuid: Option<&str>, text: &str) -> String {
    let mut event = context.switch.events().event(EventName::ChannelData);
    if let Some(session) = uuid.and_then(|uuid| context.switch.session(uuid)) {
        data::describe(&session.0, &session.0.shared.lock(), &mut event);
    }
    expand(text, &EventScope { event, context }).await.into_owned()
}

struct EventScope<'c> {
    event: Event,
    context: &'c CommandContext,
}

impl Scope for EventScope<'_> {
    fn engine(&self) -> Engine {
        Engine::Event
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.event.header(name).map(|value| value.into_owned())
    }

    fn element(&self, name: &str, index: usize) -> Option<String> {
        self.event.headers().element(name, index).map(str::to_owned)
    }

    fn global(&self, name: &str) -> Option<String> {
        self.context.switch.variables().text(name)
    }

    fn api<'a>(&'a self, name: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>> {
        // Without a session, as in FreeSWITCH; boxed, so that a command may expand again.
        Box::pin(async move { self.context.switch.command(name, arguments, None).await.ok() })
    }
}
