//! The calls that come to a switch.

use ringfence_sip::Invitation;
use tokio::sync::mpsc;

use super::Switch;

/// The calls that come to a switch which takes none yet ([`Switch::closed`]). They wait, in the SIP
/// stack's bounded queue; dropped, they are refused.
#[derive(Debug)]
#[must_use = "without `take` no call is ever taken"]
pub struct Calls {
    pub(super) switch: Switch,
    pub(super) invitations: Option<mpsc::Receiver<Invitation>>,
}

impl Calls {
    /// Takes calls from now on, and those that have waited.
    pub fn take(self) {
        let Self { switch, invitations } = self;
        if let Some(invitations) = invitations {
            switch.spawn(serve(switch.clone(), invitations));
        }
    }
}

/// Makes a channel of every call that comes, for as long as there is a stack.
async fn serve(switch: Switch, mut invitations: mpsc::Receiver<Invitation>) {
    while let Some(invitation) = invitations.recv().await {
        // Reading the headers is most of the work of a new call; it is done on any worker.
        let taker = switch.clone();
        switch.spawn(crate::endpoint::sip::inbound::serve(taker, invitation));
    }
}
