//! `uuid_transfer`, `uuid_dual_transfer`.

use super::split::arguments;
use super::{Command, CommandContext, NO_CHANNEL};

const SYNTAX: &str = "<uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]";
const DUAL: &str = "<uuid> <A-dest-exten>[/<A-dialplan>][/<A-context>] \
                    <B-dest-exten>[/<B-dialplan>][/<B-context>]";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "uuid_transfer",
            SYNTAX,
            "Transfer a session",
            "Sends a call to another extension; the dialplan and the context stay unless given. A call that \
         is bridged leaves the bridge. `-bleg` transfers the call that it is bridged with instead, \
         `-both` that one too; without a bridge both mean the call itself.",
            uuid_transfer,
        ),
        Command::new(
            "uuid_dual_transfer",
            DUAL,
            "Transfer a session and its partner",
            "Sends a call and the one that it is bridged with to an extension each; the dialplan and the context \
         stay unless given.",
            uuid_dual_transfer,
        ),
    ]
}

async fn uuid_dual_transfer(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 3);
    let [uuid, a, b] = words.as_slice() else { return Command::usage(DUAL) };
    let Some(session) = context.switch.session(uuid) else { return NO_CHANNEL.to_owned() };
    // The partner first: it would be hung up as soon as the call leaves the bridge.
    let legs = session.partner().map(|partner| (partner, b)).into_iter().chain([(session, a)]);
    for (leg, target) in legs {
        let mut parts = target.splitn(3, '/');
        let extension = parts.next().unwrap_or_default();
        if let Err(failure) = leg.transfer(extension, parts.next(), parts.next()) {
            return format!("-ERR {failure}\n");
        }
    }
    "+OK\n".to_owned()
}

async fn uuid_transfer(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 5);
    let mut words = words.iter().map(String::as_str);
    let uuid = words.next().unwrap_or_default();
    let mut extension = words.next();
    let which = extension.filter(|word| matches!(*word, "-bleg" | "-both"));
    if which.is_some() {
        extension = words.next();
    }
    let Some(extension) = extension.filter(|extension| !extension.is_empty()) else {
        return Command::usage(SYNTAX);
    };
    let Some(session) = context.switch.session(uuid) else { return NO_CHANNEL.to_owned() };
    let (dialplan, target) = (words.next(), words.next());
    let legs = match (which, session.partner()) {
        (Some("-bleg"), Some(partner)) => vec![partner],
        // The partner first: it would be hung up as soon as the call leaves the bridge.
        (Some("-both"), Some(partner)) => vec![partner, session],
        _ => vec![session],
    };
    for leg in legs {
        if let Err(failure) = leg.transfer(extension, dialplan, target) {
            return format!("-ERR {failure}\n");
        }
    }
    "+OK\n".to_owned()
}
