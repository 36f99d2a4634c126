//! `mod_lua`: what dialplans and operators type.

use ringfence_switch::{
    Failure, Module, Session,
    application::{Application, Flags},
    command::Command,
};

use crate::{bindings::ringfence::call::job::Origin, scripts::Scripts};

/// What FreeSWITCH's API command `lua` answers when the script failed.
const FAILED: &str = "-ERR Cannot execute script\n";

const SYNTAX: &str = "<script> [arguments] | ~<code>";

/// The module's table.
pub(crate) fn module(scripts: &Scripts) -> Module {
    Module {
        name: "mod_lua",
        applications: vec![application(scripts.clone())],
        commands: vec![lua(scripts.clone()), luarun(scripts.clone())],
        ..Module::default()
    }
}

fn application(scripts: Scripts) -> Application {
    Application::new(
        "lua",
        SYNTAX,
        "Runs a Lua script on this call",
        "Runs a Lua script on this call and waits for its end. The script has the globals `session` and \
         `argv`.\n\nThe script is a file, below `$${script_dir}` unless its path begins with `/`. \
         Arguments are separated by blanks; single quotes hold words together. `~code` runs code from \
         the line itself.\n\nAfterwards `script_result` is `ok`, `error` (the script raised one), or why \
         it was ended (`killed`, `wall-limit`, `cpu-limit`, `memory-limit`, `trap`); `script_error` is \
         the error's first line; `script_job` is the run's id. In every case the dialplan goes on with \
         the next action, unless the script hung up, transferred the call, or said \
         `session:setAutoHangup(true)`.",
        Flags::ANY,
        move |session: Session, data: String| {
            let scripts = scripts.clone();
            async move {
                run_application(&scripts, session, &data).await;
                Ok::<(), Failure>(())
            }
        },
    )
}

async fn run_application(scripts: &Scripts, session: Session, data: &str) {
    let call = session.uuid().to_string();
    match scripts.start(Origin::Application, data, Some(session.clone()), None).await {
        Ok(launched) => drop(launched.kill_on_drop().finish().await),
        Err(error) => {
            tracing::error!(%call, script = %data, "{error}");
            scripts.failed(&error.to_string());
            for (name, value) in [("script_result", "error"), ("script_error", &error.to_string())]
            {
                if let Err(refused) = session.set_variable(name, Some(value)) {
                    tracing::warn!(%call, name, %refused, "variable not set");
                }
            }
        }
    }
}

fn lua(scripts: Scripts) -> Command {
    Command::new(
        "lua",
        SYNTAX,
        "Runs a Lua script and answers its output",
        "Runs a Lua script, waits for its end, and answers what it wrote to `stream`. The script has the \
         globals `stream`, `env`, `argv`, and `session` when the command is run for a call. When it \
         fails, `-ERR Cannot execute script` follows what it wrote.",
        move |context, arguments: String| {
            let scripts = scripts.clone();
            async move {
                if arguments.is_empty() {
                    return String::new();
                }
                let environment = vec![
                    ("Event-Name".to_owned(), "API".to_owned()),
                    ("API-Command".to_owned(), "lua".to_owned()),
                    ("API-Command-Argument".to_owned(), arguments.clone()),
                ];
                let started = scripts
                    .start(Origin::Api, &arguments, context.session, Some(environment))
                    .await;
                match started {
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
        "Starts a Lua script and answers `+OK` and the run's id at once. The script has the global `argv`; \
         it serves no call. A script that cannot be read answers `-ERR` and the reason.",
        move |_, arguments: String| {
            let scripts = scripts.clone();
            async move {
                if arguments.is_empty() {
                    return "-ERR no args specified!\n".to_owned();
                }
                match scripts.background(&arguments).await {
                    Ok(id) => format!("+OK {id}\n"),
                    Err(error) => format!("-ERR {error}\n"),
                }
            }
        },
    )
}
