//! `user/<id>@<domain>`: a user of the directory, at the `dial-string` that its entry says.

use std::sync::Arc;

use crate::authority::{self, Authority, inert};
use crate::cause::Cause;
use crate::channel::routing::Rights;
use crate::expand::{Scope, expand};
use crate::originate::NotCalled;
use crate::originate::dial::{self, DialString};
use crate::switch::Switch;

/// The variables that tell a leg whom was asked for.
pub(super) const NAMES: [&str; 2] = ["dialed_user", "dialed_domain"];

/// Where a user is called, and the authority of the script that said so; none is the operator.
pub(super) type Called = (DialString, Option<Arc<Authority>>);

/// Looks the user up, and reads where to call it: the `dial-string` of the user, of its group, or of
/// its domain.
///
/// # Errors
///
/// `SUBSCRIBER_ABSENT` when there is no such user, `MANDATORY_IE_MISSING` when nothing says where it is,
/// and what [`called`] refuses.
pub(super) async fn find(switch: &Switch, address: &str) -> Result<Called, NotCalled> {
    let (user, domain) = match address.split_once('@') {
        Some((user, domain)) => (user, domain.to_owned()),
        None => (address, switch.variables().text("domain").unwrap_or_default()),
    };
    let found = switch.find_user(user, &domain, |params| {
        params.set("action", "user_call");
    });
    let Some(found) = found.await else {
        let why = format!("there is no user {user:?} in the directory of {domain:?}");
        return Err(NotCalled::new(Cause::SUBSCRIBER_ABSENT, why));
    };
    let Some(string) = found.param("dial-string").filter(|string| !string.is_empty()) else {
        let why = "neither the user nor its domain has a param dial-string";
        return Err(NotCalled::new(Cause::MANDATORY_IE_MISSING, why));
    };
    called(switch, user, &domain, string, found.domain().authority()).await
}

/// Reads a dial string of the directory, in which `${dialed_user}` and `${dialed_domain}` are whom was
/// asked for, on the authority of the script that said it.
///
/// # Errors
///
/// `OUTGOING_CALL_BARRED` when that script may not use it, and what [`dial::parse`] refuses.
pub(super) async fn called(
    switch: &Switch,
    user: &str,
    domain: &str,
    string: &str,
    script: Option<&Arc<Authority>>,
) -> Result<Called, NotCalled> {
    let dialed = Dialed { switch, user: &inert(user), domain: &inert(domain) };
    let script = script.cloned();
    let string = Rights::of(script.clone()).lend(expand(string, &dialed)).await;
    permitted(&string, script.as_ref())?;
    // A user that is nowhere else leaves a comma.
    let mut parsed = dial::parse(string.trim_end_matches(','))?;
    for (name, value) in NAMES.iter().zip([dialed.user, dialed.domain]) {
        let _ = parsed.common.set(name, value);
    }
    Ok((parsed, script))
}

/// Whether the script that said a dial string may use it: its variables leave commands to the leg.
fn permitted(string: &str, script: Option<&Arc<Authority>>) -> Result<(), NotCalled> {
    let Some(script) = script else { return Ok(()) };
    script
        .under_now(|| authority::dial_string(string))
        .map_err(|refused| NotCalled::new(Cause::OUTGOING_CALL_BARRED, refused.to_string()))
}

/// Whom was asked for, as the dial string sees it.
struct Dialed<'d> {
    switch: &'d Switch,
    user: &'d str,
    domain: &'d str,
}

impl Scope for Dialed<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "dialed_user" => Some(self.user.to_owned()),
            "dialed_domain" => Some(self.domain.to_owned()),
            _ => None,
        }
    }

    fn element(&self, _name: &str, _index: usize) -> Option<String> {
        None
    }

    fn global(&self, name: &str) -> Option<String> {
        self.switch.variables().text(name)
    }

    fn api<'a>(
        &'a self,
        name: &'a str,
        arguments: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Option<String>> {
        Box::pin(async move { self.switch.command(name, arguments, None).await.ok() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Permissions;

    #[test]
    fn a_script_says_only_what_it_may_use() {
        let script = Authority::new("a.lua", "quiz", &Permissions::default());
        assert!(permitted("{a=b}null/x", script.as_ref()).is_ok());
        for text in ["{api_on_answer='system id'}null/x", "{a=$\\{system(id)}}null/x"] {
            let refused = permitted(text, script.as_ref()).unwrap_err();
            assert_eq!(refused.cause, Cause::OUTGOING_CALL_BARRED, "{text}");
            assert!(permitted(text, None).is_ok(), "{text}");
        }
    }
}
