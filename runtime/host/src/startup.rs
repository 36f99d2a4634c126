//! Startup scripts: run when the server is up, and again as lua.conf.xml says.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use ringfence_sandbox::Owner;
use ringfence_switch::config::{Restart, StartupScript};
use tokio::time::{Instant, sleep};

use crate::{
    bindings::ringfence::call::job::Origin,
    entry::Entry,
    finish::Ending,
    scripts::Scripts,
    start::{Language, Start, StartError},
};

/// How a run is called that somebody ended; such a script is not run again.
const KILLED: &str = "killed";

/// A script that ends sooner than this is waited for longer each time, up to this.
const SOON: Duration = Duration::from_mins(1);

impl Scripts {
    /// Runs the startup scripts, each in the background. One that cannot start is logged.
    pub async fn startup(&self) {
        let configuration = self.configuration();
        for script in configuration.startup() {
            let running = match self.start_up(script).await {
                Ok(running) => Some(running),
                Err(error) => {
                    tell(script, &error);
                    None
                }
            };
            let (scripts, script) = (self.clone(), script.clone());
            drop(self.0.switch.runtime().spawn(async move {
                scripts.keep_up(&script, running).await;
            }));
        }
    }

    /// Starts it; the answer waits for its end.
    async fn start_up(
        &self,
        script: &StartupScript,
    ) -> Result<BoxFuture<'static, Ending>, StartError> {
        let start = Start {
            language: Language::Usual,
            origin: Origin::Background,
            owner: Owner::new("startup", &*script.line),
            line: &script.line,
            session: None,
            environment: None,
            entry: Entry::default(),
        };
        let launched = self.start(start).await?;
        tracing::info!(script = script.line, job = %launched.id(), "startup script runs");
        Ok(launched.finish().boxed())
    }

    /// Runs it again for as long as its policy says so. `running` is its first run, if it started.
    async fn keep_up(
        &self,
        script: &StartupScript,
        mut running: Option<BoxFuture<'static, Ending>>,
    ) {
        let mut wait = script.wait;
        loop {
            let began = Instant::now();
            // None: it could not start, which counts as a failure.
            let ending = match running.take() {
                Some(running) => Some(running.await),
                None => None,
            };
            let again = match (&ending, script.restart) {
                (Some(ending), _) if ending.result == KILLED => false,
                (_, Restart::Never) => false,
                (_, Restart::Always) => true,
                (ending, Restart::OnFailure) => {
                    ending.as_ref().is_none_or(|ending| ending.error.is_some())
                }
            };
            if !again {
                return;
            }
            if began.elapsed() >= SOON {
                wait = script.wait;
            }
            sleep(wait).await;
            wait = (wait * 2).min(SOON.max(script.wait));
            match self.start_up(script).await {
                Ok(next) => running = Some(next),
                Err(error) if error.is_the_end() => return,
                Err(error) => tell(script, &error),
            }
        }
    }
}

fn tell(script: &StartupScript, error: &StartError) {
    tracing::error!(script = script.line, at = %script.place, "startup script: {error}");
}
