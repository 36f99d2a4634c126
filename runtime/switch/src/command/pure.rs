//! Commands that need no server: text in, text out.

use std::time::SystemTime;

use chrono_tz::Tz;

use super::{
    Command, CommandContext, coalesce, cond, create_uuid, echo, escape, expr, is_lan_addr, md5,
    quote_shell_arg, regex, replace, sql_escape, strepoch, strftime, strftime_tz, strmicroepoch,
    tolower, toupper, url_decode, url_encode,
};

/// A command that is a function of its arguments and the time.
#[derive(Clone, Copy, Debug)]
pub struct Pure {
    /// As typed.
    pub name: &'static str,
    /// Its arguments, as FreeSWITCH writes syntax.
    pub syntax: &'static str,
    /// What it does, in a line.
    pub short: &'static str,
    /// The manual. Markdown.
    pub long: &'static str,
    /// Runs it.
    pub run: fn(&str, &Moment) -> String,
}

/// When a command runs.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The wall-clock time.
    pub now: SystemTime,
    /// The server's time zone.
    pub zone: Tz,
}

impl Moment {
    /// That time in the machine's zone.
    #[must_use]
    pub fn here(now: SystemTime) -> Self {
        Self { now, zone: crate::dialplan::local_zone() }
    }
}

/// `%41` as `A`.
pub(crate) fn url_decoded(text: &str) -> String {
    url_decode::run(text)
}

/// All of them, by name.
pub const PURE: &[Pure] = &[
    coalesce::PURE,
    cond::PURE,
    create_uuid::PURE,
    echo::PURE,
    escape::PURE,
    expr::PURE,
    is_lan_addr::PURE,
    md5::PURE,
    quote_shell_arg::PURE,
    regex::PURE,
    replace::PURE,
    sql_escape::PURE,
    strepoch::PURE,
    strftime::PURE,
    strftime_tz::PURE,
    strmicroepoch::PURE,
    tolower::PURE,
    toupper::PURE,
    url_decode::PURE,
    url_encode::PURE,
];

/// Runs a pure command; none when there is none of that name. Names have no case; blanks around the
/// arguments go.
#[must_use]
pub fn run(name: &str, arguments: &str, moment: &Moment) -> Option<String> {
    let found = PURE.iter().find(|pure| pure.name.eq_ignore_ascii_case(name))?;
    Some((found.run)(arguments.trim_matches(' '), moment))
}

/// The pure commands as table entries.
pub(super) fn table() -> Vec<Command> {
    PURE.iter()
        .map(|pure| {
            let run = async |context: CommandContext, arguments: String| {
                (pure.run)(&arguments, &Moment::here(context.switch.clock().now()))
            };
            Command::new(pure.name, pure.syntax, pure.short, pure.long, run)
        })
        .collect()
}
