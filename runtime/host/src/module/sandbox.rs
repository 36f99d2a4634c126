//! `mod_sandbox`: scripts of all languages.

use ringfence_switch::{
    Failure, Module, Session,
    application::{Application, Flags},
};

use super::{afterwards, on_call};
use crate::{script, scripts::Scripts, start::Language};

/// The module's table. It stays: it is what ends scripts.
pub(crate) fn module(scripts: &Scripts) -> Module {
    Module {
        name: "mod_sandbox",
        applications: vec![application(scripts.clone())],
        commands: vec![script::command(scripts)],
        ..Module::default()
    }
}

fn application(scripts: Scripts) -> Application {
    Application::new(
        "script",
        "<file> [arguments]",
        "Runs a script on this call, of any language",
        concat!(
            "The name tells the language: `.lua` is Lua, as the application `lua` runs it; `.wasm` is a \
             WebAssembly component of the world `call-script` (`wit/call.wit`), which is compiled when \
             it is first needed or its file has changed. Components have the profile `third-party` \
             unless sandbox.conf.xml chooses another one.\n\nThe file is below `$${script_dir}` unless \
             its path begins with `/`. Arguments are separated by blanks; single quotes hold words \
             together.\n\n",
            afterwards!()
        ),
        Flags::ANY,
        move |session: Session, data: String| {
            let scripts = scripts.clone();
            async move {
                on_call(&scripts, Language::ByEnding, session, &data).await;
                Ok::<(), Failure>(())
            }
        },
    )
}
