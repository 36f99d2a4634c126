//! What becomes of a leg when its partner has gone.

use crate::cause::Cause;
use crate::channel::Order;
use crate::session::Session;
use crate::variable::is_true;

/// Sends a leg to where `transfer_after_bridge` (`extension[:dialplan[:context]]`) says, lets it park
/// with `park_after_bridge`, and otherwise hangs up.
pub(crate) fn leave(leg: &Session, cause: Cause) {
    if !stays(leg) {
        leg.hangup(cause);
    }
}

/// The same, without hanging up; false when the leg is where it was.
pub(crate) fn stays(leg: &Session) -> bool {
    let target = leg.own_variable("transfer_after_bridge").filter(|target| !target.is_empty());
    if let Some(target) = target {
        let mut parts = target.splitn(3, ':');
        let extension = parts.next().unwrap_or_default();
        match leg.transfer(extension, parts.next(), parts.next()) {
            Ok(()) => return true,
            Err(failure) => {
                tracing::warn!(call = %leg.uuid(), "transfer_after_bridge={target}: {failure}");
            }
        }
    }
    let park = leg.own_variable("park_after_bridge").is_some_and(|text| is_true(&text));
    park && leg.redirect(Order::application("park", "")).is_ok()
}
