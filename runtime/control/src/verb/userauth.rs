//! `userauth <user>@<domain>:<password>`.

use super::{Answer, BoxFuture, Run, Scope, Verb, auth};
use crate::connection::Connection;
use crate::directory;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "userauth",
    syntax: "<user>@<domain>:<password>",
    scope: Scope::Login,
    doc: "Logs in as a user of the directory who has `esl-password`; also as \
          `<user>:<password>@<domain>`. The answer tells what the user may do: `Allowed-Events`, \
          `Allowed-API`, `Allowed-LOG`, from the parameters `esl-allowed-events`, `esl-allowed-api` and \
          `esl-allowed-log` of the user, the group or the domain. What is not allowed is answered \
          `-ERR permission denied` from then on. What a command runs in turn is not looked at: whoever \
          may use `bgapi`, `expand`, `json`, `xml_wrap`, `originate` and the like may run all commands, and whoever \
          may use `alias` may leave commands to others.",
    blank: true,
    run: Run::Slow(userauth),
};

fn userauth<'c>(
    connection: &'c mut Connection,
    _: &'c Request,
    text: &'c str,
) -> BoxFuture<'c, Answer> {
    Box::pin(async move {
        if let Some((user, domain, password)) = split(text) {
            let user = directory::find(&connection.switch().clone(), user, domain).await;
            if let Some(user) = user.filter(|user| auth::same(password, &user.password)) {
                return auth::accept(connection, user.rights, user.headers);
            }
        }
        auth::refuse(connection).await
    })
}

/// User, domain and password, in both orders.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (before, after) = text.split_once('@')?;
    if let Some((domain, password)) = after.split_once(':') {
        return Some((before, domain, password));
    }
    let (user, password) = before.split_once(':')?;
    Some((user, after, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_read() {
        assert_eq!(split("a@b:c"), Some(("a", "b", "c")));
        assert_eq!(split("a:c@b"), Some(("a", "b", "c")));
        assert_eq!(split("a@b"), None);
        assert_eq!(split("a:b"), None);
        assert_eq!(split("a@b:c:d@e"), Some(("a", "b", "c:d@e")));
    }
}
