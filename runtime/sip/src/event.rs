//! What happens to a call, and the invitation that begins one.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::call::{Call, Responder};
use crate::config::Transport;
use crate::wire::{Request, Response};

/// An INVITE that wants to become a call.
///
/// Answer it with the methods of [`Call`]; dropping the last clone of the call refuses it with 480.
/// The request is worth ~3 kB: let go of it when its headers are read.
#[derive(Debug)]
pub struct Invitation {
    /// The call, to be answered or rejected.
    pub call: Call,
    /// What happens to it from now on.
    pub events: mpsc::Receiver<CallEvent>,
    /// The INVITE. `request.sdp()` is the offer; none asks us to offer.
    pub request: Arc<Request>,
    /// Who sent it (the last hop).
    pub source: SocketAddr,
    /// The local address that reaches `source`; media belongs there too.
    pub local: SocketAddr,
    /// How it came.
    pub transport: Transport,
    /// The profile of the listener that heard it.
    pub profile: Arc<str>,
}

/// What happens to a call.
///
/// `Refused` and `Ended` are the last; the channel closes after them. A channel that closes without
/// them (it was full: 32 events unread) has ended too.
#[derive(Debug)]
pub enum CallEvent {
    /// The far end rings, or plays something (a 1xx other than 100). Only for calls we made.
    Provisional {
        /// 180, 183 …
        status: u16,
        /// Early media, when the response carries SDP.
        sdp: Option<Bytes>,
        /// The response, for its reason phrase and headers.
        response: Arc<Response>,
    },
    /// The far end took the call we made. When our INVITE had no offer, `sdp` is the far end's and
    /// [`Call::acknowledge`] must follow; else the ACK has been sent.
    Answered {
        /// The answer, or the offer when we made none.
        sdp: Option<Bytes>,
        /// The 2xx.
        response: Arc<Response>,
    },
    /// The ACK for our 2xx has come; with SDP when our 2xx carried the offer.
    Confirmed {
        /// The answer to our offer.
        sdp: Option<Bytes>,
    },
    /// The far end did not take the call we made (3xx to 6xx). The call is over. A 3xx carries the
    /// new targets in Contact.
    Refused {
        /// 300 to 699.
        status: u16,
        /// The response, for its reason phrase and headers.
        response: Arc<Response>,
    },
    /// The far end wants to change the session (re-INVITE: hold, resume, other codec).
    Offer {
        /// Its offer; none asks for ours, and the answer comes with `Confirmed`.
        sdp: Option<Bytes>,
        /// Answers it.
        responder: Responder,
    },
    /// Our re-INVITE was answered.
    Modified {
        /// 200 to 299: the session has changed. Else it stays as it was.
        status: u16,
        /// The answer.
        sdp: Option<Bytes>,
        /// The response.
        response: Arc<Response>,
    },
    /// An INFO; it has been answered 200.
    Info {
        /// Content-Type, as `application/dtmf-relay`; empty without a body.
        content_type: String,
        /// The body.
        body: Bytes,
    },
    /// The call is over.
    Ended {
        /// How.
        how: Ended,
        /// The Reason header (RFC 3326) of the BYE or CANCEL, or why a transport failed.
        reason: Option<String>,
        /// The BYE or CANCEL.
        request: Option<Arc<Request>>,
    },
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The far end hung up.
    Bye,
    /// The caller gave up before we answered.
    Cancelled,
    /// Nothing was heard in time: no answer to INVITE at all, no ACK for our 2xx, or the far end
    /// does not know the call any more (481, 408).
    Timeout,
    /// The far end cannot be reached: ICMP, connection refused or lost, name not found.
    TransportFailure,
    /// We ended it: [`Call::hangup`], [`Call::reject`], shutdown.
    Local,
}
