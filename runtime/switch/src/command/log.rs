//! `log`, `loglevel`, `console`, `uuid_loglevel`.

use super::split::arguments;
use super::{Command, CommandContext};
use crate::log::{self, Level, Source, levels};

const LOG: &str = "<level> <message>";
const LOGLEVEL: &str = "[<level>|<part>=<level>[,...]|reset]";
const CONSOLE: &str = "help|loglevel [<level>]";
const UUID_LOGLEVEL: &str = "<uuid> <level>";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "log",
            LOG,
            "Log",
            "Writes a line to the log. The level is a word (`console`, `alert`, `crit`, `err`, `warning`, \
             `notice`, `info`, `debug`) or its number; any other word is taken for `debug`.",
            log,
        ),
        Command::new(
            "loglevel",
            LOGLEVEL,
            "Show or set what is logged, for all or for parts of the server",
            "Without an argument prints what is logged, as `info,ringfence_sip=debug`. A level (`off`, \
             `console` to `debug`, `trace`) holds for all parts that have none of their own; \
             `sip=debug` or `sip::core=debug` holds for a part of the server: `sip`, `media`, `switch`, \
             `host` (scripts), `sandbox`, `control`, `log` (what scripts and the dialplan write). \
             Several are separated by commas. `reset` takes the parts' levels away. Holds until the \
             server ends. For a single call there is `uuid_loglevel`.",
            loglevel,
        ),
        Command::new(
            "console",
            CONSOLE,
            "Show or set what the server's own terminal shows of the log",
            "`console loglevel <level>` shows lines of that level and the more urgent ones on standard \
             error, of those that are logged (`loglevel`); files and clients of the event socket get \
             theirs all the same.",
            console,
        ),
        Command::new(
            "uuid_loglevel",
            UUID_LOGLEVEL,
            "Set loglevel on session",
            "Logs more of one call, up to that level, whatever is logged of the others. It is no way to \
             log less. Ends with the call. While there is such a call, every line of DEBUG costs a look.",
            uuid_loglevel,
        ),
    ]
}

async fn log(_: CommandContext, text: String) -> String {
    let (level, message) = text.split_once(' ').unwrap_or((&text, ""));
    let message = message.trim();
    if !message.is_empty() {
        log::write(Level::parse(level).unwrap_or(Level::Debug), Source::default(), message);
    }
    "+OK\n".to_owned()
}

async fn loglevel(_: CommandContext, text: String) -> String {
    let result = match text.as_str() {
        "" => return format!("{}\n", levels()),
        "reset" => levels().set("", true),
        _ => levels().set(&text, false),
    };
    match result {
        Ok(()) => format!("+OK {}\n", levels()),
        Err(error) => format!("-ERR {error}\n"),
    }
}

async fn console(_: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let word = |at: usize| words.get(at).map(String::as_str).filter(|word| !word.is_empty());
    match (word(0), word(1)) {
        (Some("loglevel"), None) => {
            format!("+OK console log level set to {}\n", levels().console())
        }
        (Some("loglevel"), Some(level)) => match Level::parse(level) {
            Some(level) => {
                levels().set_console(level);
                format!("+OK console log level set to {level}\n")
            }
            None => format!("-ERR {level:?} is no level: console to debug, or 0 to 7\n"),
        },
        _ => Command::usage(CONSOLE),
    }
}

async fn uuid_loglevel(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let (Some(uuid), Some(level)) = (words.first(), words.get(1)) else {
        return Command::usage(UUID_LOGLEVEL);
    };
    let Some(level) = Level::parse(level) else {
        return format!("-ERR {level:?} is no level: console to debug, or 0 to 7\n");
    };
    let Some(session) = context.switch.session(uuid) else {
        return format!("-ERR No such channel {uuid}!\n");
    };
    session.set_log_level(level);
    "+OK\n".to_owned()
}
