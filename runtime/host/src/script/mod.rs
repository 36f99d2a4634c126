//! The command `script`: running scripts listed, looked at, ended; one file a verb.
//!
//! [`VERBS`] is the table: syntax and manual are made from it.

mod hooks;
mod kill;
mod list;
mod run;
mod select;
mod show;
mod stats;
mod table;
mod versions;
mod wait;

use std::fmt::Write as _;
use std::sync::LazyLock;

use futures_util::future::BoxFuture;
use ringfence_switch::command::Command;

use crate::scripts::Scripts;

/// One thing that the command can do.
struct Verb {
    name: &'static str,
    /// Its arguments.
    syntax: &'static str,
    /// What it does and answers.
    manual: &'static str,
    run: for<'a> fn(&'a Scripts, &'a str) -> BoxFuture<'a, String>,
}

const VERBS: &[Verb] = &[
    list::VERB,
    show::VERB,
    kill::VERB,
    wait::VERB,
    run::VERB,
    stats::VERB,
    versions::VERB,
    hooks::VERB,
];

/// `list [json] | show <job> | …`
static SYNTAX: LazyLock<String> = LazyLock::new(|| {
    let verbs = VERBS.iter().map(|verb| format!("{} {}", verb.name, verb.syntax));
    verbs.map(|verb| verb.trim_end().to_owned()).collect::<Vec<_>>().join(" | ")
});

static MANUAL: LazyLock<String> = LazyLock::new(|| {
    let mut text = "Every running script is a job, whatever started it. A job is named by its uuid or by \
                    the first four or more characters of it, as long as no other begins so; several at \
                    once by the script's name as the list shows it. What is not found is answered with \
                    `-ERR`.\n"
        .to_owned();
    for verb in VERBS {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n* `{} {}`", verb.name, verb.syntax);
        text.truncate(text.trim_end_matches([' ', '`']).len());
        let _ = write!(text, "`: {}", verb.manual);
    }
    text
});

/// The entry of the table of commands.
pub(crate) fn command(scripts: &Scripts) -> Command {
    let scripts = scripts.clone();
    Command::new("script", &SYNTAX, "Running scripts", &MANUAL, move |_, text: String| {
        let scripts = scripts.clone();
        async move {
            let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
            match VERBS.iter().find(|verb| verb.name == name) {
                Some(verb) => (verb.run)(&scripts, rest.trim()).await,
                None => Command::usage(&SYNTAX),
            }
        }
    })
}

/// The answer to a verb with arguments that it does not take.
fn usage(verb: &Verb) -> String {
    Command::usage(&format!("script {} {}", verb.name, verb.syntax))
}
