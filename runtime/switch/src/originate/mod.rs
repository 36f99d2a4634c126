//! Calls that the server makes: `originate`.
//!
//! `dial` reads the dial string; [`Switch::originate`] calls all legs of a group at once and takes
//! the first that answers (or has early media), then group after group.

pub(crate) mod dial;
mod place;

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::authority;
use crate::cause::Cause;
use crate::channel::Order;
use crate::operation::Failure;
use crate::session::Session;
use crate::switch::Switch;

pub use place::Placed;

/// How long a call may ring unless told otherwise, in seconds; FreeSWITCH's default.
pub const DEFAULT_TIMEOUT: u32 = 60;

/// What an originated call does once it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// `&application(data)`.
    Application(String, String),
    /// An extension of the dialplan.
    Extension {
        /// The number.
        extension: String,
        /// `XML` unless given.
        dialplan: Option<String>,
        /// `default` unless given.
        context: Option<String>,
    },
}

/// A call to be made.
#[derive(Clone, Debug)]
pub struct Originate {
    /// `{variables}[leg variables]sofia/profile/user@host,…|…`.
    pub dial: String,
    /// What it does then; none leaves it waiting for a transfer.
    pub plan: Option<Plan>,
    /// The caller's name that the far end is told.
    pub caller_id_name: Option<String>,
    /// The caller's number that the far end is told.
    pub caller_id_number: Option<String>,
    /// How long it may ring, in seconds; none takes [`DEFAULT_TIMEOUT`]. The variable
    /// `originate_timeout` comes first.
    pub timeout: Option<u32>,
    /// The call that it is made for: its end takes the new one back, and its caller id is told
    /// unless another one is given.
    pub a_leg: Option<Session>,
}

impl Switch {
    /// Makes a call and waits until it is answered, or has early media.
    ///
    /// # Errors
    ///
    /// The cause that the last leg failed with: `NO_ANSWER` when it rang too long, what the far end
    /// said, `CHAN_NOT_IMPLEMENTED` for an unknown endpoint …
    pub async fn originate(&self, originate: &Originate) -> Result<Session, Cause> {
        let string = dial::parse(&originate.dial)?;
        let seconds = string
            .common
            .text("originate_timeout")
            .and_then(|text| text.parse().ok())
            .or(originate.timeout)
            .unwrap_or(DEFAULT_TIMEOUT);
        let all = async {
            let mut last = Cause::DESTINATION_OUT_OF_ORDER;
            for group in &string.groups {
                match self.race(group, &string, originate).await {
                    Ok(session) => return Ok(session),
                    Err(cause) => last = cause,
                }
            }
            Err(last)
        };
        let patience = Duration::from_secs(u64::from(seconds.max(1)));
        // Legs that still ring when this is dropped are hung up by their own guard.
        let session = match tokio::time::timeout(patience, all).await {
            Ok(result) => result?,
            Err(_) => return Err(Cause::NO_ANSWER),
        };
        if let Some(plan) = &originate.plan
            && let Err(failure) = begin(&session, plan)
        {
            tracing::debug!(call = %session.uuid(), %failure, "originated, and gone again");
        }
        Ok(session)
    }

    /// Calls all legs of a group; the first that is answered wins.
    async fn race(
        &self,
        group: &[dial::Leg],
        string: &dial::DialString,
        originate: &Originate,
    ) -> Result<Session, Cause> {
        let mut last = Cause::DESTINATION_OUT_OF_ORDER;
        let mut legs = FuturesUnordered::new();
        let mut called = Vec::new();
        for leg in group {
            // Several legs cannot have the uuid that was asked for; the first gets it.
            let first = legs.is_empty();
            match place::place(self, leg, &string.common, originate, first) {
                Ok(placed) => {
                    called.extend(placed.session().cloned());
                    legs.push(placed.settled());
                }
                Err(cause) => last = cause,
            }
        }
        while let Some(settled) = legs.next().await {
            match settled {
                Ok(session) => {
                    for other in called.iter().filter(|other| **other != session) {
                        other.hangup(Cause::LOSE_RACE);
                    }
                    return Ok(session);
                }
                Err(cause) => last = cause,
            }
        }
        Err(last)
    }
}

/// Tells an answered leg what to do.
fn begin(session: &Session, plan: &Plan) -> Result<(), Failure> {
    match plan {
        Plan::Application(name, data) => {
            {
                let mut shared = session.0.shared.lock();
                if !shared.state.up() {
                    return Err(Failure::Hangup(shared.cause));
                }
                let (application, data) = (name.clone(), data.clone());
                let authority = authority::current();
                shared.plan = Some(Order::Application { application, data, authority });
            }
            session.0.notify();
            Ok(())
        }
        Plan::Extension { extension, dialplan, context } => session.transfer(
            extension,
            Some(dialplan.as_deref().unwrap_or("XML")),
            Some(context.as_deref().unwrap_or("default")),
        ),
    }
}
