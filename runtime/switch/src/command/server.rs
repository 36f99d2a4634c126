//! `version`, `status`, `hupall`, `reloadxml`, `shutdown`.

use super::split::arguments;
use super::{Command, CommandContext};
use crate::cause::Cause;
use crate::schedule::uptime;
use crate::switch::Shutdown;
use crate::xml::Fault;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "version",
            "[short]",
            "Version",
            "Prints name and version; `short` only the number.",
            async |_: CommandContext, text: String| match text.as_str() {
                "short" => format!("{VERSION}\n"),
                _ => format!("Ringfence Version {VERSION}\n"),
            },
        ),
        Command::new(
            "status",
            "",
            "Show current status",
            "Prints how long the server runs, and how many sessions there are, were, and may be.",
            status,
        ),
        Command::new(
            "hupall",
            "<cause> [<var> <value>] [<var2> <value2>]",
            "hupall",
            "Hangs up all calls, or those whose variables have these values; `MANAGER_REQUEST` unless \
             a cause is given.",
            hupall,
        ),
        Command::new(
            "reloadxml",
            "",
            "Reload XML",
            "Reads the configuration again. With faults the old one stays, and each is told with file \
             and line. Running calls are not touched; SIP addresses and ports stay as they are until \
             the next start.",
            reloadxml,
        ),
        Command::new(
            "shutdown",
            "[now]",
            "Shutdown",
            "Ends the server: new calls are refused with 503, running ones may end by themselves for \
             as long as the operator allows, then they are hung up. `now` hangs up at once.",
            async |context: CommandContext, text: String| {
                let how = if text == "now" { Shutdown::Now } else { Shutdown::Graceful };
                context.switch.ask_for_shutdown(how);
                "+OK\n".to_owned()
            },
        ),
    ]
}

async fn status(context: CommandContext, _: String) -> String {
    let switch = &context.switch;
    let up = switch.started().elapsed();
    let statistics = switch.statistics();
    let (rate, peak_rate) = switch.rate();
    let configuration = switch.configuration();
    format!(
        "UP {}\n\
         Ringfence (Version {VERSION}) is ready\n\
         {} session(s) since startup\n\
         {} session(s) - peak {}\n\
         {rate} session(s) per Sec out of max {}, peak {peak_rate}\n\
         {} session(s) max\n",
        uptime(up),
        statistics.total,
        statistics.active,
        statistics.peak,
        configuration.sessions_per_second(),
        configuration.max_sessions(),
    )
}

async fn hupall(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 5);
    let cause = words.first().map_or(Cause::MANAGER_REQUEST, |word| Cause::parse(word));
    let mut conditions = Vec::new();
    let mut pairs = words.get(1..).unwrap_or_default().chunks_exact(2);
    while let Some([name, value]) = pairs.next() {
        conditions.push((name.as_str(), value.as_str()));
    }
    context.switch.hangup_all(cause, |session| {
        conditions.iter().all(|(name, value)| session.own_variable(name).as_deref() == Some(value))
    });
    match conditions.first() {
        None => format!("+OK hangup all channels with cause {cause}\n"),
        Some((name, value)) => {
            format!("+OK hangup all channels matching [{name}]=[{value}] with cause: {cause}\n")
        }
    }
}

async fn reloadxml(context: CommandContext, _: String) -> String {
    let lines =
        |faults: &[Fault]| -> String { faults.iter().map(|fault| format!("{fault}\n")).collect() };
    match context.switch.reload().await {
        Ok(warnings) => format!("+OK [Success]\n{}", lines(&warnings)),
        Err(faults) => {
            format!("-ERR the old configuration stays:\n{}", lines(&faults))
        }
    }
}
