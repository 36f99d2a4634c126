//! What the command line takes.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime};
use clap::{Args, Parser, Subcommand};
use ringfence_sim::press::Presses;

/// A call server whose call scripts are WebAssembly guests.
#[derive(Debug, Parser)]
#[command(
    name = "ringfence",
    version = crate::help::VERSION.as_str(),
    disable_help_subcommand = true,
    arg_required_else_help = true,
    subcommand_required = true,
    after_help = "Begin with: ringfence serve --conf conf\n\
                  then, in another shell: ringfence call 5000 --press 1"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Call(Call),
    Check(Check),
    Console(Console),
    Help(Help),
    Run(Box<Run>),
    Serve(Serve),
    Stubs(Stubs),
    Top(Top),
}

/// Answer calls until told to stop.
///
/// SIGTERM or SIGINT: new calls are refused (503), running ones may end within --grace, the rest is
/// hung up. A second signal ends at once. SIGHUP reads the XML again.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) conf: Conf,
    /// How long running calls may go on after the first signal, in seconds [default: shutdown-wait of
    /// switch.conf.xml, 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) grace: Option<Duration>,
    /// What to log: a level (error, warn, info, debug, trace), or a filter for each part:
    /// info,sip=debug [default: loglevel of switch.conf.xml, info]
    #[arg(long, value_name = "FILTER", env = "RUST_LOG", value_parser = crate::log::filter)]
    pub(crate) log: Option<String>,
    /// Log one JSON object a line
    #[arg(long)]
    pub(crate) log_json: bool,
}

/// Write what editors need to complete and check scripts.
///
/// DIR/library/freeswitch.lua for the Lua language servers (LuaLS, EmmyLua), and DIR/.luarc.json unless
/// there is one. DIR is the folder of scripts.
#[derive(Args, Debug)]
pub(crate) struct Stubs {
    /// Where to
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The Lua version of the scripts [default: as lua.conf.xml of the configuration says, else 5.4]
    #[arg(long, value_name = "VERSION")]
    pub(crate) lua: Option<String>,
    #[command(flatten)]
    pub(crate) conf: Conf,
}

/// Where the configuration is.
#[derive(Args, Debug)]
pub(crate) struct Conf {
    /// The folder with freeswitch.xml [default: the first that exists of ./conf, /etc/ringfence]
    #[arg(long, value_name = "DIR", env = "RINGFENCE_CONF")]
    pub(crate) conf: Option<PathBuf>,
}

/// Call a number or SIP URI, as a phone would.
///
/// Prints what happens with its time. Exit code 0: answered and ended normally; see
/// `ringfence help exit-codes`.
#[derive(Args, Debug)]
pub(crate) struct Call {
    /// A number at --server, or sip:user@host[:port][;transport=tcp]
    #[arg(value_name = "NUMBER|SIP-URI")]
    pub(crate) target: String,
    /// Where a number is called
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5060")]
    pub(crate) server: String,
    /// The number or name that the call comes from
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    pub(crate) caller: String,
    #[command(flatten)]
    pub(crate) phone: Phone,
    /// Press keys by SIP INFO instead of RTP telephone-events
    #[arg(long)]
    pub(crate) info: bool,
    /// Write what is heard to a WAV file
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The most the whole call takes, in seconds; then it is cut
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Print one JSON object at the end
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the log, too; a level or filter as for serve
    #[arg(long, value_name = "FILTER", num_args = 0..=1, require_equals = true, default_missing_value = "info", value_parser = crate::log::filter)]
    pub(crate) log: Option<String>,
}

/// What a caller does; the same for `call` and `run`.
#[derive(Args, Debug)]
pub(crate) struct Phone {
    /// Keys and pauses after the answer, as "1 500ms 2#"; see `ringfence help press`
    #[arg(long, value_name = "KEYS", default_value = "", hide_default_value = true)]
    pub(crate) press: Presses,
    /// Play a WAV file to the far end
    #[arg(long, value_name = "FILE")]
    pub(crate) play: Option<PathBuf>,
    /// Hang up so many seconds after the answer
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) hangup_after: Option<Duration>,
}

/// Run a script offline, against a simulated caller.
///
/// The same switch as in serve, on a clock that jumps over waiting and a network in memory. Prints a
/// transcript: what the script did (file:line), what the caller heard and pressed, the variables
/// that were set, the result. Exit code 1 when the script failed.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// A script file, or ~code (quoted) as in the dialplan
    pub(crate) script: String,
    /// Arguments of the script, argv[1] and on; what begins with - stands behind --
    pub(crate) args: Vec<String>,
    #[command(flatten)]
    pub(crate) phone: Phone,
    /// Set a channel variable before the script starts; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) variables: Vec<(String, String)>,
    /// The caller's number
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    pub(crate) caller: String,
    /// The number that is called
    #[arg(long, value_name = "NUMBER", default_value = "5000")]
    pub(crate) destination: String,
    /// The Lua version [default: as lua.conf.xml says with --conf, else 5.4]
    #[arg(long, value_name = "VERSION", value_parser = ["5.1", "5.2", "5.3", "5.4"])]
    pub(crate) lua: Option<String>,
    /// The configuration folder it belongs to: variables, sounds, lua.conf.xml, dialplan [default: the
    /// nearest folder above the script with a freeswitch.xml, if any]
    #[arg(long, value_name = "DIR")]
    pub(crate) conf: Option<PathBuf>,
    /// When the call begins, as 2026-01-31T09:30:00 (UTC) or with an offset [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<SystemTime>,
    /// The longest virtual time, in seconds; then the caller hangs up, and the run has failed. The
    /// default is a day and an hour
    #[arg(long, value_name = "SECONDS", default_value = "90000", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Print the transcript as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the server's log, too; a level or filter as for serve
    #[arg(long, value_name = "FILTER", num_args = 0..=1, require_equals = true, default_missing_value = "info", value_parser = crate::log::filter)]
    pub(crate) log: Option<String>,
}

/// Read the configuration, the dialplan and all scripts, and name every fault.
///
/// Exit code 1 when there is one.
#[derive(Args, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) conf: Conf,
    /// Check these scripts instead of the configuration and its scripts
    pub(crate) scripts: Vec<PathBuf>,
}

/// Talk to a running server over its event socket, as fs_cli does with FreeSWITCH.
///
/// Each line is a command of the server (`help` lists them); what begins with / is the console's own
/// (/help). TAB completes, the history is kept. A connection that breaks is made again.
#[derive(Args, Debug)]
pub(crate) struct Console {
    #[command(flatten)]
    pub(crate) socket: Socket,
    /// Run one command, print its output, and end: code 1 when it says -ERR or -USAGE
    #[arg(short = 'x', long, value_name = "COMMAND", value_parser = command)]
    pub(crate) execute: Option<String>,
    /// What to show of the log: a level from console to debug, 0 to 7, or off
    #[arg(short, long, value_name = "LEVEL", default_value = "debug", value_parser = level)]
    pub(crate) loglevel: String,
    /// Wait for a server that is not there yet
    #[arg(short, long)]
    pub(crate) retry: bool,
    /// Let Ctrl-C end the console; else it only drops the line
    #[arg(short, long)]
    pub(crate) interrupt: bool,
    /// Say nothing but what the server says
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Show calls and scripts of a running server, live, and kill them.
///
/// Scripts come with CPU, memory, state, and the host call that they wait in. `k` kills what is
/// chosen, after a `y`.
#[derive(Args, Debug)]
pub(crate) struct Top {
    #[command(flatten)]
    pub(crate) socket: Socket,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub(crate) interval: Duration,
    /// Print once what there is, as text separated by tabs
    #[arg(long)]
    pub(crate) once: bool,
}

/// Which event socket.
#[derive(Args, Debug)]
pub(crate) struct Socket {
    /// Where the server is [default: this machine, as its configuration says]
    #[arg(short = 'H', long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Its event socket's port [default: as its configuration says, else 8021]
    #[arg(short = 'P', long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// The password [default: as its configuration says, else ClueCon]
    #[arg(
        short,
        long,
        value_name = "PASSWORD",
        env = "RINGFENCE_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) password: Option<String>,
    /// Log in as this user of the directory instead
    #[arg(short, long, value_name = "USER@DOMAIN")]
    pub(crate) user: Option<String>,
    /// How long connecting may take, in seconds
    #[arg(short, long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) conf: Conf,
}

/// Explain a command or a topic.
#[derive(Args, Debug)]
pub(crate) struct Help {
    /// A command of this program, or: applications, commands, press, exit-codes, or the name of a
    /// dialplan application or API command
    pub(crate) topic: Option<String>,
}

/// A command of the server; blanks are none.
fn command(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("name a command; `help` lists all".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

/// What may be shown of the log, as the server takes it; `off` is nothing.
fn level(text: &str) -> Result<String, String> {
    let known = ringfence_switch::log::Level::parse(text);
    if text.eq_ignore_ascii_case("off") {
        return Ok("off".to_owned());
    }
    match known.filter(|level| ringfence_switch::log::Level::ALL.contains(level)) {
        Some(level) => Ok(level.name().to_ascii_lowercase()),
        None => Err(
            "a level is console, alert, crit, err, warning, notice, info, debug, 0 to 7, or off"
                .to_owned(),
        ),
    }
}

/// Seconds, with a fraction; at most a year.
fn seconds(text: &str) -> Result<Duration, String> {
    const YEAR: f64 = 365.0 * 86400.0;
    match text.strip_suffix('s').unwrap_or(text).parse::<f64>() {
        Ok(seconds) if (0.0..=YEAR).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("seconds are a number from 0 to 31536000, as 30 or 1.5".to_owned()),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a variable is name=value".to_owned()),
    }
}

fn time(text: &str) -> Result<SystemTime, String> {
    let utc = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").map(|time| time.and_utc());
    let time = match utc {
        Ok(time) => SystemTime::from(time),
        Err(_) => DateTime::parse_from_rfc3339(text).map(SystemTime::from).map_err(|_| {
            "a time is 2026-01-31T09:30:00, or with an offset at its end".to_owned()
        })?,
    };
    // The clock of guests counts from there.
    if time < SystemTime::UNIX_EPOCH {
        return Err("a call begins in 1970 or later".to_owned());
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_run_with_everything() {
        let line = "ringfence run ivr.lua a --press 1 --var x=1=2 --var y= \
                    --at 1970-01-02T00:00:00 --hangup-after 1.5 --log --json -- -b";
        let Command::Run(run) = Arguments::try_parse_from(line.split_whitespace()).unwrap().command
        else {
            panic!("not run")
        };
        assert_eq!(run.args, ["a", "-b"]);
        assert_eq!(run.variables, [("x".into(), "1=2".into()), ("y".into(), String::new())]);
        assert_eq!(run.at, Some(UNIX_EPOCH + Duration::from_secs(86400)));
        assert_eq!(run.phone.hangup_after, Some(Duration::from_millis(1500)));
        assert_eq!((run.log.as_deref(), run.json), (Some("info"), true));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for line in [
            "run a.lua --var novalue",
            "run a.lua --press 1x",
            "run a.lua --at yesterday",
            "run a.lua --at 1969-12-31T23:59:59",
            "run a.lua --lua 5.5",
            "run a.lua --log=x=y=z",
            "call 5000 --timeout -1",
            "call 5000 --timeout inf",
            "console -P 99999",
            "top --interval x",
            "call",
            "dial 5000",
        ] {
            let line = std::iter::once("ringfence").chain(line.split_whitespace());
            assert!(Arguments::try_parse_from(line.clone()).is_err(), "{line:?}");
        }
    }

    #[test]
    fn an_offset_counts() {
        let hour = UNIX_EPOCH + Duration::from_secs(3600);
        assert_eq!(time("1970-01-01T01:00:00"), Ok(hour));
        assert_eq!(time("1970-01-01T03:00:00+02:00"), Ok(hour));
        assert_eq!(time("1970-01-01T01:00:00Z"), Ok(hour));
    }
}
