//! A message as the chatplan sees it: its headers are fields and variables.

use std::time::SystemTime;

use futures_util::future::BoxFuture;

use super::{Flow, Message};
use crate::dialplan::{Action, Caller, Dialplan};
use crate::expand::{Engine, Scope, expand};
use crate::switch::Switch;

/// Hunts the plan, and runs what it says.
pub(super) async fn execute(
    switch: &Switch,
    message: &Message,
    plan: &Dialplan,
    context: &str,
) -> Result<(), String> {
    let sender = Sender { switch, message };
    let context = plan.context(context).map_err(|none| none.to_string())?;
    let route = context.hunt(&sender).await.map_err(|none| none.to_string())?;
    for Action { application, data, place } in route.actions {
        match switch.chat_execute(message, &application, &data).await {
            Ok(Flow::Next) => {}
            Ok(Flow::Stop) => break,
            Err(why) => tracing::warn!(at = %place, "chat {application}({data}): {why}"),
        }
    }
    Ok(())
}

/// A text with the message's headers, and global variables, in place of `${…}`.
pub(super) async fn expanded(switch: &Switch, message: &Message, text: &str) -> String {
    expand(text, &Sender { switch, message }).await.into_owned()
}

struct Sender<'s> {
    switch: &'s Switch,
    message: &'s Message,
}

impl Scope for Sender<'_> {
    fn engine(&self) -> Engine {
        Engine::Event
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.message.header(name)
    }

    fn element(&self, name: &str, index: usize) -> Option<String> {
        self.message.event().headers().element(name, index).map(str::to_owned)
    }

    fn global(&self, name: &str) -> Option<String> {
        self.switch.variables().text(name)
    }

    fn api<'a>(&'a self, name: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move { self.switch.command(name, arguments, None).await.ok() })
    }
}

impl Caller for Sender<'_> {
    fn field(&self, name: &str) -> Option<String> {
        self.message.header(name)
    }

    fn set_variable(&self, name: &str, value: Option<String>) {
        self.message.set(name, value.as_deref());
    }

    fn remove_variables(&self, prefix: &str) {
        let mut event = self.message.event();
        let begins = |name: &str| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let names = event.headers().iter().map(|(name, _)| name.to_owned());
        for name in names.filter(|name| begins(name)).collect::<Vec<_>>() {
            event.remove(&name);
        }
        self.message.replace(event);
    }

    fn execute_inline<'a>(&'a self, action: &'a Action) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Action { application, data, place } = action;
            if let Err(why) = self.switch.chat_execute(self.message, application, data).await {
                tracing::warn!(at = %place, "chat {application}({data}): {why}");
            }
        })
    }

    fn now(&self) -> SystemTime {
        self.switch.clock().now()
    }
}
