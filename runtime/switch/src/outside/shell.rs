//! Commands of the operating system, and who may run which.

use std::time::Duration;

use ringfence_outside::command::{self, Ended, NotPlain, Plain, Program};

use crate::application::{Application, Flags, respond};
use crate::authority;
use crate::command::{Command, CommandContext};
use crate::operation::Failure;
use crate::session::Session;
use crate::switch::Switch;

/// How long a command of `system` may take; then it is killed. A call waits meanwhile.
pub const COMMAND_TIME: Duration = Duration::from_secs(300);
/// The same for `bg_system`, which nobody waits for.
pub const BACKGROUND_TIME: Duration = Duration::from_secs(3600);
/// What the API command `system` answers at most, in bytes; a command that says more is killed.
pub const SYSTEM_OUTPUT: usize = 1 << 20;

/// A command line, ready to be run by whoever asks for it now.
///
/// With `shell=*`, and for the server itself, `/bin/sh` runs the line. Where a profile lists commands,
/// the line is cut into words and its program run without a shell: what a caller said cannot become a
/// second command.
///
/// # Errors
///
/// `Refused` when the permission `shell` does not name it; `Invalid` when it needs a shell.
pub fn command(line: &str, time: Duration, who: &str) -> Result<command::Command, Failure> {
    let authority = authority::current();
    let program = match &authority {
        Some(authority) if !authority.permissions().shell.all_names() => {
            let plain = Plain::read(line).map_err(|why| not_plain(line, &why));
            // Nothing is said about lines to those who may run none.
            let named = match &plain {
                Ok(plain) => plain.words.join(" "),
                Err(_) => line.to_owned(),
            };
            let listed = |words: &[String]| {
                authority.permissions().shell.0.iter().any(|pattern| names(pattern, words))
            };
            let words = plain.as_ref().map_or(&[] as &[String], |plain| &plain.words);
            if authority.permissions().shell.0.is_empty() || (plain.is_ok() && !listed(words)) {
                let program = words.first().map_or(named.as_str(), String::as_str);
                return Err(authority
                    .refuse(&format!("run the command {named}"), &format!("shell={program}")));
            }
            Program::Plain(plain?)
        }
        _ => Program::Shell(line.to_owned()),
    };
    let environment =
        authority.map(|authority| authority.permissions().environment.clone()).unwrap_or_default();
    Ok(command::Command { program, folder: None, environment, deadline: time, who: who.to_owned() })
}

fn not_plain(line: &str, why: &NotPlain) -> Failure {
    let line: String = line.chars().take(200).collect();
    Failure::Invalid(format!("the command {line:?}: {why}"))
}

/// Whether an entry of the permission means a command: its program, or, with a blank in it, its
/// program and arguments. A program that is named by its path is listed by its path.
fn names(pattern: &str, words: &[String]) -> bool {
    let Some(program) = words.first() else { return false };
    if pattern.contains(' ') {
        let (listed, _) = pattern.split_once(' ').unwrap_or((pattern, ""));
        return one_program(listed, program) && crate::xml::glob_matches(pattern, &words.join(" "));
    }
    one_program(pattern, program)
}

/// `*` in a name is no way into a folder.
fn one_program(pattern: &str, program: &str) -> bool {
    pattern.contains('/') == program.contains('/')
        && !program.split('/').any(|part| part == "..")
        && crate::xml::glob_matches(pattern, program)
}

/// `system` and `bgsystem`.
pub(crate) fn applications() -> Vec<Application> {
    let flags = Flags { zombie_exec: true, ..Flags::NOMEDIA };
    vec![
        Application::new(
            "system",
            "<command>",
            "Execute a system command",
            "Runs the command with `/bin/sh` and waits for its end, 300 seconds at most: then it is killed. \
             What it says goes to the log, up to 8 KiB. Scripts need the permission `shell`.",
            flags,
            async |session, line| {
                let ended = run(session.switch(), &line, COMMAND_TIME, session.uuid()).await;
                let response =
                    ended.as_ref().map_or_else(ToString::to_string, |ended| shown(*ended));
                respond(&session, &response);
                ended.map(|_| ())
            },
        ),
        Application::new(
            "bgsystem",
            "<command>",
            "Execute a system command in the background",
            "As `system`, and the call goes on at once. It may take an hour.",
            flags,
            async |session: Session, line: String| {
                background(session.switch(), &line, session.uuid())
            },
        ),
    ]
}

/// `system` and `bg_system`.
pub(crate) fn commands() -> Vec<Command> {
    vec![
        Command::new(
            "system",
            "<command>",
            "Execute a system command",
            "Runs the command with `/bin/sh` and answers what it says, however it ends. It is killed after \
             300 seconds, or when it says more than 1 MiB. Scripts need the permission `shell`.",
            async |context: CommandContext, line: String| {
                if line.is_empty() {
                    return Command::usage("<command>");
                }
                let who = who(&context);
                let command = match command(&line, COMMAND_TIME, &who) {
                    Ok(command) => command,
                    Err(failure) => return failed(&failure),
                };
                match command.output(context.switch.outside(), Vec::new(), SYSTEM_OUTPUT).await {
                    Ok(output) => ringfence_text::decode(&output.said).into_owned(),
                    Err(fault) => {
                        tracing::error!(who, "system: {fault}");
                        format!("-ERR {fault}\n")
                    }
                }
            },
        ),
        Command::new(
            "bg_system",
            "<command>",
            "Execute a system command in the background",
            "Starts the command with `/bin/sh` and answers `+OK`. It may take an hour. What it says goes to \
             the log, up to 8 KiB.",
            async |context: CommandContext, line: String| {
                if line.is_empty() {
                    return Command::usage("<command>");
                }
                match background(&context.switch, &line, &who(&context)) {
                    Ok(()) => "+OK\n".to_owned(),
                    Err(failure) => failed(&failure),
                }
            },
        ),
    ]
}

fn failed(failure: &Failure) -> String {
    format!("-ERR {failure}\n")
}

/// The call that a command works for.
fn who(context: &CommandContext) -> String {
    context.session.as_ref().map(|session| session.uuid().to_string()).unwrap_or_default()
}

async fn run(switch: &Switch, line: &str, time: Duration, who: &str) -> Result<Ended, Failure> {
    let command = command(line, time, who)?;
    command.run(switch.outside()).await.map_err(|fault| {
        tracing::error!(who, "system: {fault}");
        Failure::Failed(fault.to_string())
    })
}

/// Starts a command that nobody waits for.
fn background(switch: &Switch, line: &str, who: &str) -> Result<(), Failure> {
    let command = command(line, BACKGROUND_TIME, who)?;
    let (outside, who) = (switch.outside().clone(), who.to_owned());
    let running = async move {
        if let Err(fault) = command.run(&outside).await {
            tracing::error!(who, "bg_system: {fault}");
        }
    };
    switch.outside().leave(running).map_err(|gone| Failure::Failed(gone.to_string()))
}

/// How a command ended, for `current_application_response`.
fn shown(ended: Ended) -> String {
    match ended {
        Ended::Code(code) => code.to_string(),
        Ended::Signal(signal) => format!("signal {signal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Authority;
    use crate::config::{Names, Permissions};

    fn with(list: &[&str], line: &str) -> Result<Program, Failure> {
        let shell = Names(list.iter().map(|entry| (*entry).to_owned()).collect());
        let permissions = Permissions { shell, ..Permissions::default() };
        let authority = Authority::new("a.lua", "quiz", &permissions).unwrap();
        authority.under_now(|| command(line, COMMAND_TIME, "")).map(|command| command.program)
    }

    #[test]
    fn a_list_grants_programs_without_a_shell() {
        for (list, line) in [
            (&["sox"][..], "sox a b"),
            (&["date", "sox"], "sox a 2>/dev/null"),
            (&["/usr/bin/*"], "/usr/bin/sox a"),
            (&["systemctl status *"], "systemctl status x"),
            (&["l?me"], "lame"),
        ] {
            assert!(matches!(with(list, line), Ok(Program::Plain(_))), "{line}");
        }
        assert_eq!(with(&["*"], "a; b").unwrap(), Program::Shell("a; b".to_owned()));
    }

    #[test]
    fn nothing_else_is_granted() {
        for (list, line) in [
            (&[][..], "sox a"),
            (&["sox"], "rm -r x"),
            (&["sox"], "/tmp/sox a"),
            (&["so*"], "so/x"),
            (&["/usr/bin/*"], "/usr/bin/../../tmp/x"),
            (&["systemctl status *"], "systemctl stop x"),
            (&["systemctl *"], "systemctl"),
            (&["Sox"], "sox a"),
            (&["* x"], "/bin/rm x"),
        ] {
            assert!(matches!(with(list, line), Err(Failure::Refused(_))), "{list:?} {line}");
        }
        let text = with(&["sox"], "rm -r x").unwrap_err().to_string();
        assert_eq!(
            text,
            "script a.lua may not run the command rm -r x: permission shell=rm is missing in profile quiz"
        );
        // One who may run something is told what is wrong with the line.
        assert!(matches!(with(&["sox"], "sox a; rm b"), Err(Failure::Invalid(_))));
        assert!(matches!(with(&[], "sox a; rm b"), Err(Failure::Refused(_))));
    }
}
