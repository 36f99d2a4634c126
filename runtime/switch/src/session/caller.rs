//! A session as the dialplan sees it.

use std::time::SystemTime;

use futures_util::future::BoxFuture;

use crate::dialplan::{Action, Caller};
use crate::operation::Failure;
use crate::session::Session;

impl Caller for Session {
    fn field(&self, name: &str) -> Option<String> {
        Self::field(self, name)
    }

    fn set_variable(&self, name: &str, value: Option<String>) {
        if let Err(refused) = Self::set_variable(self, name, value.as_deref()) {
            tracing::warn!(call = %self.uuid(), name, %refused, "variable not set");
        }
    }

    fn remove_variables(&self, prefix: &str) {
        let mut shared = self.0.shared.lock();
        let names: Vec<String> = shared
            .variables
            .iter()
            .filter(|(name, _)| {
                name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            })
            .map(|(name, _)| name.to_owned())
            .collect();
        for name in names {
            shared.variables.remove(&name);
        }
    }

    fn execute_inline<'a>(&'a self, action: &'a Action) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Action { application, data, place } = action;
            let found = match self.find(application) {
                Ok(found) => found,
                Err(failure) => {
                    tracing::error!(call = %self.uuid(), at = %place, "{failure}");
                    return;
                }
            };
            if !found.flags.routing_exec {
                tracing::error!(
                    call = %self.uuid(), at = %place,
                    "the application {application} cannot run inline; without inline=\"true\" it \
                     runs after the dialplan was hunted"
                );
                return;
            }
            let data = self.expand(data).await;
            match self.run(&found, data.clone()).await {
                Ok(()) | Err(Failure::Hangup(_)) => {}
                Err(failure) => {
                    tracing::warn!(call = %self.uuid(), at = %place, "{application}({data}): {failure}");
                }
            }
        })
    }

    fn now(&self) -> SystemTime {
        self.switch().clock().now()
    }
}
