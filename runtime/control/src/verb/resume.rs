//! `resume`, and `resume events from <Event-Sequence>`.

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "resume",
    syntax: "",
    scope: Scope::Outbound,
    doc: "`+OK`, and sets the call's variable `socket_resume`: the dialplan goes on when the connection \
          ends. It does so here without it, too.",
    blank: false,
    run: Run::Quick(resume),
};

pub(super) const EVENTS: Verb = Verb {
    name: "resume events from",
    syntax: "<Event-Sequence>",
    scope: Scope::Full,
    doc: "Not in FreeSWITCH. Sends the events that were asked for again, from that `Event-Sequence` on, as \
          far as they are kept (`event-ring`, `resume-time`): `+OK resuming events from <n>`. A client that \
          lost its connection logs in, asks for the same events, and says this in the same packet. What is \
          missing comes as `CUSTOM ringfence::gap`. A number that is still to come means that the server \
          was started anew: `-ERR no event <n> yet; the last is <m>`.",
    blank: true,
    run: Run::Quick(resume_events),
};

fn resume(connection: &mut Connection, _: &Request, _: &str) -> Answer {
    if let Some(session) = &connection.session
        && let Err(refused) = session.set_variable("socket_resume", Some("true"))
    {
        return Answer::reply(format!("-ERR {refused}"));
    }
    Answer::reply("+OK")
}

fn resume_events(connection: &mut Connection, _: &Request, text: &str) -> Answer {
    let Ok(sequence) = text.trim().parse::<u64>() else {
        return Answer::reply("-ERR resume events from what? An Event-Sequence is a number");
    };
    if connection.reader.want().is_empty() {
        return Answer::reply("-ERR not listening for events");
    }
    match connection.reader.rewind(sequence) {
        Ok(()) => Answer::reply(format!("+OK resuming events from {sequence}")),
        Err(not_yet) => {
            Answer::reply(format!("-ERR no event {sequence} yet; the last is {}", not_yet.last))
        }
    }
}
