//! Calls that the server makes: `originate`.
//!
//! `dial` reads the dial string; [`Switch::originate`] calls all legs of a group at once and takes
//! the first that answers (or has early media), then group after group. `place` calls one leg, `user` and
//! `group` look up where users of the directory are called. Legs may be made for a call that waits: `caller`
//! is what it hands on and learns, `ringback` what it hears meanwhile.

mod attempt;
mod caller;
pub mod dial;
pub(crate) mod group;
mod not_called;
mod place;
mod ringback;
mod user;

use tracing::field::display;

use crate::authority;
use crate::cause::Cause;
use crate::channel::Order;
use crate::event::EventName;
use crate::operation::Failure;
use crate::session::Session;
use crate::switch::Switch;

use attempt::Attempt;
pub use not_called::NotCalled;

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
#[derive(Clone, Debug, Default)]
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
    /// unless another one is given. It rings, has early media and is answered as the new one is, and
    /// its variables tell what became of it (`originate_disposition` …).
    pub a_leg: Option<Session>,
}

impl Switch {
    /// Makes a call and waits until it is answered, or has early media.
    ///
    /// # Errors
    ///
    /// The cause that the last leg failed with: `NO_ANSWER` when it rang too long, what the far end
    /// said, `CHAN_NOT_IMPLEMENTED` for an unknown endpoint … `ORIGINATOR_CANCEL` when the call that it
    /// is made for ended first, `OUTGOING_CALL_BARRED` for a dial string that the script which asks may
    /// not use.
    pub async fn originate(&self, originate: &Originate) -> Result<Session, Cause> {
        let call = originate.a_leg.as_ref().map(|caller| caller.uuid().to_string());
        let call = call.as_deref().map(display);
        if let Err(refused) = authority::dial_string(&originate.dial) {
            tracing::warn!(call, "not called: {refused}");
            return Err(Cause::OUTGOING_CALL_BARRED);
        }
        let session = Attempt::new(self, originate).run().await.inspect_err(|cause| {
            tracing::info!(call, "not connected to {} ({cause})", dial::plain(&originate.dial));
        })?;
        if originate.a_leg.is_none() && !session.is_null() {
            turn_round(&session);
        }
        if let Some(plan) = &originate.plan
            && let Err(failure) = begin(&session, plan)
        {
            tracing::debug!(call = %session.uuid(), %failure, "originated, and gone again");
        }
        Ok(session)
    }
}

/// A leg that nobody is behind is known by whom it called, as FreeSWITCH has it: the caller's and the
/// callee's ids change places.
fn turn_round(session: &Session) {
    let before = {
        let profile = &mut session.0.shared.lock().profile;
        let before = (profile.caller_id_name.clone(), profile.caller_id_number.clone());
        std::mem::swap(&mut profile.caller_id_name, &mut profile.callee_id_name);
        std::mem::swap(&mut profile.caller_id_number, &mut profile.callee_id_number);
        before
    };
    let (name, number) = before;
    for (variable, value) in
        [("pre_transfer_caller_id_name", name), ("pre_transfer_caller_id_number", number)]
    {
        if !value.is_empty() {
            session.note(variable, &value);
        }
    }
    session.0.fire_first(EventName::CallUpdate, |event| {
        event.set("Direction", "RECV");
    });
    session.note("channel_cid_flipped", "yes");
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
