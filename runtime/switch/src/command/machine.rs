//! What the machine says: `hostname`, `switchname`, `uptime`, `msleep`, `file_exists`, `getenv`,
//! `gethost`, `host_lookup`, `acl`, `reloadacl`.

use std::net::IpAddr;
use std::time::Duration;

use super::split::arguments;
use super::{Command, CommandContext};
use crate::operation::MAX_SLEEP;
use crate::variable::integer;

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "hostname",
            "",
            "Return the system hostname",
            "Prints the machine's name, without a newline.",
            async |context: CommandContext, _| context.switch.events().core().hostname.clone(),
        ),
        Command::new(
            "switchname",
            "",
            "Return the switch name",
            "Prints the server's name (`switchname` of switch.conf), without a newline.",
            async |context: CommandContext, _| context.switch.events().core().switchname.clone(),
        ),
        Command::new(
            "uptime",
            "[us|ms|s|m|h|d|microseconds|milliseconds|seconds|minutes|hours|days]",
            "Show uptime",
            "Prints how long the server runs, in whole seconds unless another unit is given.",
            uptime,
        ),
        Command::new(
            "msleep",
            "<milliseconds>",
            "Sleep N milliseconds",
            "Answers after so many milliseconds.",
            async |_: CommandContext, text: String| {
                let milliseconds = u64::try_from(integer(&text)).unwrap_or(0).min(MAX_SLEEP);
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                "+OK".to_owned()
            },
        ),
        Command::new(
            "file_exists",
            "<file>",
            "Check if a file exists on server",
            "Prints `true` or `false`, without a newline.",
            async |context: CommandContext, path: String| {
                let look = move || std::path::Path::new(&path).exists();
                context.switch.runtime().spawn_blocking(look).await.unwrap_or(false).to_string()
            },
        ),
        Command::new(
            "getenv",
            "<name>",
            "getenv",
            "Prints an environment variable of the server's process, or `_undef_`.",
            async |_: CommandContext, name: String| {
                // An empty name, or one with `=`, is none.
                std::env::var(name).unwrap_or_else(|_| "_undef_".to_owned())
            },
        ),
        Command::new(
            "gethost",
            "<hostname>",
            "gethostbyname",
            "Prints an address of a host, without a newline; `-ERR` when it has none.",
            lookup,
        ),
        Command::new(
            "host_lookup",
            "<hostname>",
            "Lookup host",
            "Prints an address of a host, without a newline; `-ERR` when it has none.",
            lookup,
        ),
        Command::new(
            "acl",
            "<ip> <list_name>",
            "Compare an ip to an acl list",
            "Prints `true` when an address is in a list of acl.conf, in one of FreeSWITCH's own \
             (`loopback.auto`, `rfc1918.auto` …), or in a network as `10.0.0.0/8`; else `false`.",
            acl,
        ),
        Command::new(
            "reloadacl",
            "",
            "Reload XML",
            "Reads the configuration again, as `reloadxml` does; the lists are a part of it.",
            async |context: CommandContext, _| match context.switch.reload().await {
                Ok(_) => "+OK acl reloaded\n".to_owned(),
                Err(faults) => {
                    let lines: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
                    format!("-ERR the old configuration stays:\n{lines}")
                }
            },
        ),
    ]
}

async fn uptime(context: CommandContext, unit: String) -> String {
    let up = context.switch.started().elapsed();
    let seconds = up.as_secs();
    match unit.as_str() {
        "us" | "microseconds" => format!("{}\n", up.as_micros()),
        "ms" | "milliseconds" => format!("{}\n", up.as_millis()),
        "m" | "minutes" => format!("{}\n", seconds / 60),
        "h" | "hours" => format!("{}\n", seconds / 3_600),
        "d" | "days" => format!("{}\n", seconds / 86_400),
        _ => format!("{seconds}\n"),
    }
}

async fn lookup(_: CommandContext, host: String) -> String {
    if host.is_empty() {
        return "-ERR a host name is missing\n".to_owned();
    }
    // The resolver works on a thread of the blocking pool.
    match tokio::net::lookup_host((host.as_str(), 0)).await {
        Ok(addresses) => {
            let mut addresses: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
            addresses.sort_by_key(|address| address.is_ipv6());
            addresses.first().map_or_else(|| "-ERR no address\n".to_owned(), ToString::to_string)
        }
        Err(error) => format!("-ERR {error}\n"),
    }
}

async fn acl(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 2);
    let (Some(address), Some(list)) = (words.first(), words.get(1)) else {
        return "false".to_owned();
    };
    let found = context.switch.configuration().networks.find(list);
    let inside =
        address.parse().is_ok_and(|address| found.is_ok_and(|list| list.contains(address)));
    inside.to_string()
}
