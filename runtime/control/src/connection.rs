//! What the server knows of a client while it is connected: the state that commands change.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ringfence_switch::event::Format;
use ringfence_switch::{Session, Switch};
use tokio::sync::OwnedSemaphorePermit;

use crate::directory::Rights;
use crate::divert::Diversion;
use crate::filter::Filters;
use crate::jobs::Jobs;
use crate::journal::Reader;
use crate::log;
use crate::socket::Shared;

/// Who connected to whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// The client to us.
    Inbound,
    /// We to the client, for a call: the application `socket`.
    Outbound {
        /// The call is parked, and what is sent to it runs beside; otherwise each execution is waited
        /// for before the reply.
        asynchronous: bool,
        /// Not only the commands that concern the call.
        full: bool,
    },
}

/// How long the connection stays after its call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Linger {
    /// It ends with the call.
    No,
    /// Until the client says `exit`.
    Forever,
    /// So long, or until `exit`.
    For(Duration),
}

/// A client.
pub(crate) struct Connection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) role: Role,
    /// Where the client is.
    pub(crate) address: IpAddr,
    /// What it may do; none before it has logged in.
    pub(crate) rights: Option<Rights>,
    pub(crate) reader: Reader,
    pub(crate) format: Format,
    pub(crate) filters: Filters,
    /// The call it controls: of the application `socket`, or of `myevents`.
    pub(crate) session: Option<Session>,
    /// Whether `myevents` was said.
    pub(crate) my_events: bool,
    pub(crate) linger: Linger,
    /// The events of the call itself, when they were asked for.
    pub(crate) diversion: Option<Diversion>,
    /// The log lines it asked for.
    pub(crate) log: Option<log::Reader>,
    pub(crate) jobs: Jobs,
    /// Held until it has logged in.
    pub(crate) stranger: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// A client that has not said anything.
    pub(crate) fn new(shared: Arc<Shared>, role: Role, address: IpAddr) -> Self {
        let reader = shared.journal.reader();
        Self {
            shared,
            role,
            address,
            rights: None,
            reader,
            format: Format::Plain,
            filters: Filters::default(),
            session: None,
            my_events: false,
            linger: Linger::No,
            diversion: None,
            log: None,
            jobs: Jobs::default(),
            stranger: None,
        }
    }

    /// The server.
    pub(crate) fn switch(&self) -> &Switch {
        &self.shared.switch
    }

    /// Whether it may do more than control its call.
    pub(crate) fn full(&self) -> bool {
        match self.role {
            Role::Inbound => true,
            Role::Outbound { full, .. } => full,
        }
    }

    /// Whether we connected to it.
    pub(crate) fn outbound(&self) -> bool {
        self.role != Role::Inbound
    }

    /// Whether it may do something: nothing before it has logged in.
    pub(crate) fn may(&self, what: impl FnOnce(&Rights) -> bool) -> bool {
        self.rights.as_ref().is_some_and(what)
    }
}
