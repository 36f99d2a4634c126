//! API commands, as typed at the console: one file a command (or a small family).
//!
//! A [`Command`] is one table entry with its handler; `help`, `show api`, `ringfence help commands` and
//! docs/commands.md are all made from it.

mod alias;
mod bgapi;
mod chat;
mod coalesce;
mod complete;
mod cond;
mod create_uuid;
pub(crate) mod db;
mod directory;
mod echo;
mod escape;
mod eval;
mod evaluate;
mod expand;
mod expr;
mod fsctl;
mod global_getvar;
pub mod global_setvar;
pub(crate) mod hash;
mod help;
mod is_lan_addr;
mod json;
mod limit;
mod log;
mod machine;
mod md5;
mod modules;
mod nested;
mod originate;
pub mod pure;
mod quote_shell_arg;
mod regex;
mod replace;
mod say_string;
mod sched;
mod server;
mod show;
mod sofia;
pub mod split;
mod sql_escape;
mod strepoch;
mod strftime;
mod strftime_tz;
mod strmicroepoch;
mod tolower;
mod toupper;
mod url_decode;
mod url_encode;
mod uuid_bridge;
mod uuid_control;
mod uuid_displace;
mod uuid_dtmf;
mod uuid_hold;
mod uuid_park;
mod uuid_record;
mod uuid_send_info;
mod uuid_transfer;
mod uuid_variable;
mod xml_locate;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::event::Event;
use crate::session::Session;
use crate::switch::{Module, Switch};

pub(crate) use alias::Aliases;
pub(crate) use nested::nested;

/// What a command works with.
#[derive(Clone, Debug)]
pub struct CommandContext {
    /// The server.
    pub switch: Switch,
    /// The call that the command is run for, if any.
    pub session: Option<Session>,
    /// What is known of who runs it: all about a call that is over, for its hangup hook.
    pub environment: Option<Arc<Event>>,
}

/// What runs a command: its context and its arguments (trimmed); answers the output.
pub type Run = Arc<dyn Fn(CommandContext, String) -> BoxFuture<'static, String> + Send + Sync>;

/// An API command.
#[derive(Clone)]
pub struct Command {
    /// As typed.
    pub name: &'static str,
    /// Its arguments, as FreeSWITCH writes syntax.
    pub syntax: &'static str,
    /// What it does, in a line.
    pub short: &'static str,
    /// The manual: arguments with units, output, errors. Markdown.
    pub long: &'static str,
    /// Runs it.
    pub run: Run,
}

impl Command {
    /// An entry whose handler is the async function `run`.
    pub fn new<F, R>(
        name: &'static str,
        syntax: &'static str,
        short: &'static str,
        long: &'static str,
        run: F,
    ) -> Self
    where
        F: Fn(CommandContext, String) -> R + Send + Sync + 'static,
        R: Future<Output = String> + Send + 'static,
    {
        let run: Run = Arc::new(move |context, arguments| Box::pin(run(context, arguments)));
        Self { name, syntax, short, long, run }
    }

    /// The answer to wrong arguments, as FreeSWITCH gives it.
    #[must_use]
    pub fn usage(syntax: &str) -> String {
        format!("-USAGE: {syntax}\n")
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("name", &self.name).finish_non_exhaustive()
    }
}

/// There is no command of that name; callers answer `INVALID COMMAND!` and a newline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no command \"{0}\"; `help` lists all")]
pub struct UnknownCommand(pub String);

/// The answer of most commands to a uuid that no session has.
pub(crate) const NO_CHANNEL: &str = "-ERR No such channel!\n";

/// The commands of this crate.
#[must_use]
pub(crate) fn module() -> Module {
    let commands = [
        alias::table(),
        bgapi::table(),
        complete::table(),
        chat::table(),
        db::table(),
        directory::table(),
        eval::table(),
        expand::table(),
        fsctl::table(),
        global_getvar::table(),
        global_setvar::table(),
        hash::table(),
        help::table(),
        json::table(),
        machine::table(),
        limit::table(),
        log::table(),
        modules::table(),
        originate::table(),
        pure::table(),
        sched::table(),
        say_string::table(),
        server::table(),
        show::table(),
        sofia::table(),
        crate::outside::shell_commands(),
        uuid_bridge::table(),
        uuid_control::table(),
        uuid_displace::table(),
        uuid_dtmf::table(),
        uuid_park::table(),
        uuid_record::table(),
        uuid_send_info::table(),
        uuid_hold::table(),
        uuid_transfer::table(),
        uuid_variable::table(),
        xml_locate::table(),
    ];
    Module {
        name: "mod_commands",
        commands: commands.into_iter().flatten().collect(),
        ..Module::default()
    }
}
