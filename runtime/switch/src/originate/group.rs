//! `group/<name>@<domain>`: the users of a group of the directory, each at its dial string.

use crate::cause::Cause;
use crate::lookup::User;
use crate::originate::NotCalled;
use crate::originate::user::{self, Called};
use crate::switch::Switch;

/// Users of a group that are called at most: as many as an originate tries.
const MAX_USERS: usize = super::attempt::MAX_TRIED;

/// In which order the users of a group are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turns {
    /// All at once (`+A`, or nothing).
    Together,
    /// One after the other (`+F`).
    InTurn,
    /// Each on its own (`+E`).
    Alone,
}

/// What a group is named by: `<name>[@<domain>][+F|+A|+E]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named<'t> {
    pub(crate) group: &'t str,
    pub(crate) domain: Option<&'t str>,
    pub(crate) turns: Turns,
}

impl<'t> Named<'t> {
    pub(crate) fn parse(text: &'t str) -> Self {
        let (name, flags) = text.trim().split_once('+').unwrap_or((text.trim(), ""));
        let (group, domain) = match name.split_once('@') {
            Some((group, domain)) => (group, Some(domain)),
            None => (name, None),
        };
        let turns = match flags {
            flags if flags.contains('F') => Turns::InTurn,
            flags if flags.contains('E') => Turns::Alone,
            _ => Turns::Together,
        };
        Self { group, domain, turns }
    }
}

/// The users of a group, each with its `group-dial-string`, or else its `dial-string`.
pub(crate) async fn users(switch: &Switch, group: &str, domain: &str) -> Vec<(User, String)> {
    let mut params = switch.request_params();
    params.set("group", group).set("domain", domain);
    let Some(domain) = switch.find_domain(domain, params).await else { return Vec::new() };
    let users = User::of_group(&domain, group).into_iter().filter_map(|user| {
        let id = user.attribute("id")?;
        // A pointer names a user that another group holds.
        let other = (user.attribute("type") == Some("pointer"))
            .then(|| User::within(&domain, "id", id))
            .flatten();
        let user = other.unwrap_or(user);
        let string = user.param("group-dial-string").or_else(|| user.param("dial-string"))?;
        let string = string.to_owned();
        Some((user, string))
    });
    users.collect()
}

/// Looks the group up, and reads where its users are called.
///
/// # Errors
///
/// `NO_ROUTE_DESTINATION` when there is nobody, and what [`user::called`] refuses of the last user
/// when none can be called.
pub(super) async fn find(
    switch: &Switch,
    address: &str,
) -> Result<(Vec<Called>, Turns), NotCalled> {
    let Named { group, domain, turns } = Named::parse(address);
    let domain = match domain {
        Some(domain) => domain.to_owned(),
        None => switch.variables().text("domain").unwrap_or_default(),
    };
    let mut users = users(switch, group, &domain).await;
    if users.len() > MAX_USERS {
        tracing::warn!("group/{address}: the first {MAX_USERS} users of it are called");
        users.truncate(MAX_USERS);
    }
    let nobody = format!(
        "nobody with a dial-string is in the group {group:?} of the directory of {domain:?}"
    );
    let mut last = NotCalled::new(Cause::NO_ROUTE_DESTINATION, nobody);
    let mut called = Vec::new();
    for (user, string) in users {
        let id = user.attribute("id").unwrap_or_default();
        match user::called(switch, id, &domain, &string, user.domain().authority()).await {
            Ok(one) => called.push(one),
            Err(refused) => last = refused,
        }
    }
    if called.is_empty() { Err(last) } else { Ok((called, turns)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_with_its_domain_and_its_turns() {
        let named = |group, domain, turns| Named { group, domain, turns };
        assert_eq!(Named::parse("sales"), named("sales", None, Turns::Together));
        assert_eq!(Named::parse("a@b.c+F"), named("a", Some("b.c"), Turns::InTurn));
        assert_eq!(Named::parse(" a+E "), named("a", None, Turns::Alone));
        assert_eq!(Named::parse("a@b+A"), named("a", Some("b"), Turns::Together));
    }
}
