//! `sched_hangup`, `sched_transfer`, `sched_broadcast`, `sched_cancel`.

use crate::application::{Application, Flags};
use crate::cause::Cause;
use crate::command::split::arguments;
use crate::operation::Failure;
use crate::schedule::{Full, When, call};
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![
        Application::new(
            "sched_hangup",
            "[+]<time> [<cause>]",
            "Schedule a hangup in the future",
            "Ends this call later, with `ALLOTTED_TIMEOUT` unless a cause is given: `+<seconds>` from \
             now, or at that second since 1970.",
            Flags::ROUTING,
            async |session: Session, data: String| {
                let words = arguments(&data, 3);
                let cause = words.get(1).map_or(Cause::ALLOTTED_TIMEOUT, |word| Cause::parse(word));
                done(call::hangup(&session, when(&session, &words), cause))
            },
        ),
        Application::new(
            "sched_transfer",
            "[+]<time> <extension> <dialplan> <context>",
            "Schedule a transfer in the future",
            "Sends this call to another extension later; for the time see `sched_hangup`.",
            Flags::ROUTING,
            async |session: Session, data: String| {
                let words = arguments(&data, 4);
                let Some(extension) = words.get(1) else {
                    return Err(Failure::Invalid(
                        "sched_transfer needs a time and an extension".into(),
                    ));
                };
                let rest = (words.get(2).cloned(), words.get(3).cloned());
                done(call::transfer(&session, when(&session, &words), extension, rest))
            },
        ),
        Application::new(
            "sched_broadcast",
            "[+]<time> <path> [aleg|bleg|both]",
            "Schedule a broadcast in the future",
            "Plays a sound to this call later, or runs an application (`application::data`), beside \
             what the call does; for the time see `sched_hangup`.",
            Flags::ROUTING,
            async |session: Session, data: String| {
                let words = arguments(&data, 3);
                let Some(path) = words.get(1) else {
                    return Err(Failure::Invalid("sched_broadcast needs a time and a path".into()));
                };
                let legs = words.get(2).map(String::as_str);
                done(call::broadcast(&session, when(&session, &words), path, legs))
            },
        ),
        Application::new(
            "sched_cancel",
            "[group]",
            "Cancel scheduled tasks",
            "Takes off all tasks of a group; without one, those of this call.",
            Flags::ROUTING,
            async |session: Session, data: String| {
                let group = if data.is_empty() { session.uuid().to_string() } else { data };
                session.switch().unschedule_group(&group);
                Ok(())
            },
        ),
    ]
}

fn when(session: &Session, words: &[String]) -> When {
    let now = session.switch().epoch();
    When::parse(words.first().map_or("", String::as_str), now)
}

fn done(result: Result<u64, Full>) -> Result<(), Failure> {
    result.map(drop).map_err(|full| Failure::Failed(full.to_string()))
}
