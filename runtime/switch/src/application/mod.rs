//! What the dialplan executes: one file an application (or a small family).
//!
//! An [`Application`] is one table entry with its handler; the dialplan, `show application`,
//! `ringfence help applications` and docs/applications.md are all made from it.

mod absent;
mod answer;
mod bridge;
mod check_acl;
mod detect_speech;
mod digit_action;
mod digits;
mod displace_session;
mod dtmf;
mod echo;
mod event;
mod gentones;
mod hangup;
mod hash;
mod hold;
mod intercept;
mod ivr;
pub(crate) mod limit;
mod log;
mod loop_playback;
mod park;
mod playback;
mod privacy;
mod record;
mod record_session;
mod redirect;
mod say;
mod sched;
mod set_user;
mod silence;
mod sleep;
mod transfer;
mod variable;
mod video;
mod wait_for_answer;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::operation::Failure;
use crate::session::Session;
use crate::switch::Module;

pub(crate) use absent::why as why_absent;
pub use absent::{ABSENT, Absent};

/// How an application may be used, FreeSWITCH's application flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Needs no media; any other application pre-answers an unanswered inbound call first.
    pub nomedia: bool,
    /// May run inline, while the dialplan is being hunted.
    pub routing_exec: bool,
    /// Runs also after hangup.
    pub zombie_exec: bool,
}

impl Flags {
    /// Needs media.
    pub const NONE: Self = Self { nomedia: false, routing_exec: false, zombie_exec: false };
    /// Needs no media.
    pub const NOMEDIA: Self = Self { nomedia: true, ..Self::NONE };
    /// Needs no media and may run inline.
    pub const ROUTING: Self = Self { routing_exec: true, ..Self::NOMEDIA };
    /// Needs no media, may run inline, and after hangup.
    pub const ANY: Self = Self { zombie_exec: true, ..Self::ROUTING };
}

/// What runs an application: the session and the application's (expanded) data.
pub type Run =
    Arc<dyn Fn(Session, String) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

/// A dialplan application.
#[derive(Clone)]
pub struct Application {
    /// As written in the dialplan.
    pub name: &'static str,
    /// Its data, as FreeSWITCH writes syntax.
    pub syntax: &'static str,
    /// What it does, in a line.
    pub short: &'static str,
    /// The manual: parameters with units, variables read and set, errors. Markdown.
    pub long: &'static str,
    /// How it may be used.
    pub flags: Flags,
    /// Runs it.
    pub run: Run,
}

impl Application {
    /// An entry whose handler is the async function `run`.
    pub fn new<F, R>(
        name: &'static str,
        syntax: &'static str,
        short: &'static str,
        long: &'static str,
        flags: Flags,
        run: F,
    ) -> Self
    where
        F: Fn(Session, String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let run: Run = Arc::new(move |session, data| Box::pin(run(session, data)));
        Self { name, syntax, short, long, flags, run }
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The applications of this crate.
#[must_use]
pub(crate) fn module() -> Module {
    let applications = [
        answer::table(),
        bridge::table(),
        check_acl::table(),
        detect_speech::table(),
        digit_action::table(),
        digits::table(),
        displace_session::table(),
        dtmf::table(),
        echo::table(),
        event::table(),
        gentones::table(),
        hangup::table(),
        hash::table(),
        hold::table(),
        intercept::table(),
        ivr::table(),
        limit::table(),
        log::table(),
        loop_playback::table(),
        park::table(),
        playback::table(),
        privacy::table(),
        record::table(),
        record_session::table(),
        redirect::table(),
        sched::table(),
        set_user::table(),
        say::table(),
        silence::table(),
        sleep::table(),
        crate::outside::shell_applications(),
        transfer::table(),
        variable::table(),
        video::table(),
        wait_for_answer::table(),
    ];
    Module {
        name: "mod_dptools",
        applications: applications.into_iter().flatten().collect(),
        interfaces: vec![("chat", "event"), ("dialplan", "inline"), ("endpoint", "error")],
        ..Module::default()
    }
}

/// Notes how an application ended: the variable `current_application_response`.
pub(crate) fn respond(session: &Session, response: &str) {
    session.note("current_application_response", response);
}
