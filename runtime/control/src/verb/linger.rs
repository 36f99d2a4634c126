//! `linger [<seconds>]`.

use std::time::Duration;

use ringfence_switch::variable::integer;

use super::{Answer, Run, Scope, Verb};
use crate::connection::{Connection, Linger};
use crate::parser::Request;

/// The longest time to linger, in seconds: a day. A longer one is taken as this long.
const LONGEST: u64 = 24 * 3600;

pub(super) const VERB: Verb = Verb {
    name: "linger",
    syntax: "[<seconds>]",
    scope: Scope::Full,
    doc: "The connection stays when its call has ended, so that the last events come: until `exit`, or for \
          some seconds (at most a day). `+OK will linger`, `+OK will linger <seconds> seconds`, or \
          `-ERR not controlling a session`.",
    blank: false,
    run: Run::Quick(linger),
};

fn linger(connection: &mut Connection, _: &Request, text: &str) -> Answer {
    if connection.session.is_none() {
        return Answer::reply("-ERR not controlling a session");
    }
    if text.trim().is_empty() {
        connection.linger = Linger::Forever;
        return Answer::reply("+OK will linger");
    }
    // What is no number is 0, as in FreeSWITCH.
    let seconds = u64::try_from(integer(text)).unwrap_or(0).min(LONGEST);
    connection.linger = Linger::For(Duration::from_secs(seconds));
    Answer::reply(format!("+OK will linger {seconds} seconds"))
}
