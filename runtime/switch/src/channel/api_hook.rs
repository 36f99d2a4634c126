//! Commands that a call leaves behind: `api_hangup_hook` and `api_reporting_hook`.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::timeout;

use crate::authority;
use crate::channel::data;
use crate::event::EventName;
use crate::session::Session;
use crate::variable::is_true;

/// The variables, in the order that they are looked at.
pub(crate) const NAMES: [&str; 2] = ["api_hangup_hook", "api_reporting_hook"];

/// How long a command may take; the channel stays in the list of sessions for that time. What takes
/// longer is ended, with a line in the log.
const LONGEST: Duration = Duration::from_mins(5);

/// Runs what a call that is over left to be run, before `CHANNEL_HANGUP_COMPLETE`.
///
/// The command gets all about the call (the global `env` of a script); it gets the session itself when
/// `session_in_hangup_hook` is true.
pub(crate) async fn run(session: &Session) {
    for name in NAMES {
        let (hook, left) = {
            let shared = session.0.shared.lock();
            (shared.variables.text(name).map(std::borrow::Cow::into_owned), shared.left.clone())
        };
        if let Some(line) = hook.filter(|line| !line.trim().is_empty()) {
            // Boxed: few calls have one, and each would pay for its size.
            authority::with(left, command(session, name, &line)).boxed().await;
        }
    }
}

async fn command(session: &Session, hook: &str, line: &str) {
    let channel = &session.0;
    let line = session.expand(line).await;
    let (name, arguments) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
    let switch = session.switch();
    let mut environment = switch.events().event(EventName::ChannelData);
    let lend = {
        let shared = channel.shared.lock();
        data::describe(channel, &shared, &mut environment);
        shared.variables.text("session_in_hangup_hook").is_some_and(|value| is_true(&value))
    };
    let run = switch.command_for(name, arguments, lend.then_some(session), environment);
    match timeout(LONGEST, run).await {
        Ok(Ok(output)) => {
            tracing::debug!(call = %channel.uuid, hook, "{line}: {}", output.trim_end())
        }
        Ok(Err(unknown)) => tracing::error!(call = %channel.uuid, hook, "{line}: {unknown}"),
        Err(_) => tracing::error!(
            call = %channel.uuid, hook, "{line}: it took longer than {LONGEST:?} and was ended"
        ),
    }
}
