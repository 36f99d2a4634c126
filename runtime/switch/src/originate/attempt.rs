//! One originate, from the dial string to the leg that won.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tracing::field::display;

use super::caller::Caller;
use super::group::{self, Turns};
use super::user::{self, Called};
use super::{DEFAULT_TIMEOUT, NotCalled, Originate, dial, place, ringback};
use crate::authority;
use crate::cause::Cause;
use crate::channel::Order;
use crate::channel::routing::Rights;
use crate::session::Session;
use crate::switch::Switch;
use crate::variable::Variables;

/// Users whose dial strings name users whose dial strings … ; one more is `EXCHANGE_ROUTING_ERROR`.
const MAX_NESTED: usize = 8;

/// Legs and users that one originate tries at most; one more is `EXCHANGE_ROUTING_ERROR`. Far above
/// every ring group; it bounds users whose dial strings name many users.
pub(super) const MAX_TRIED: usize = 256;

/// What separates dial strings that are tried at the same time, each with variables of its own.
const ENTERPRISE: &str = ":_:";

/// Legs that are being called, until one wins.
pub(super) struct Attempt<'o> {
    pub(super) switch: &'o Switch,
    pub(super) originate: &'o Originate,
    pub(super) caller: Option<Caller<'o>>,
    /// All legs so far.
    called: Mutex<Vec<Session>>,
    /// How many legs and users were tried.
    tried: AtomicUsize,
    /// Somebody rings.
    ringing: Notify,
}

impl<'o> Attempt<'o> {
    pub(super) fn new(switch: &'o Switch, originate: &'o Originate) -> Self {
        let caller = originate.a_leg.as_ref().map(Caller);
        Self {
            switch,
            originate,
            caller,
            called: Mutex::default(),
            tried: AtomicUsize::new(0),
            ringing: Notify::new(),
        }
    }

    /// Calls until a leg is answered (or has early media), and with it the caller.
    pub(super) async fn run(self) -> Result<Session, Cause> {
        let Some(caller) = self.caller else { return self.dial().await };
        caller.begins();
        let dialing = self.dial();
        tokio::pin!(dialing);
        let result = tokio::select! {
            biased;
            // The legs are still there then, so that they can be told why they are hung up.
            _ = caller.0.interrupted() => {
                let cause = why_interrupted(caller.0);
                self.give_up(cause);
                Err(cause)
            }
            result = &mut dialing => result,
            () = self.ringback(caller.0) => Err(Cause::NONE),
        };
        let result = match result {
            Ok(leg) => pick_up(caller.0, &leg).await.map(|()| leg),
            Err(cause) => Err(cause),
        };
        caller.ends(result.as_ref().map(drop).map_err(|cause| *cause));
        result
    }

    /// Waits for ever; the caller hears something meanwhile, if it wants to.
    async fn ringback(&self, caller: &Session) {
        if !ringback::instant(caller) {
            self.ringing.notified().await;
        }
        ringback::play(caller).await;
    }

    /// Tries all dial strings at once.
    async fn dial(&self) -> Result<Session, Cause> {
        let mut last = Cause::DESTINATION_OUT_OF_ORDER;
        let strings = FuturesUnordered::new();
        let texts = self.originate.dial.split(ENTERPRISE);
        if texts.clone().count() > dial::MAX_LEGS {
            let why = format!("at most {} dial strings may be tried at once", dial::MAX_LEGS);
            return Err(self.refuse("", &NotCalled::new(last, why)));
        }
        for text in texts {
            match dial::parse(text) {
                Ok(string) => strings.push(async move {
                    // Legs that still ring when this is dropped are hung up by their own guard.
                    let patience = self.patience(&string);
                    match tokio::time::timeout(patience, self.string(&string, 0)).await {
                        Ok(result) => result,
                        Err(_) => Err(Cause::NO_ANSWER),
                    }
                }),
                Err(refused) => last = self.refuse(&dial::plain(text), &refused),
            }
        }
        self.first(strings, last).await
    }

    fn patience(&self, string: &dial::DialString) -> Duration {
        let asked = string.common.text("originate_timeout").and_then(|text| text.parse().ok());
        let seconds = asked.or(self.originate.timeout).unwrap_or(DEFAULT_TIMEOUT);
        Duration::from_secs(u64::from(seconds.max(1)))
    }

    /// Group after group.
    async fn string(&self, string: &dial::DialString, depth: usize) -> Result<Session, Cause> {
        let mut last = Cause::DESTINATION_OUT_OF_ORDER;
        for group in &string.groups {
            match self.race(group, &string.common, depth).await {
                Ok(session) => return Ok(session),
                Err(cause) => last = cause,
            }
        }
        Err(last)
    }

    /// Calls all legs of a group; the first that is answered wins.
    async fn race(
        &self,
        group: &[dial::Leg],
        common: &Variables,
        depth: usize,
    ) -> Result<Session, Cause> {
        let mut last = Cause::DESTINATION_OUT_OF_ORDER;
        let legs = FuturesUnordered::new();
        for leg in group {
            match self.leg(leg, common, depth) {
                Ok(settled) => legs.push(settled),
                Err(refused) => {
                    let leg = format!("{}/{}", leg.endpoint, leg.address);
                    last = self.refuse(&leg, &refused);
                }
            }
        }
        self.first(legs, last).await
    }

    /// The first that is answered; the others have lost. With none, why the last one failed, which is
    /// `last` while there was none.
    async fn first(
        &self,
        mut calls: impl Stream<Item = Result<Session, Cause>> + Unpin,
        mut last: Cause,
    ) -> Result<Session, Cause> {
        while let Some(result) = calls.next().await {
            match result {
                Ok(session) => {
                    self.lose(&session);
                    return Ok(session);
                }
                Err(cause) => last = cause,
            }
        }
        Err(last)
    }

    /// Calls one leg now, and answers what becomes of it.
    fn leg<'a>(
        &'a self,
        leg: &'a dial::Leg,
        common: &'a Variables,
        depth: usize,
    ) -> Result<BoxFuture<'a, Result<Session, Cause>>, NotCalled> {
        let mut variables = common.clone();
        for (name, value) in leg.variables.iter() {
            // It was a variable there, so its name is one.
            let _ = variables.set(name, value.text().into_owned());
        }
        if self.tried.fetch_add(1, Ordering::Relaxed) >= MAX_TRIED {
            let why = format!("one originate tries at most {MAX_TRIED} legs and users");
            return Err(NotCalled::new(Cause::EXCHANGE_ROUTING_ERROR, why));
        }
        permitted(&format!("{}/{}", leg.endpoint, leg.address))?;
        if let Some(route) = variables.text("sip_route_uri") {
            // It leads elsewhere than the leg's name says.
            permitted(&format!("sip_route_uri={route}"))?;
        }
        if leg.endpoint.eq_ignore_ascii_case("user") {
            return Ok(Box::pin(self.user(leg, variables, depth)));
        }
        if leg.endpoint.eq_ignore_ascii_case("group") {
            return Ok(Box::pin(self.group(leg, variables, depth)));
        }
        // Several legs cannot have the uuid that was asked for; the first gets it.
        let first = self.called.lock().is_empty();
        let placed = place::place(self, leg, &variables, first)?;
        self.called.lock().push(placed.session().clone());
        Ok(Box::pin(placed.settled(self)))
    }

    async fn user(
        &self,
        leg: &dial::Leg,
        variables: Variables,
        depth: usize,
    ) -> Result<Session, Cause> {
        let found = match nested(depth) {
            Ok(()) => user::find(self.switch, &leg.address).await,
            Err(refused) => Err(refused),
        };
        match found {
            Ok(called) => self.called(called, &variables, depth).await,
            Err(refused) => Err(self.refuse(&format!("user/{}", leg.address), &refused)),
        }
    }

    /// Calls the users of a group; the first that is answered wins.
    async fn group(
        &self,
        leg: &dial::Leg,
        variables: Variables,
        depth: usize,
    ) -> Result<Session, Cause> {
        let found = match nested(depth) {
            Ok(()) => group::find(self.switch, &leg.address).await,
            Err(refused) => Err(refused),
        };
        let (users, turns) = match found {
            Ok(found) => found,
            Err(refused) => return Err(self.refuse(&format!("group/{}", leg.address), &refused)),
        };
        let together = if turns == Turns::InTurn { 1 } else { users.len() };
        let calls = users.into_iter().map(|called| self.called(called, &variables, depth));
        let calls = futures_util::stream::iter(calls).buffer_unordered(together);
        self.first(calls, Cause::NO_ROUTE_DESTINATION).await
    }

    /// Calls whom the directory says.
    async fn called(
        &self,
        (mut string, script): Called,
        variables: &Variables,
        depth: usize,
    ) -> Result<Session, Cause> {
        for (name, value) in variables.iter().filter(|(name, _)| !user::NAMES.contains(name)) {
            let _ = string.common.set(name, value.text().into_owned());
        }
        // Where a user is, the operator says, or the script that the operator has answer for it.
        Rights::of(script).lend(self.string(&string, depth + 1)).await
    }

    /// Tells the log why something was not called, and answers the cause.
    fn refuse(&self, what: &str, refused: &NotCalled) -> Cause {
        let NotCalled { cause, why } = refused;
        let call = self.caller.map(|caller| display(caller.0.uuid().clone()));
        match *cause {
            _ if why.is_empty() => {}
            // Whoever dials may be wrong.
            Cause::SUBSCRIBER_ABSENT => {
                tracing::info!(call, "{what} is not called ({cause}): {why}")
            }
            _ => tracing::warn!(call, "{what} is not called ({cause}): {why}"),
        }
        *cause
    }

    /// Somebody rings: so does the caller.
    pub(super) async fn rings(&self, leg: &Session) {
        if let Some(caller) = self.caller {
            show_callee(caller.0, leg);
            caller.rings().await;
            self.ringing.notify_one();
        }
    }

    /// Hangs up all legs but the winner.
    fn lose(&self, winner: &Session) {
        let called = self.called.lock();
        for other in called.iter().filter(|other| *other != winner) {
            other.hangup(Cause::LOSE_RACE);
        }
    }

    fn give_up(&self, cause: Cause) {
        for leg in self.called.lock().iter().filter(|leg| leg.up()) {
            if let Some(caller) = self.caller {
                caller.settled(leg, cause);
            }
            leg.hangup(cause);
        }
    }
}

/// Whether the script that asks may call that.
fn permitted(leg: &str) -> Result<(), NotCalled> {
    authority::originate(leg)
        .map_err(|refused| NotCalled::new(Cause::OUTGOING_CALL_BARRED, refused.to_string()))
}

/// Whether dial strings may lead on to users so often.
fn nested(depth: usize) -> Result<(), NotCalled> {
    if depth < MAX_NESTED {
        return Ok(());
    }
    let why = format!("dial strings led to a user {MAX_NESTED} times already");
    Err(NotCalled::new(Cause::EXCHANGE_ROUTING_ERROR, why))
}

/// Why nobody is called any more for a call that was hung up, transferred, or taken by another one.
fn why_interrupted(caller: &Session) -> Cause {
    match caller.0.shared.lock().plan {
        Some(Order::Bridge(_)) => Cause::PICKED_OFF,
        _ => Cause::ORIGINATOR_CANCEL,
    }
}

/// The caller's profile tells whom it is connected to.
fn show_callee(caller: &Session, leg: &Session) {
    let callee = leg.profile();
    let mut shared = caller.0.shared.lock();
    shared.profile.callee_id_name = callee.callee_id_name;
    shared.profile.callee_id_number = callee.callee_id_number;
}

/// Answers the caller as its leg is, or gives it early media. A leg whose caller has gone meanwhile is
/// hung up.
async fn pick_up(caller: &Session, leg: &Session) -> Result<(), Cause> {
    /// Hangs up a leg that nobody came for, also when the wait for the caller is given up.
    struct Won<'l>(&'l Session, bool);
    impl Drop for Won<'_> {
        fn drop(&mut self) {
            if !self.1 {
                self.0.hangup(Cause::ORIGINATOR_CANCEL);
            }
        }
    }
    let mut won = Won(leg, false);
    show_callee(caller, leg);
    let ready = if leg.answered() { caller.answer().await } else { caller.pre_answer().await };
    won.1 = ready.is_ok();
    ready.map_err(|failure| {
        tracing::debug!(call = %caller.uuid(), %failure, "its leg is hung up again");
        Cause::ORIGINATOR_CANCEL
    })
}
