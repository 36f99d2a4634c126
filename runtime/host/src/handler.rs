//! XML handlers: scripts that answer lookups before the files do.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use ringfence_sandbox::{End, Owner};
use ringfence_switch::{
    config::LuaSettings,
    lookup::{self, Binding, Request, Unanswered},
};
use tokio::time::{Instant, timeout_at};

use crate::{
    bindings::ringfence::call::job::Origin,
    entry::{Answer, Entry, asking},
    scripts::Scripts,
    start::{Language, Start},
};

/// Whose bindings they are.
const MODULE: &str = "mod_lua";

/// What a run is called that its lookup cannot wait for any longer.
const TIMEOUT: &str = "handler-timeout";

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
    ) -> BoxFuture<'b, Result<Option<lookup::Answer>, Unanswered>> {
        async move {
            if asking().contains(request.section) {
                // A handler that asks for what it is asked for would go on for ever.
                return Ok(None);
            }
            self.ask(request).await
        }
        .boxed()
    }
}

impl Handler {
    /// Runs the script; it ends when nobody waits for the answer any more.
    async fn ask(&self, request: &Request) -> Result<Option<lookup::Answer>, Unanswered> {
        let deadline = Instant::now() + self.timeout;
        let started = self.scripts.start(Start {
            language: Language::Usual,
            origin: Origin::Handler,
            owner: Owner::new("xml-handler", ""),
            line: &self.line,
            session: None,
            environment: None,
            entry: Entry::handler(request),
        });
        let launched = match timeout_at(deadline, started).await {
            Ok(started) => started.map_err(|error| Unanswered::new(error.to_string()))?,
            Err(_) => return Err(Unanswered::new(format!("it did not start, {}", self.late()))),
        };
        let late = format!("it was not done {}", self.late());
        launched.handle.job().end_at(deadline, End::new(TIMEOUT, late));
        let ending = launched.kill_on_drop().finish().await;
        let at = ending.at.map(|place| place.to_string());
        if let Some(error) = ending.error {
            return Err(Unanswered { why: first_line(&error), at });
        }
        let Answer::Xml(Some(xml)) = ending.answer else {
            return match ending.exit {
                0 => Ok(None),
                code => Err(Unanswered { why: format!("it exited with code {code}"), at }),
            };
        };
        let xml = ringfence_text::decode(&xml).into_owned();
        Ok(Some(lookup::Answer { xml, authority: ending.authority }))
    }

    fn late(&self) -> String {
        format!("within {:?} (xml-handler-timeout of lua.conf.xml)", self.timeout)
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
