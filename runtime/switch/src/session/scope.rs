//! A session as the place where `${…}` gets its values.

use futures_util::future::BoxFuture;

use crate::expand::{self, Scope};
use crate::session::Session;

impl Scope for Session {
    fn variable(&self, name: &str) -> Option<String> {
        self.own_variable(name)
    }

    fn element(&self, name: &str, index: usize) -> Option<String> {
        self.0.shared.lock().variables.element(name, index).map(str::to_owned)
    }

    fn global(&self, name: &str) -> Option<String> {
        self.0.switch.variables().text(name)
    }

    fn api<'a>(&'a self, name: &'a str, arguments: &'a str) -> BoxFuture<'a, Option<String>> {
        Box::pin(async move {
            // An expansion inside of a command that is expanded itself: boxed, so it may nest.
            self.0.switch.command(name, arguments, Some(self)).await.ok()
        })
    }
}

impl Session {
    /// Replaces `${variable}`, `${api(arguments)}` … as for an application's data.
    pub async fn expand(&self, text: &str) -> String {
        if expand::needed(text) {
            expand::expand(text, self).await.into_owned()
        } else {
            text.to_owned()
        }
    }
}
