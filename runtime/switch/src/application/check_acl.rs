//! `check_acl`.

use crate::application::{Application, Flags};
use crate::authority;
use crate::cause::Cause;
use crate::operation::Failure;
use crate::session::Session;

pub(super) fn table() -> Vec<Application> {
    vec![Application::new(
        "check_acl",
        "<ip> <acl | cidr> [<hangup_cause>]",
        "Check an ip against an ACL list",
        "Ends the call (`CALL_REJECTED`, unless a cause is named) when the address is not in the list, as the \
         command `acl` says.",
        Flags::ROUTING,
        check_acl,
    )]
}

async fn check_acl(session: Session, data: String) -> Result<(), Failure> {
    let words: Vec<&str> = data.split_whitespace().collect();
    let (Some(address), Some(list)) = (words.first(), words.get(1)) else {
        return Err(Failure::Invalid("check_acl needs <ip> <acl | cidr> [<hangup_cause>]".into()));
    };
    let asked = format!("{address} {list}");
    // The application is what the script needs the permission for.
    let asked = session.switch().command("acl", &asked, Some(&session));
    if authority::as_operator(asked).await.is_ok_and(|answer| answer == "true") {
        return Ok(());
    }
    tracing::warn!(call = %session.uuid(), "{address} is not in {list}: the call ends");
    session.hangup(words.get(2).map_or(Cause::CALL_REJECTED, |cause| Cause::parse(cause)));
    Ok(())
}
