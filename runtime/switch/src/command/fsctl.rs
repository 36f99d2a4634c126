//! `fsctl`: the server as a whole.

use super::split::arguments;
use super::{Command, CommandContext};
use crate::channel::Direction;
use crate::log::{Level, levels};
use crate::switch::Shutdown;
use crate::variable::is_true;

const SYNTAX: &str = "[hupall|pause [inbound|outbound]|resume [inbound|outbound]|pause_check \
[inbound|outbound]|ready_check|shutdown [cancel|elegant|asap|now]|shutdown_check|sps|last_sps|max_sessions|\
min_dtmf_duration|max_dtmf_duration|default_dtmf_duration|loglevel [level]|verbose_events [on|off]]";

pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "fsctl",
        SYNTAX,
        "FS control messages",
        "`pause` takes no new calls (of one direction) until `resume`: those that come are refused with \
         503, those that would be made fail with `SWITCH_CONGESTION`. `pause_check`, `ready_check` and \
         `shutdown_check` print `true` or `false`. `shutdown` is the command of that name: `asap` and \
         `elegant` let calls end, `now` does not; what has begun is not taken back. `sps`, `max_sessions` \
         and the durations of keys (in samples of 1/8000 s) are read; they are set in switch.conf. \
         `loglevel` reads or sets what is logged.",
        fsctl,
    )]
}

async fn fsctl(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 3);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let switch = &context.switch;
    let both = [Direction::Inbound, Direction::Outbound];
    match words.as_slice() {
        [] => Command::usage(SYNTAX),
        ["hupall", rest @ ..] => {
            let cause = rest.first().copied().unwrap_or("MANAGER_REQUEST");
            switch.hangup_all(crate::Cause::parse(cause), |_| true);
            "+OK\n".to_owned()
        }
        [verb @ ("pause" | "resume"), rest @ ..] => match directions(rest) {
            Some(which) => {
                which.iter().for_each(|direction| switch.pause(*direction, *verb == "pause"));
                "+OK\n".to_owned()
            }
            None => invalid(),
        },
        ["pause_check", rest @ ..] => match directions(rest) {
            Some(which) => which.iter().all(|direction| switch.paused(*direction)).to_string(),
            None => invalid(),
        },
        ["ready_check"] => {
            let paused = both.iter().any(|direction| switch.paused(*direction));
            (!switch.closing() && !paused).to_string()
        }
        ["shutdown_check"] => switch.closing().to_string(),
        ["shutdown", "cancel"] if switch.closing() => {
            "-ERR a shutdown that has begun cannot be taken back\n".to_owned()
        }
        ["shutdown", "cancel"] => "+OK\n".to_owned(),
        ["shutdown", "now"] => {
            switch.ask_for_shutdown(Shutdown::Now);
            "+OK\n".to_owned()
        }
        ["shutdown"] | ["shutdown", "elegant" | "asap"] => {
            switch.ask_for_shutdown(Shutdown::Graceful);
            "+OK\n".to_owned()
        }
        ["sps"] => {
            let most = switch.configuration().sessions_per_second();
            format!("+OK sessions per second: {most}\n")
        }
        ["last_sps"] => format!("+OK last sessions per second: {}\n", switch.rate().0),
        ["max_sessions"] => {
            format!("+OK max sessions: {}\n", switch.configuration().max_sessions())
        }
        ["sps" | "max_sessions", _, ..] => "-ERR it is set in switch.conf\n".to_owned(),
        ["min_dtmf_duration"] => {
            format!("+OK min dtmf duration: {}\n", ringfence_media::MIN_DTMF_DURATION)
        }
        ["max_dtmf_duration"] => {
            format!("+OK max dtmf duration: {}\n", ringfence_media::MAX_DTMF_DURATION)
        }
        ["default_dtmf_duration"] => {
            format!("+OK default dtmf duration: {}\n", ringfence_media::DEFAULT_DTMF_DURATION)
        }
        ["loglevel", rest @ ..] => {
            if let Some(word) = rest.first() {
                match Level::parse(word) {
                    Some(level) => levels().set_all(level),
                    None => {
                        return format!(
                            "-ERR {word:?} is no log level: console to debug, or 0 to 7\n"
                        );
                    }
                }
            }
            let level = levels().all();
            format!("+OK log level: {} [{}]\n", level.name(), level.number())
        }
        ["verbose_events", rest @ ..] => {
            if let Some(word) = rest.first() {
                switch.set_verbose_events(*word == "on" || is_true(word));
            }
            let on = if switch.verbose_events() { "on" } else { "off" };
            format!("+OK verbose_events is {on} \n")
        }
        _ => invalid(),
    }
}

/// The directions that a word names; without one, both.
fn directions(words: &[&str]) -> Option<Vec<Direction>> {
    match words {
        [] => Some(vec![Direction::Inbound, Direction::Outbound]),
        ["inbound"] => Some(vec![Direction::Inbound]),
        ["outbound"] => Some(vec![Direction::Outbound]),
        _ => None,
    }
}

fn invalid() -> String {
    format!("-ERR Invalid command\nUSAGE: fsctl {SYNTAX}\n")
}
