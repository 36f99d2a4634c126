//! The commands of the event socket: one file a verb, one entry a verb in [`VERBS`].
//!
//! Replies are FreeSWITCH's, to the letter; so is the matching: by prefix, in any case, so that
//! `events` is `event`. docs/event-socket.md is made from the table.

mod api;
mod auth;
mod bgapi;
mod connect;
mod console;
mod divert_events;
pub(crate) mod event;
mod exit;
mod filter;
mod getvar;
mod linger;
mod log;
mod myevents;
mod nixevent;
mod noevents;
mod nolinger;
mod nolog;
mod resume;
mod sendevent;
mod sendmsg;
mod userauth;

use futures_util::future::BoxFuture;

use crate::connection::Connection;
use crate::parser::Request;

/// A command of the event socket.
#[derive(Debug)]
pub struct Verb {
    /// As it is written.
    pub name: &'static str,
    /// What follows it.
    pub syntax: &'static str,
    /// Where it works.
    pub scope: Scope,
    /// What it does and answers. Markdown.
    pub doc: &'static str,
    /// Without a blank after it, it is another word.
    blank: bool,
    run: Run,
}

/// Where a verb works; elsewhere it is answered as unknown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Before the client has logged in.
    Login,
    /// On every connection, also before logging in.
    Always,
    /// On every connection.
    Any,
    /// On inbound connections, and on outbound ones with `full`.
    Full,
    /// On connections that control a call.
    Session,
    /// On outbound connections.
    Outbound,
}

impl Scope {
    /// In words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Login => "before logging in",
            Self::Always => "always",
            Self::Any => "inbound, outbound",
            Self::Full => "inbound, outbound with `full`",
            Self::Session => "outbound, inbound after `myevents`",
            Self::Outbound => "outbound",
        }
    }
}

enum Run {
    /// Answers at once.
    Quick(fn(&mut Connection, &Request, &str) -> Answer),
    /// Takes time.
    Slow(for<'c> fn(&'c mut Connection, &'c Request, &'c str) -> BoxFuture<'c, Answer>),
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Quick(_) => "Quick",
            Self::Slow(_) => "Slow",
        })
    }
}

/// What a command is answered.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// `Reply-Text`, and further headers.
    Reply(String, Vec<(&'static str, String)>),
    /// The output of an API command.
    Api(String),
    /// The headers of an event that are the reply.
    Data(String),
    /// `Reply-Text`, and the connection ends.
    End(String),
}

impl Answer {
    /// A reply without further headers.
    pub(crate) fn reply(text: impl Into<String>) -> Self {
        Self::Reply(text.into(), Vec::new())
    }

    /// There is no such command, or not here.
    pub(crate) fn unknown() -> Self {
        Self::reply("-ERR command not found")
    }

    /// The user may not.
    pub(crate) fn denied() -> Self {
        Self::reply("-ERR permission denied")
    }
}

/// All verbs. A command is the first one that it begins with.
pub const VERBS: &[Verb] = &[
    auth::VERB,
    userauth::VERB,
    exit::VERB,
    exit::DOTS,
    api::VERB,
    bgapi::VERB,
    event::VERB,
    nixevent::VERB,
    noevents::VERB,
    filter::VERB,
    myevents::VERB,
    divert_events::VERB,
    sendevent::VERB,
    sendmsg::VERB,
    log::VERB,
    nolog::VERB,
    connect::VERB,
    getvar::VERB,
    resume::EVENTS,
    resume::VERB,
    linger::VERB,
    nolinger::VERB,
];

/// The verb that a line begins with, and what follows it.
fn find<'l>(connection: &Connection, line: &'l str) -> Option<(&'static Verb, &'l str)> {
    VERBS.iter().find_map(|verb| {
        let rest = line.get(verb.name.len()..)?;
        let word = line.get(..verb.name.len())?;
        if !word.eq_ignore_ascii_case(verb.name) || (verb.blank && !rest.starts_with(' ')) {
            return None;
        }
        let here = match (verb.scope, connection.rights.is_some()) {
            (Scope::Always, _) => true,
            (Scope::Login, in_already) => !in_already,
            (_, false) => false,
            (Scope::Any, true) => true,
            (Scope::Full, true) => connection.full(),
            (Scope::Session, true) => connection.session.is_some(),
            (Scope::Outbound, true) => connection.outbound(),
        };
        here.then_some((verb, rest.strip_prefix(' ').unwrap_or(rest)))
    })
}

/// Does what the client asks.
pub(crate) async fn run(connection: &mut Connection, request: &Request) -> Answer {
    let Some((verb, arguments)) = find(connection, &request.line) else {
        return Answer::unknown();
    };
    match verb.run {
        Run::Quick(run) => run(connection, request, arguments),
        Run::Slow(run) => run(connection, request, arguments).await,
    }
}
