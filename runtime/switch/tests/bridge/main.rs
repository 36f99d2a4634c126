//! Two legs: `bridge`, what becomes of both, and what else joins calls; on tokio's paused clock, against
//! peers that are written by hand.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "a test fails by panicking; the rig is shared"
)]

mod application;
mod displace;
mod failing;
mod joined;
mod keys;
mod loopback;
mod moving;
#[path = "../calls/rig.rs"]
mod rig;
mod rights;
mod user;

use ringfence_switch::event::{Event, Subscription};

use rig::{Dialog, OFFER, Peer, header, respond};

/// A peer that calls 100, and is called as 200.
struct Call {
    dialog: Dialog,
    /// The INVITE to the callee.
    invite: String,
}

impl Call {
    /// The caller has called, and the callee hears of it.
    async fn ringing(peer: &Peer) -> Self {
        let dialog = Dialog::new("100");
        peer.send(&dialog.invite(OFFER));
        let invite = peer.expect("INVITE sip:200@").await;
        Self { dialog, invite }
    }

    /// Both are connected.
    async fn bridged(peer: &Peer) -> Self {
        let mut call = Self::ringing(peer).await;
        peer.send(&respond(&call.invite, "200 OK", "", OFFER));
        let (response, _) = peer.final_response(&call.dialog).await;
        assert!(response.starts_with("SIP/2.0 200"), "{response}");
        call.dialog.to = header(&response, "To").unwrap();
        call
    }

    /// The callee hangs up.
    fn callee_bye(&self, peer: &Peer) {
        let mut bye = String::from("BYE sip:x@192.0.2.1 SIP/2.0\r\n");
        bye.push_str("Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKcallee;rport\r\n");
        let of = |name: &str| header(&self.invite, name).unwrap();
        bye.push_str(&format!("From: {};tag=theirs\r\nTo: {}\r\n", of("To"), of("From")));
        bye.push_str(&format!("Call-ID: {}\r\nCSeq: 7 BYE\r\n", of("Call-ID")));
        bye.push_str("Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
        peer.send(&bye);
    }
}

/// The final response to the caller, acknowledged.
async fn refused(peer: &Peer, dialog: &Dialog) -> String {
    loop {
        let response = peer.expect("SIP/2.0").await;
        let ours = header(&response, "CSeq").unwrap().ends_with(" INVITE")
            && header(&response, "Call-ID").unwrap() == "call";
        if ours && response.get(8..9) > Some("2") {
            peer.send(&dialog.ack(&response));
            return response;
        }
    }
}

/// The next event.
async fn next(events: &mut Subscription) -> Event {
    (*rig::soon(events.next()).await.event).clone()
}

/// Hears the final responses and requests that end a call and answers them, until so many BYE came.
async fn byes(peer: &Peer, count: usize) -> Vec<String> {
    let mut byes = Vec::new();
    while byes.len() < count {
        let bye = peer.expect("BYE").await;
        peer.answer(&bye, "200 OK");
        byes.push(bye);
    }
    byes
}
