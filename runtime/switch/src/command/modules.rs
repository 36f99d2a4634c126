//! `load`, `unload`, `reload`, `module_exists`.

use super::{Command, CommandContext};
use crate::switch::ModuleError;

const NAME: &str = "<mod_name>";
const FORCED: &str = "[-f] <mod_name>";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "load",
            NAME,
            "Load Module",
            "Reads the configuration again, as `reloadxml` does, and loads a module that was unloaded. \
             Answers `+OK Reloading XML` and `+OK`; `-ERR [Module already loaded]` when it is, and \
             `-ERR [No such module!]` when this server has none of that name.",
            async |context: CommandContext, name: String| {
                if name.is_empty() {
                    return Command::usage(NAME);
                }
                let answer = reload_xml(&context).await;
                answer + &plain(context.switch.load_module(&name).await)
            },
        ),
        Command::new(
            "unload",
            FORCED,
            "Unload module",
            "`mod_lua` refuses new scripts from now on, gives running ones its drain \
             time (`drain-time` of sandbox.conf.xml; none with `-f`), kills the rest and gives their \
             memory back; calls go on. Answers `+OK` when that is done. Modules that are a part of the \
             server stay: `-ERR [Module is not unloadable]`.",
            async |context: CommandContext, text: String| {
                let (forced, name) = forced(&text);
                if name.is_empty() {
                    return Command::usage(FORCED);
                }
                plain(context.switch.unload_module(name, forced).await)
            },
        ),
        Command::new(
            "reload",
            FORCED,
            "Reload module",
            "Reads the configuration again, as `reloadxml` does, and lets a module take what has \
             changed. `reload mod_lua` compiles changed scripts anew; running ones keep the version \
             that they began with, and so does a script whose new version does not compile, which is \
             told with file and line. With `-f` the module is unloaded without drain time, and loaded.",
            async |context: CommandContext, text: String| {
                let (forced, name) = forced(&text);
                if name.is_empty() {
                    return Command::usage(FORCED);
                }
                reload_xml(&context).await + &reload(&context, name, forced).await
            },
        ),
        Command::new(
            "module_exists",
            "<module>",
            "Check if module exists",
            "Answers `true` when the module is loaded, else `false`.",
            async |context: CommandContext, name: String| {
                if name.is_empty() {
                    return "-ERR no reply\n".to_owned();
                }
                context.switch.module_exists(&name).to_string()
            },
        ),
    ]
}

/// The flag `-f`, and the name.
fn forced(text: &str) -> (bool, &str) {
    match text.strip_prefix("-f") {
        Some(rest) if rest.is_empty() || rest.starts_with(' ') => (true, rest.trim_start()),
        _ => (false, text),
    }
}

/// Reads the configuration again, as `reloadxml`.
async fn reload_xml(context: &CommandContext) -> String {
    match context.switch.reload().await {
        Ok(_) => "+OK Reloading XML\n".to_owned(),
        Err(faults) => {
            let lines: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
            format!("-ERR the old configuration stays:\n{lines}")
        }
    }
}

async fn reload(context: &CommandContext, name: &str, forced: bool) -> String {
    let switch = &context.switch;
    if forced || !switch.module_exists(name) {
        let unloaded = switch.unload_module(name, true).await;
        return said("unload", unloaded) + &said("load", switch.load_module(name).await);
    }
    match switch.reload_module(name).await {
        Ok(lines) => lines
            .into_iter()
            .fold("+OK module reloaded\n".to_owned(), |text, line| text + &line + "\n"),
        // In FreeSWITCH's words: it was not unloaded, so there is nothing to load.
        Err(why @ ModuleError::Fixed) => {
            said("unload", Err(why)) + &said("load", Err(ModuleError::Loaded))
        }
        Err(why) => format!("-ERR reloading module [{why}]\n"),
    }
}

fn plain(result: Result<(), ModuleError>) -> String {
    result.map_or_else(|why| format!("-ERR [{why}]\n"), |()| "+OK\n".to_owned())
}

/// As the command `reload` tells it.
fn said(what: &str, result: Result<(), ModuleError>) -> String {
    result.map_or_else(
        |why| format!("-ERR {what}ing module [{why}]\n"),
        |()| format!("+OK module {what}ed\n"),
    )
}
