//! XML handlers: scripts that answer lookups before the files do.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use ringfence_sandbox::Owner;
use ringfence_switch::{
    config::LuaSettings,
    lookup::{self, Binding, Request},
};
use tokio::time::timeout;

use crate::{
    bindings::ringfence::call::job::Origin,
    entry::{Answer, Entry, asking},
    scripts::Scripts,
    start::{Language, Start},
};

/// Whose bindings they are.
const MODULE: &str = "mod_lua";

/// A handler script, as the switch asks it.
struct Handler {
    scripts: Scripts,
    /// The script, and its arguments.
    line: String,
    /// The script's path.
    name: String,
    timeout: Duration,
    keep: Duration,
}

impl Scripts {
    /// Lets the handlers that lua.conf.xml names answer from now on.
    pub(crate) fn bind(&self) {
        let configuration = self.configuration();
        let LuaSettings { handlers, handler_timeout, handler_cache, .. } = configuration.settings();
        let bindings = handlers.iter().map(|handler| {
            let file = handler.line.split(' ').next().unwrap_or_default();
            let binding = Handler {
                scripts: self.clone(),
                line: handler.line.clone(),
                name: configuration.path_of(file).display().to_string(),
                timeout: *handler_timeout,
                keep: *handler_cache,
            };
            let binding: std::sync::Arc<dyn Binding> = std::sync::Arc::new(binding);
            (handler.sections.clone(), binding)
        });
        self.0.switch.bind(MODULE, bindings);
    }
}

impl Binding for Handler {
    fn name(&self) -> &str {
        &self.name
    }

    fn keep(&self) -> Duration {
        self.keep
    }

    fn fetch<'b>(
        &'b self,
        request: &'b Request,
    ) -> BoxFuture<'b, Result<Option<lookup::Answer>, String>> {
        async move {
            if asking().contains(request.section) {
                // A handler that asks for what it is asked for would go on for ever.
                return Ok(None);
            }
            match timeout(self.timeout, self.ask(request)).await {
                Ok(answer) => answer,
                Err(_) => Err(format!("it took longer than {:?} and was ended", self.timeout)),
            }
        }
        .boxed()
    }
}

impl Handler {
    /// Runs the script; it ends when nobody waits for the answer any more.
    async fn ask(&self, request: &Request) -> Result<Option<lookup::Answer>, String> {
        let started = self.scripts.start(Start {
            language: Language::Usual,
            origin: Origin::Handler,
            owner: Owner::new("xml-handler", ""),
            line: &self.line,
            session: None,
            environment: None,
            entry: Entry::handler(request),
        });
        let launched = started.await.map_err(|error| error.to_string())?;
        let ending = launched.kill_on_drop().finish().await;
        if let Some(error) = ending.error {
            return Err(error.lines().next().unwrap_or_default().to_owned());
        }
        let Answer::Xml(Some(xml)) = ending.answer else { return Ok(None) };
        let xml = ringfence_text::decode(&xml).into_owned();
        Ok(Some(lookup::Answer { xml, authority: ending.authority }))
    }
}
