//! Running a dialplan application on a session.

use std::sync::Arc;

use crate::application::Application;
use crate::authority;
use crate::cause::Cause;
use crate::channel::Direction;
use crate::operation::Failure;
use crate::session::Session;

/// Applications that may run inside of each other (`execute_extension` in `execute_extension` …);
/// one more is refused. FreeSWITCH stops at the same depth.
const MAX_DEPTH: usize = 34;

tokio::task_local! {
    /// How many applications the current one runs inside of.
    static DEPTH: usize;
}

impl Session {
    /// Runs an application and waits for its end; `data` is taken as it is, nothing is expanded.
    ///
    /// An application that needs media opens early media first. An unknown one ends the call with
    /// `DESTINATION_OUT_OF_ORDER`, as in FreeSWITCH.
    ///
    /// # Errors
    ///
    /// `NotFound` for an unknown application, `Refused` when the script that asks has no permission, `Hangup` when the call is over and the application
    /// does not run then, otherwise what the application says.
    pub async fn execute(&self, application: &str, data: &str) -> Result<(), Failure> {
        let Some(found) = self.switch().application(application) else {
            tracing::error!(call = %self.uuid(), "Invalid Application {application}");
            self.hangup(Cause::DESTINATION_OUT_OF_ORDER);
            return Err(Failure::NotFound(format!("no application \"{application}\"")));
        };
        self.run(&found, data.to_owned()).await
    }

    /// Runs an application that was found.
    pub(crate) async fn run(
        &self,
        application: &Arc<Application>,
        data: String,
    ) -> Result<(), Failure> {
        authority::application(application.name)?;
        let flags = application.flags;
        if !flags.zombie_exec && !self.up() {
            return Err(Failure::Hangup(self.hangup_cause()));
        }
        if !flags.nomedia && self.direction() == Direction::Inbound && !self.media_ready() {
            self.pre_answer().await?;
        }
        let depth = DEPTH.try_with(|depth| *depth).unwrap_or(0);
        if depth >= MAX_DEPTH {
            let name = application.name;
            tracing::error!(
                call = %self.uuid(),
                "{name}: {MAX_DEPTH} applications run inside of each other already; an extension \
                 that executes itself?"
            );
            return Err(Failure::Refused(format!(
                "{name}: at most {MAX_DEPTH} applications run inside of each other"
            )));
        }
        let name = application.name;
        tracing::debug!(call = %self.uuid(), "execute {name}({data})");
        let before = {
            let mut shared = self.0.shared.lock();
            shared.variables.remove("current_application_response");
            shared.application.replace(Box::new((name.to_owned(), data.clone())))
        };
        self.0.report_application(true, name, &data);
        let result = DEPTH.scope(depth + 1, (application.run)(self.clone(), data.clone())).await;
        self.0.report_application(false, name, &data);
        if depth > 0 {
            // What it runs inside of goes on; at the top the last one stays to be seen.
            self.0.shared.lock().application = before;
        }
        if let Err(failure) = &result {
            tracing::debug!(call = %self.uuid(), "{name}: {failure}");
        }
        result
    }
}
