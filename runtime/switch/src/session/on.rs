//! What a call wants done when it is answered, rings or has media: `execute_on_answer` and its
//! relatives.

use crate::authority;
use crate::operation::Failure;
use crate::session::{Execution, Session};

/// Variables of one kind that are looked at: `execute_on_answer`, `execute_on_answer_1` … FreeSWITCH
/// takes all that begin so; a call has one or two.
const MAX: usize = 8;

/// Variables that begin so name applications.
pub(crate) const EXECUTE: &str = "execute_on_";

/// Variables that begin so name commands.
pub(crate) const API: &str = "api_on_";

/// When something is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    Answer,
    PreAnswer,
    Ring,
    Media,
}

impl When {
    const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::PreAnswer => "pre_answer",
            Self::Ring => "ring",
            Self::Media => "media",
        }
    }
}

impl Session {
    /// Runs the applications of `execute_on_<when>` in their order and waits for them; those written
    /// `application::data` beside what the call does. Starts the commands of `api_on_<when>`.
    pub(crate) async fn execute_on(&self, when: When) {
        let left = self.0.shared.lock().left.clone();
        authority::with(left, self.execute_left(when)).await;
    }

    async fn execute_left(&self, when: When) {
        for line in self.values_of(EXECUTE, when) {
            let result = match line.split_once("::") {
                Some((application, data)) => self.queue(Execution::new(application, data)),
                None => {
                    let (application, data) = line.split_once(' ').unwrap_or((&line, ""));
                    let data = self.expand(data).await;
                    // Boxed: what runs may answer the call itself.
                    Box::pin(self.execute(application, &data)).await
                }
            };
            self.tell(when, &line, result);
        }
        self.command_on(when);
    }

    /// The same, from where nothing may wait: all run beside what the call does.
    pub(crate) fn queue_on(&self, when: When) {
        let left = self.0.shared.lock().left.clone();
        match left {
            Some(left) => left.under_now(|| self.queue_left(when)),
            None => self.queue_left(when),
        }
    }

    fn queue_left(&self, when: When) {
        for line in self.values_of(EXECUTE, when) {
            let split = line.split_once("::").or_else(|| line.split_once(' '));
            let (application, data) = split.unwrap_or((&line, ""));
            self.tell(when, &line, self.queue(Execution::new(application, data)));
        }
        self.command_on(when);
    }

    fn command_on(&self, when: When) {
        for line in self.values_of(API, when) {
            let session = self.clone();
            // A task of its own has no authority but the one that it is given.
            self.switch().spawn(authority::with(authority::current(), async move {
                let (name, data) = line.split_once(' ').unwrap_or((&line, ""));
                let data = session.expand(data).await;
                let run = session.switch().command(name, &data, Some(&session));
                if let Err(unknown) = run.await {
                    tracing::warn!(call = %session.uuid(), "api_on_{}: {unknown}", when.name());
                }
            }));
        }
    }

    fn tell(&self, when: When, line: &str, result: Result<(), Failure>) {
        if let Err(failure) = result {
            tracing::debug!(call = %self.uuid(), "execute_on_{} {line}: {failure}", when.name());
        }
    }

    /// The values of all variables that begin so.
    fn values_of(&self, prefix: &str, when: When) -> Vec<String> {
        let name = when.name();
        let shared = self.0.shared.lock();
        let of = |variable: &str| {
            let rest =
                variable.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix));
            let rest = rest.and_then(|_| variable.get(prefix.len()..))?;
            let start = rest.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name));
            let end = start.and_then(|_| rest.get(name.len()..))?;
            (end.is_empty() || end.starts_with('_')).then_some(())
        };
        let wanted = shared.variables.iter().filter(|(variable, _)| of(variable).is_some());
        wanted.take(MAX).map(|(_, value)| value.text().into_owned()).collect()
    }
}
