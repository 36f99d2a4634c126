//! The end of a run: waiting for it, the grace after a hangup, and what the call is told.

use std::{sync::Arc, time::Duration};

use ringfence_sandbox::{Cost, End, Ended, EndedBy, JobHandle, Place};
use ringfence_switch::{Authority, Cause, Hook, Session, authority::inert, config::OnEnd};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    bindings::{Fault, ringfence::call::job::Origin},
    entry::Answer,
    host::Host,
    profile::ScriptProfile,
    trace::Trace,
};

/// What a run that raised an error is called in variables, events and statistics.
pub(crate) const FAULT: &str = "error";

/// What Lua says when its memory is used up.
const NO_MEMORY: &str = "not enough memory";

/// What a run is called that went on after its call's hangup for longer than its profile allows.
const HANGUP_GRACE: &str = "hangup-grace";

/// What is kept of an error's message, and of its traceback, in bytes: the script chose how long they
/// are, and they go to the log and into variables.
const MAX_FAULT: usize = 8 << 10;

/// A script that runs.
pub(crate) struct Launched {
    pub(crate) handle: JobHandle<Host, Result<(), Fault>>,
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) session: Option<Session>,
    pub(crate) profile: Arc<ScriptProfile>,
    pub(crate) trace: Option<Arc<dyn Trace>>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The job's id.
    pub job: Uuid,
    /// What went wrong; none when the script ran to its end or called `os.exit`.
    pub error: Option<String>,
    /// `ok`, `error` (the script raised one), or why it was ended: `killed`, `trap`, `wall-limit` …
    pub result: &'static str,
    /// The code that it ended itself with; 0 when it did not.
    pub exit: i32,
    /// What it wrote to `stream`.
    pub output: String,
    /// What it answered to whom it was started by.
    pub(crate) answer: Answer,
    /// With whose rights that may be executed; none is the server's.
    pub(crate) authority: Option<Arc<Authority>>,
    /// What it cost.
    pub cost: Cost,
    /// The line at which it last called the server.
    pub(crate) at: Option<Place>,
}

impl Launched {
    /// The job's id.
    pub(crate) fn id(&self) -> Uuid {
        self.handle.id()
    }

    /// The script ends when whoever waits for it is gone.
    pub(crate) fn kill_on_drop(self) -> Self {
        Self { handle: self.handle.kill_on_drop(), ..self }
    }

    /// Waits for the end, logs what went wrong, and tells the call: variables, autohangup, and what its
    /// profile says of scripts that are ended.
    pub(crate) async fn finish(mut self) -> Ending {
        let Ended { id, result, host, cost, at } = self.ended().await;
        let cut = matches!(&result, Err(why) if !matches!(why, EndedBy::Exit { .. }));
        let exit = match &result {
            Err(EndedBy::Exit { code }) => *code,
            _ => 0,
        };
        let (result, error) = match result {
            Ok(Ok(())) | Err(EndedBy::Exit { .. }) => ("ok", None),
            Ok(Err(fault)) if fault.message == NO_MEMORY => {
                // Lua has no memory left to say where that was, and knows no limit.
                let why = EndedBy::MemoryLimit { limit: self.profile.sandbox.memory };
                (FAULT, Some(format!("{NO_MEMORY}: {}", why.located(at.as_ref()))))
            }
            Ok(Err(fault)) => (FAULT, Some(described(&fault))),
            Err(why) => (why.name(), Some(why.located(at.as_ref()))),
        };
        if let Some(error) = &error {
            self.failed(result, error);
        }
        if let Some(session) = &self.session {
            tell(session, Some(id), result, error.as_deref());
            if host.as_ref().is_some_and(|host| host.auto_hangup)
                && session.hook() != Some(Hook::Transfer)
            {
                session.hangup(Cause::NORMAL_CLEARING);
            }
            if cut && self.origin == Origin::Application && session.ready() {
                go_on(session, &self.profile.on_end);
            }
        }
        let (output, answer, authority) =
            host.map(|host| (host.output, host.entry.answer, host.authority)).unwrap_or_default();
        let output = output.unwrap_or_default();
        let output = ringfence_text::decode(&output).into_owned();
        Ending { job: id, error, result, exit, output, answer, authority, cost, at }
    }

    /// Waits for the end. A script that finds its call hung up may go on for its profile's grace time.
    async fn ended(&mut self) -> Ended<Host, Result<(), Fault>> {
        if let (Some(session), Some(grace)) = (&self.session, self.profile.hangup_grace) {
            tokio::select! {
                ended = self.handle.wait() => return ended,
                _ = session.ended() => {}
            }
            if let Some(end) = Instant::now().checked_add(grace) {
                self.handle.job().end_at(end, late(grace));
            }
        }
        self.handle.wait().await
    }

    /// To the log and the trace. Kills and limits the sandbox has logged itself.
    fn failed(&self, result: &str, error: &str) {
        if result == FAULT {
            let job = self.handle.job();
            tracing::error!(
                call = job.call().map(display),
                script = %self.name,
                at = job.place().map(display),
                "{error}"
            );
        }
        if let Some(trace) = &self.trace {
            trace.failed(error);
        }
    }
}

fn late(grace: Duration) -> End {
    End::new(HANGUP_GRACE, format!("it went on for more than {grace:?} after the call was hung up"))
}

/// What the call gets whose script was ended, unless it is the dialplan's next action.
fn go_on(session: &Session, on_end: &OnEnd) {
    match on_end {
        OnEnd::Continue => {}
        OnEnd::Hangup(cause) => session.hangup(*cause),
        OnEnd::Transfer { extension, dialplan, context } => {
            // The call may be hung up by now, and then wants no transfer.
            if let Err(failure) =
                session.transfer(extension, dialplan.as_deref(), context.as_deref())
            {
                tracing::debug!(call = %session.uuid(), extension, "not transferred: {failure}");
            }
        }
    }
}

/// Leaves on the call what the dialplan may want to know. The names are ours and set cannot fail. The
/// error is the script's: the dialplan, which has the server's rights, must not expand what is in it.
pub(crate) fn tell(session: &Session, id: Option<Uuid>, result: &str, error: Option<&str>) {
    for (name, value) in [
        ("script_job", id.map(|id| id.to_string())),
        ("script_result", Some(result.to_owned())),
        (
            "script_error",
            error.map(|error| inert(cut(error.lines().next().unwrap_or_default())).into_owned()),
        ),
    ] {
        match value {
            // Also on a call that the script has filled with variables.
            Some(value) => session.note(name, &value),
            None => {
                if let Err(refused) = session.set_variable(name, None) {
                    tracing::warn!(call = %session.uuid(), name, %refused, "variable not removed");
                }
            }
        }
    }
}

/// A text that a script chose, up to [`MAX_FAULT`].
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_FAULT)).unwrap_or_default()
}

/// Message and traceback, as FreeSWITCH logs them.
pub(crate) fn described(fault: &Fault) -> String {
    if fault.traceback.is_empty() {
        cut(&fault.message).to_owned()
    } else {
        format!("{}\n{}", cut(&fault.message), cut(&fault.traceback))
    }
}
