//! `mod_lua`: what dialplans and operators type.

use std::sync::Arc;

use ringfence_sandbox::Owner;
use ringfence_switch::{
    Failure, Module, Session,
    application::{Application, Flags},
    command::Command,
};

use super::{afterwards, on_call};
use crate::{
    bindings::ringfence::call::job::Origin,
    entry::{Entry, data},
    scripts::Scripts,
    start::{Language, Start},
};

/// What FreeSWITCH's API command `lua` answers when the script failed.
const FAILED: &str = "-ERR Cannot execute script\n";

pub(super) const SYNTAX: &str = "<script> [arguments] | ~<code>";

/// The module's table.
pub(crate) fn module(scripts: &Scripts) -> Module {
    Module {
        name: "mod_lua",
        applications: vec![application(scripts.clone())],
        commands: vec![lua(scripts.clone()), luarun(scripts.clone())],
        chat_applications: vec![super::chat::application(scripts.clone())],
        dialplans: vec![("LUA", Arc::new(scripts.clone()))],
        lifecycle: Some(Arc::new(scripts.clone())),
        ..Module::default()
    }
}

fn application(scripts: Scripts) -> Application {
    Application::new(
        "lua",
        SYNTAX,
        "Runs a Lua script on this call",
        concat!(
            "It waits for the script's end. The script has the globals `session` and `argv`.\n\nThe \
             script is a file, below `$${script_dir}` unless its path begins with `/`. Arguments are \
             separated by blanks; single quotes hold words together. `~code` runs code from the line \
             itself.\n\n",
            afterwards!()
        ),
        Flags::ANY,
        move |session: Session, data: String| {
            let scripts = scripts.clone();
            async move {
                on_call(&scripts, Language::Lua, session, &data).await;
                Ok::<(), Failure>(())
            }
        },
    )
}

fn lua(scripts: Scripts) -> Command {
    Command::new(
        "lua",
        SYNTAX,
        "Runs a Lua script and answers its output",
        "The command waits for the script's end. The output is what the script writes to `stream`. Its \
         other globals are `env` (an event: who runs it; for `api_hangup_hook` all about the call), `argv`, and \
         `session` when the command is run for a call. When it \
         fails, `-ERR Cannot execute script` follows what it wrote.",
        move |context, arguments: String| {
            let scripts = scripts.clone();
            async move {
                if arguments.is_empty() {
                    return String::new();
                }
                // All about the call, for its hangup hook; else only that it is a command.
                let mut environment = match &context.environment {
                    Some(known) => data(known).headers,
                    None => vec![("Event-Name".to_owned(), "API".to_owned())],
                };
                environment.push(("API-Command".to_owned(), "lua".to_owned()));
                environment.push(("API-Command-Argument".to_owned(), arguments.clone()));
                let call = context.session.as_ref();
                let call = call.map(|session| session.uuid().to_string()).unwrap_or_default();
                let started = scripts.start(Start {
                    language: Language::Lua,
                    origin: Origin::Api,
                    owner: Owner::new("api", call),
                    line: &arguments,
                    session: context.session,
                    environment: Some(environment),
                    entry: Entry::default(),
                });
                match started.await {
                    Ok(launched) => {
                        let ending = launched.kill_on_drop().finish().await;
                        let failed = if ending.error.is_some() { FAILED } else { "" };
                        ending.output + failed
                    }
                    Err(error) => {
                        tracing::error!(script = arguments, "{error}");
                        FAILED.to_owned()
                    }
                }
            }
        },
    )
}

fn luarun(scripts: Scripts) -> Command {
    Command::new(
        "luarun",
        SYNTAX,
        "Runs a Lua script in the background",
        "Answers `+OK` and the job's id at once. The script has the global `argv`; it serves no call. A \
         script that cannot be started answers `-ERR` and the reason: the path that was tried, a limit \
         that is reached. `script` lists and ends what runs.",
        move |_, arguments: String| {
            let scripts = scripts.clone();
            async move {
                if arguments.is_empty() {
                    return "-ERR no args specified!\n".to_owned();
                }
                let owner = Owner::new("luarun", "");
                match scripts.background(Language::Lua, owner, &arguments).await {
                    Ok(id) => format!("+OK {id}\n"),
                    Err(error) => format!("-ERR {error}\n"),
                }
            }
        },
    )
}
