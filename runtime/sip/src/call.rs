//! The handle of a call: what the switch may do with it.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::core::Command;
use crate::wire::{self, NameAddr};

/// Commands of one call that may wait for its thread; more are refused as [`CallError::Busy`].
/// A call needs a handful in its life. With the limit of calls it bounds the threads' queues.
const PENDING: u32 = 32;

/// Extra header lines of a message we send, as (name, value).
pub type Headers = Vec<(String, String)>;

/// A body that is not SDP, or an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// As `application/sdp`.
    pub content_type: String,
    /// The bytes.
    pub content: Bytes,
}

impl Body {
    /// An SDP offer.
    #[must_use]
    pub fn sdp(content: impl Into<Bytes>) -> Self {
        Self { content_type: "application/sdp".into(), content: content.into() }
    }
}

/// Max-Forwards of a request that begins here (RFC 3261 §8.1.1.6).
pub const MAX_FORWARDS: u8 = 70;

/// A call to be made with [`Stack::invite`](crate::Stack::invite).
#[derive(Clone, Debug)]
pub struct Invite {
    /// The profile whose listener sends it.
    pub profile: String,
    /// Whom to call: a `sip:` URI. `;transport=tcp` chooses TCP.
    pub target: String,
    /// Who calls; the stack adds the tag. A host `localhost.invalid` or empty user stays as given.
    pub from: NameAddr,
    /// To; none takes `target`.
    pub to: Option<NameAddr>,
    /// More header lines. Those that the stack writes itself (Via, From, CSeq …) are refused.
    pub headers: Headers,
    /// The offer; none asks the far end to offer (delayed offer).
    pub body: Option<Body>,
    /// Where to send it instead of to `target`'s host: `host[:port]` or a `sip:` URI, put into a
    /// Route header with `;lr`.
    pub proxy: Option<String>,
    /// How many servers it may pass through (RFC 3261 §8.1.1.6); [`MAX_FORWARDS`] unless the call came
    /// from elsewhere.
    pub max_forwards: u8,
}

/// Why a call could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// No listener belongs to this profile.
    #[error("no SIP profile {0:?} with a listener for this transport; is it configured and bound?")]
    Profile(String),
    /// The target or proxy is not a SIP URI we can call.
    #[error("cannot call {uri:?}: {why}")]
    Target {
        /// What was given.
        uri: String,
        /// What is wrong with it.
        why: String,
    },
    /// A header cannot be sent.
    #[error("cannot send header {name:?}: {why}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// As many calls as the configuration allows.
    #[error("{0} calls at a time are allowed and in use; raise the limit of calls")]
    Limit(usize),
    /// The stack is shutting down.
    #[error("the SIP stack is shutting down")]
    Shutdown,
}

/// Why a command was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The call is over, or its thread has ended.
    #[error("the call is over")]
    Gone,
    /// Too many commands wait.
    #[error("{PENDING} commands of this call wait already")]
    Busy,
    /// A header cannot be sent.
    #[error("cannot send header {name:?}: {why}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The status is not one that rejects a call.
    #[error("{0} does not reject a call: 300 to 699 do")]
    Status(u16),
}

/// What a call's thread is asked to do.
#[derive(Debug)]
pub(crate) enum Order {
    Ring { headers: Headers },
    Progress { sdp: Option<Bytes>, headers: Headers },
    Answer { sdp: Option<Bytes>, headers: Headers },
    Reject { status: u16, reason: Option<String>, headers: Headers },
    Hangup { headers: Headers },
    Acknowledge { sdp: Option<Bytes> },
    Info { body: Body },
    Reinvite { sdp: Option<Bytes> },
    Accept { offer: u32, sdp: Option<Bytes> },
    Refuse { offer: u32, status: u16 },
}

/// An order with the call it is for.
#[derive(Debug)]
pub(crate) struct CallOrder {
    pub(crate) order: Order,
    pub(crate) shared: Arc<Shared>,
}

/// What the handle and the thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) call_id: Box<str>,
    pub(crate) local_tag: Box<str>,
    pub(crate) remote_tag: OnceLock<Box<str>>,
    pending: AtomicU32,
    hung_up: AtomicBool,
}

impl Shared {
    pub(crate) fn new(call_id: &str, local_tag: &str) -> Arc<Self> {
        Arc::new(Self {
            call_id: call_id.into(),
            local_tag: local_tag.into(),
            remote_tag: OnceLock::new(),
            pending: AtomicU32::new(0),
            hung_up: AtomicBool::new(false),
        })
    }

    /// The thread has taken an order.
    pub(crate) fn taken(&self) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A call: an INVITE session in either direction. Clones are the same call.
///
/// No method waits: each hands an order to the thread that owns the call and returns. An order that
/// does not fit the state any more (answer after CANCEL) does nothing; the event channel tells what
/// happened. Dropping the last clone hangs up.
#[derive(Clone)]
pub struct Call(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    orders: mpsc::UnboundedSender<Command>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Nobody can hang up any more. An order for a call that is over is ignored.
        let _ = self.hangup(Vec::new());
    }
}

impl Handle {
    fn send(&self, order: Order) -> Result<(), CallError> {
        let before = self.shared.pending.fetch_add(1, Ordering::Relaxed);
        if before >= PENDING {
            self.shared.taken();
            return Err(CallError::Busy);
        }
        self.push(order)
    }

    /// Not refused as `Busy`, but taken once only.
    fn hangup(&self, headers: Headers) -> Result<(), CallError> {
        if self.shared.hung_up.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        self.shared.pending.fetch_add(1, Ordering::Relaxed);
        self.push(Order::Hangup { headers })
    }

    fn push(&self, order: Order) -> Result<(), CallError> {
        let order = CallOrder { order, shared: Arc::clone(&self.shared) };
        self.orders.send(Command::Call(order)).map_err(|_| CallError::Gone)
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl Call {
    pub(crate) fn new(shared: Arc<Shared>, orders: mpsc::UnboundedSender<Command>) -> Self {
        Self(Arc::new(Handle { shared, orders }))
    }

    /// The Call-ID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.shared.call_id
    }

    /// Our tag in From or To.
    #[must_use]
    pub fn local_tag(&self) -> &str {
        &self.0.shared.local_tag
    }

    /// The far end's tag; none before the first response to a call we made.
    #[must_use]
    pub fn remote_tag(&self) -> Option<&str> {
        self.0.shared.remote_tag.get().map(AsRef::as_ref)
    }

    /// Sends 180 Ringing.
    ///
    /// # Errors
    ///
    /// [`CallError`]; as all methods here.
    pub fn ring(&self, headers: Headers) -> Result<(), CallError> {
        self.order(Order::Ring { headers: checked(headers)? })
    }

    /// Sends 183 Session Progress; with SDP it opens early media.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn progress(&self, sdp: Option<Bytes>, headers: Headers) -> Result<(), CallError> {
        self.order(Order::Progress { sdp, headers: checked(headers)? })
    }

    /// Sends 200 with our answer, or with our offer when the INVITE had none. `Confirmed` follows,
    /// or `Ended(Timeout)` after 64·T1.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn answer(&self, sdp: Bytes, headers: Headers) -> Result<(), CallError> {
        self.order(Order::Answer { sdp: Some(sdp), headers: checked(headers)? })
    }

    /// Refuses the INVITE with 300 to 699; none takes the usual reason phrase. The event
    /// `Ended(Local)` follows. The `Contact` of a 3xx says where to go instead; elsewhere it is the
    /// stack's own.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn reject(
        &self,
        status: u16,
        reason: Option<&str>,
        headers: Headers,
    ) -> Result<(), CallError> {
        if !(300..700).contains(&status) {
            return Err(CallError::Status(status));
        }
        let reason = reason.map(|text| text.replace(['\r', '\n', '\0'], " "));
        let (targets, headers): (Headers, Headers) = headers
            .into_iter()
            .partition(|(name, _)| status < 400 && name.eq_ignore_ascii_case("Contact"));
        for (name, value) in &targets {
            wire::check_value(value)
                .map_err(|why| CallError::Header { name: name.clone(), why })?;
        }
        let headers = checked(headers)?.into_iter().chain(targets).collect();
        self.order(Order::Reject { status, reason, headers })
    }

    /// Ends the call by what fits its state: BYE, CANCEL, or a refusal (480). `headers` go with it,
    /// as `Reason`. The event `Ended(Local)` follows at once.
    ///
    /// # Errors
    ///
    /// [`CallError`]; never `Busy`.
    pub fn hangup(&self, headers: Headers) -> Result<(), CallError> {
        self.0.hangup(checked(headers)?)
    }

    /// Sends the ACK with our answer, after `Answered` to an INVITE (or `Modified` to a re-INVITE)
    /// without an offer of ours.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn acknowledge(&self, sdp: Bytes) -> Result<(), CallError> {
        self.order(Order::Acknowledge { sdp: Some(sdp) })
    }

    /// Sends an INFO.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn info(&self, content_type: &str, content: Bytes) -> Result<(), CallError> {
        wire::check_value(content_type)
            .map_err(|why| CallError::Header { name: "Content-Type".into(), why })?;
        self.order(Order::Info { body: Body { content_type: content_type.into(), content } })
    }

    /// Sends a re-INVITE with our offer, or without one. `Modified` follows. A 491 is tried again
    /// once by the stack, as RFC 3261 §14.1 says.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn reinvite(&self, sdp: Option<Bytes>) -> Result<(), CallError> {
        self.order(Order::Reinvite { sdp })
    }

    fn order(&self, order: Order) -> Result<(), CallError> {
        self.0.send(order)
    }
}

/// Answers an offer of the far end. Dropped unused, it refuses with 488.
#[derive(Debug)]
pub struct Responder {
    pub(crate) shared: Arc<Shared>,
    pub(crate) orders: mpsc::UnboundedSender<Command>,
    /// Which re-INVITE of the call.
    pub(crate) offer: u32,
    pub(crate) answered: bool,
}

impl Responder {
    /// Sends 200 with our answer, or with our offer when the re-INVITE had none.
    pub fn accept(mut self, sdp: Bytes) {
        self.respond(Order::Accept { offer: self.offer, sdp: Some(sdp) });
    }

    /// Refuses; the session stays as it was. 488 is the usual status.
    pub fn refuse(mut self, status: u16) {
        let status = if (300..700).contains(&status) { status } else { 488 };
        self.respond(Order::Refuse { offer: self.offer, status });
    }

    fn respond(&mut self, order: Order) {
        self.answered = true;
        // Bounded without asking: the stack lets one offer wait at a time. A call that is over
        // needs no answer.
        self.shared.pending.fetch_add(1, Ordering::Relaxed);
        let order = CallOrder { order, shared: Arc::clone(&self.shared) };
        let _ = self.orders.send(Command::Call(order));
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if !self.answered {
            self.respond(Order::Refuse { offer: self.offer, status: 488 });
        }
    }
}

fn checked(headers: Headers) -> Result<Headers, CallError> {
    match wire::check_headers(&headers) {
        Ok(()) => Ok(headers),
        Err((name, why)) => Err(CallError::Header { name, why }),
    }
}
