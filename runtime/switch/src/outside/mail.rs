//! Mail, and who may send to whom.

use ringfence_outside::mail::{Fault, Message};

use crate::authority;
use crate::config::permission::ALL;
use crate::operation::Failure;
use crate::switch::Switch;

/// Headers besides `To` that a mailer (`sendmail -t`) reads recipients from, and all `Resent-…`.
const RECIPIENTS: [&str; 3] = ["cc", "bcc", "apparently-to"];

/// The longest header line of RFC 5322; a mailer may break a longer one in two.
const MAX_LINE: usize = 998;

/// Whether whoever asks now may send a message to these: the permission `email` names them. Who may not
/// send to everybody names them plainly, and nobody else in the headers, which the mailer reads too.
///
/// # Errors
///
/// `Refused`.
fn permitted(message: &Message, recipients: &[&str]) -> Result<(), Failure> {
    authority::ask(|authority| {
        let email = &authority.permissions().email;
        if email.all_names() {
            return Ok(());
        }
        for address in recipients {
            // What a mailer takes for several addresses may match a pattern as one.
            let missing = if plain(address) { *address } else { ALL };
            if !email.contain(address) || missing == ALL {
                let what = format!("send mail to {address}");
                return Err(authority.refuse(&what, &format!("email={missing}")));
            }
        }
        match other_recipients(&message.headers, recipients) {
            None => Ok(()),
            Some(line) => {
                let what = format!("send mail with the header line {line:?}");
                Err(authority.refuse(&what, "email=*"))
            }
        }
    })
}

/// Whether a text is one address to every mailer.
fn plain(address: &str) -> bool {
    let part = |text: &str| {
        let usual = |byte: u8| byte.is_ascii_alphanumeric() || b"._+=-".contains(&byte);
        !text.is_empty() && text.bytes().all(usual)
    };
    address.split_once('@').is_some_and(|(user, host)| part(user) && part(host))
}

/// The first line of headers that may name a recipient other than these. Mailers differ in what ends a
/// line and the headers; so every line is looked at, as a header and as the rest of the one before.
fn other_recipients<'h>(headers: &'h str, recipients: &[&str]) -> Option<&'h str> {
    let known = |list: &str| {
        list.split(',').map(str::trim).filter(|one| !one.is_empty()).all(|one| {
            let inner = one.strip_prefix('<').and_then(|one| one.strip_suffix('>'));
            recipients.contains(&inner.unwrap_or(one))
        })
    };
    let mut in_to = false;
    headers.split(['\r', '\n']).filter(|line| !line.is_empty()).find(|line| {
        if line.len() > MAX_LINE || line.contains(|c: char| c.is_control() && c != '\t') {
            return true;
        }
        let folded = line.starts_with([' ', '\t']);
        if folded && in_to && !known(line) {
            return true;
        }
        in_to &= folded;
        let Some((name, value)) = line.split_once(':') else { return false };
        // Some mailers take blanks before the colon, or what follows them.
        let name = name.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        in_to |= name == "to";
        RECIPIENTS.contains(&name.as_str())
            || name.starts_with("resent-")
            || (name == "to" && !known(value))
    })
}

/// Sends a message for whoever asks for it now, by the configured mailer or SMTP server, and waits until it
/// was taken.
///
/// # Errors
///
/// `Refused`, `Invalid` for an address that is none, `Failed` with why it was not taken.
pub async fn mail(switch: &Switch, message: Message, who: &str) -> Result<(), Failure> {
    let recipients = message.recipients().map_err(|why| Failure::Invalid(why.to_string()))?;
    permitted(&message, &recipients)?;
    let configuration = switch.configuration();
    let route = &configuration.switch.mail;
    message.send(switch.outside(), route, who).await.map_err(|fault| match fault {
        Fault::Invalid(why) => Failure::Invalid(why.to_string()),
        fault => Failure::Failed(fault.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Authority;
    use crate::config::{Names, Permissions};

    /// Whether a script that may send to `*@ours` may send that.
    fn may(to: &str, headers: &str, email: &str) -> bool {
        let permissions =
            Permissions { email: Names(vec![email.to_owned()]), ..Permissions::default() };
        let authority = Authority::new("a.lua", "quiz", &permissions).unwrap();
        let message = Message { to: to.into(), headers: headers.into(), ..Message::default() };
        let recipients = message.recipients().unwrap();
        authority.under_now(|| permitted(&message, &recipients)).is_ok()
    }

    #[test]
    fn a_pattern_is_asked_for_one_plain_address() {
        assert!(may("a.b+c@ours, d@ours", "", "*@ours"));
        for to in [
            "a@evil",
            "victim@evil x@ours",
            "victim@evil\u{a0}x@ours",
            "<victim@evil>x@ours",
            "a@b@ours",
            "victim%evil@ours",
            "evil!victim@ours",
            "\"a\"@ours",
            "@ours",
            "|sh;@ours",
        ] {
            assert!(!may(to, "", "*@ours"), "{to}");
            assert!(may(to, "Bcc: victim@evil\n", "*"), "{to}");
        }
    }

    #[test]
    fn headers_name_nobody_else() {
        for headers in [
            "Subject: to whom: it may concern\nFrom: Quiz <quiz@evil>\n",
            "To: a@ours\nSubject: s",
            "to: <a@ours>,\r\n b@ours\r\nX-A: one\r\n two, three\r\n",
        ] {
            assert!(may("a@ours, b@ours", headers, "*@ours"), "{headers:?}");
        }
        let long = format!("Subject: {} Bcc: v@evil", "s".repeat(MAX_LINE));
        for headers in [
            &*long,
            "Cc: v@evil",
            "Subject: s\nBCC : v@evil\n",
            "Subject: s\rBcc: v@evil",
            "Subject: s\n Bcc: v@evil",
            "\n\nBcc: v@evil",
            "Resent-To: v@evil",
            "Apparently-To: v@evil",
            "To: v@evil",
            "To: c@ours",
            "To: a@ours, v@evil",
            "To: a@ours v@evil",
            "To: v@evil <a@ours>",
            "To: a@ours,\n v@evil",
            "To:\r\n\tv@evil",
            "To: a@ours\r\n\r\n v@evil",
            "To: a@ours\nTo: v@evil",
            "Subject: s\0Bcc: v@evil",
            "Subject: s\u{b}Bcc: v@evil",
        ] {
            assert!(!may("a@ours, b@ours", headers, "*@ours"), "{headers:?}");
        }
    }
}
