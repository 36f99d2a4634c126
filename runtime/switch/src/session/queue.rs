//! Applications that are sent to a call from outside: `uuid_broadcast`, `sendmsg`.

use std::time::Duration;

use tokio::time::Instant;

use crate::authority;
use crate::channel::{Beside, MAX_PENDING_BROADCASTS};
use crate::operation::Failure;
use crate::session::Session;

/// A loop whose round takes less than this ends: it would only burn the processor. FreeSWITCH's.
const SHORT_ROUND: Duration = Duration::from_millis(500);

/// An application for a call, and how it is run.
#[derive(Clone, Debug)]
pub struct Execution {
    /// The application.
    pub application: String,
    /// Its data, taken as it is.
    pub data: String,
    /// How often; negative is for ever. A round that takes less than half a second is the last.
    pub loops: i32,
    /// While it runs, no other one begins.
    pub lock: bool,
    /// `Application-UUID` in its events; a new one unless given.
    pub uuid: Option<String>,
    /// `Application-UUID-Name` in its events.
    pub uuid_name: Option<String>,
}

impl Execution {
    /// That application, once.
    #[must_use]
    pub fn new(application: impl Into<String>, data: impl Into<String>) -> Self {
        Self {
            application: application.into(),
            data: data.into(),
            loops: 1,
            lock: false,
            uuid: None,
            uuid_name: None,
        }
    }
}

impl Session {
    /// Runs an application beside what the call does: at once, unless one runs that is locked.
    ///
    /// One that begins while another runs runs inside of it: what plays waits and goes on after it.
    ///
    /// # Errors
    ///
    /// `Hangup` when the call is over; `Failed` when [`MAX_PENDING_BROADCASTS`] wait; `Refused` when
    /// the script that asks may not run the application.
    pub fn queue(&self, execution: Execution) -> Result<(), Failure> {
        authority::application(&execution.application)?;
        let authority = authority::current();
        {
            let mut shared = self.0.shared.lock();
            if !shared.state.up() {
                return Err(Failure::Hangup(shared.cause));
            }
            if shared.broadcasts.len() >= MAX_PENDING_BROADCASTS {
                return Err(Failure::Failed(format!(
                    "{MAX_PENDING_BROADCASTS} broadcasts wait already on {}",
                    self.0.uuid
                )));
            }
            shared.broadcasts.push_back(Beside { execution, authority });
        }
        self.0.notify();
        Ok(())
    }

    /// Runs an application in all its rounds and waits for the end.
    ///
    /// # Errors
    ///
    /// As [`Session::execute`], of the last round.
    pub async fn execute_all(&self, execution: &Execution) -> Result<(), Failure> {
        let mut rounds = execution.loops;
        loop {
            let began = Instant::now();
            let result = self.execute_as(execution).await;
            rounds = if rounds < 0 { rounds } else { rounds.saturating_sub(1) };
            if rounds == 0 || began.elapsed() < SHORT_ROUND || self.over().is_some() {
                return result;
            }
        }
    }
}
