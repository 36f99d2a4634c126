//! `originate`.

use super::split::arguments;
use super::{Command, CommandContext};
use crate::originate::{Originate, Plan};

const SYNTAX: &str = "<call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] \
                      [<cid_name>] [<cid_num>] [<timeout_sec>]";

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "originate",
        SYNTAX,
        "Originate a call",
        "Makes a call and, when it is answered (or has early media, unless `ignore_early_media`), runs \
         an application or an extension on it. Prints `+OK <uuid>` or `-ERR <cause>`.\n\nThe call url \
         is `{variables}` and legs: `sofia/<profile>/<user@host or sip:uri>`, \
         `loopback/<extension>[/<context>[/<dialplan>]]` (this server, without SIP), `user/<id>@<domain>` \
         (where the `dial-string` of the directory says), `group/<name>[@<domain>][+F|+A|+E]` (the users \
         of a group, at once, or with `+F` one after the other), `null/x` (nobody) or `error/<cause>`. `,` calls \
         several at once, `|` one after the other, `[variables]` are for one leg; `:_:` separates whole \
         call urls that are called at once. A call url has at most 64 legs, all in all 256 are tried. \
         Variables with a meaning: `originate_timeout` and `leg_timeout` (seconds), \
         `ignore_early_media` (`true`, `ring_ready`), `origination_uuid`, `origination_caller_id_name`, \
         `origination_caller_id_number`, `sip_route_uri`, and `sip_h_X-Name` for a header of the INVITE.",
        originate,
    )]
}

async fn originate(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 7);
    let (Some(dial), Some(target)) = (words.first(), words.get(1)) else {
        return Command::usage(SYNTAX);
    };
    let word = |at: usize| {
        words
            .get(at)
            .filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("undef"))
            .cloned()
    };
    let plan = match target.strip_prefix('&') {
        Some(application) => {
            let (name, data) = application.split_once('(').unwrap_or((application, ""));
            Plan::Application(
                name.trim().to_owned(),
                data.strip_suffix(')').unwrap_or(data).to_owned(),
            )
        }
        None => Plan::Extension { extension: target.clone(), dialplan: word(2), context: word(3) },
    };
    let originate = Originate {
        dial: dial.clone(),
        plan: Some(plan),
        caller_id_name: word(4),
        caller_id_number: word(5),
        timeout: word(6).and_then(|seconds| seconds.parse().ok()),
        a_leg: None,
    };
    match context.switch.originate(&originate).await {
        Ok(session) => format!("+OK {}\n", session.uuid()),
        Err(cause) => format!("-ERR {cause}\n"),
    }
}
