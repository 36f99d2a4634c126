//! `log [<level>]`.

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::log;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "log",
    syntax: "[<level>]",
    scope: Scope::Full,
    doc: "Sends the log from now on, as `log/data`: the lines of that level (`console` to `debug`, 0 to 7; 7 \
          unless given) and of the more urgent ones, as far as the server logs them. `+OK log level \
          <level> [<number>]`, or `-ERR invalid log level`.",
    blank: false,
    run: Run::Quick(log),
};

fn log(connection: &mut Connection, _: &Request, text: &str) -> Answer {
    if !connection.may(|rights| rights.log) {
        return Answer::denied();
    }
    let text = text.trim();
    let level = if text.is_empty() { Some(7) } else { log::level(text) };
    let Some(level) = level else { return Answer::reply("-ERR invalid log level") };
    connection.log = Some(log::Reader::new(level));
    Answer::reply(format!("+OK log level {text} [{level}]"))
}
