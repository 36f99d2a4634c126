//! `linger [<seconds>]`.

use std::time::Duration;

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
    match text.trim().parse::<u64>().ok().filter(|seconds| *seconds > 0) {
        Some(seconds) => {
            connection.linger = Linger::For(Duration::from_secs(seconds.min(LONGEST)));
            Answer::reply(format!("+OK will linger {seconds} seconds"))
        }
        None => {
            connection.linger = Linger::Forever;
            Answer::reply("+OK will linger")
        }
    }
}
