//! Running a dialplan application on a session.

use std::sync::Arc;

use crate::application::{Application, why_absent};
use crate::authority;
use crate::cause::Cause;
use crate::channel::Direction;
use crate::event::EventName;
use crate::operation::Failure;
use crate::session::{Execution, Session};
use crate::xml::Place;

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
    /// `NotFound` for an unknown application, `Refused` when the script that asks has no permission,
    /// `Hangup` when the call is over and the application does not run then, otherwise what the
    /// application says.
    pub async fn execute(&self, application: &str, data: &str) -> Result<(), Failure> {
        let found = self.find(application)?;
        self.run(&found, data.to_owned()).await
    }

    /// The same for an action of a dialplan; what goes wrong is logged.
    pub(crate) async fn execute_at(
        &self,
        application: &str,
        data: &str,
        place: &Place,
    ) -> Result<(), Failure> {
        let done = self.execute(application, data).await;
        match &done {
            Ok(()) | Err(Failure::Hangup(_)) => {}
            // Whatever else ended the call has been told.
            Err(failure @ Failure::NotFound(_)) if !self.up() => {
                tracing::error!(call = %self.uuid(), at = %place, "{failure}");
            }
            Err(_) if !self.up() => {}
            Err(failure) => {
                tracing::warn!(call = %self.uuid(), at = %place, "{application}({data}): {failure}");
            }
        }
        done
    }

    /// The same, once, with the names that its events should have.
    pub(crate) async fn execute_as(&self, execution: &Execution) -> Result<(), Failure> {
        let found = self.find(&execution.application)?;
        let tag = (execution.uuid.as_deref(), execution.uuid_name.as_deref());
        self.run_as(&found, execution.data.clone(), tag).await
    }

    /// The application of that name. Without one the call is hung up; the failure says so.
    pub(super) fn find(&self, application: &str) -> Result<Arc<Application>, Failure> {
        self.switch().application(application).ok_or_else(|| {
            let cause = Cause::DESTINATION_OUT_OF_ORDER;
            let end = match self.up() {
                true => format!("; the call is hung up with {cause}"),
                false => String::new(),
            };
            self.hangup(cause);
            let why = why_absent(application);
            let why = why.map_or_else(String::new, |why| format!(", which is not there: {why}"));
            Failure::NotFound(format!("Invalid Application {application}{why}{end}"))
        })
    }

    /// Runs an application that was found.
    pub(crate) async fn run(
        &self,
        application: &Arc<Application>,
        data: String,
    ) -> Result<(), Failure> {
        self.run_as(application, data, (None, None)).await
    }

    /// The same; `tag` is the `Application-UUID` of its events, and that one's name.
    async fn run_as(
        &self,
        application: &Arc<Application>,
        data: String,
        tag: (Option<&str>, Option<&str>),
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
        let events = self.switch().events();
        let told = [EventName::ChannelExecute, EventName::ChannelExecuteComplete];
        let uuid = match tag.0 {
            Some(uuid) => uuid.to_owned(),
            None if told.iter().any(|name| events.wanted(*name)) => {
                self.switch().new_uuid().to_string()
            }
            None => String::new(),
        };
        self.0.report_application(true, name, &data, (&uuid, tag.1));
        let result = DEPTH.scope(depth + 1, (application.run)(self.clone(), data.clone())).await;
        // Whoever listens since then wants to know it, too.
        let uuid = match uuid.is_empty() && events.wanted(EventName::ChannelExecuteComplete) {
            true => self.switch().new_uuid().to_string(),
            false => uuid,
        };
        self.0.report_application(false, name, &data, (&uuid, tag.1));
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
