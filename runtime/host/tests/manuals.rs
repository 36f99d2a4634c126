//! docs/applications.md and docs/commands.md say what the tables of all modules say.
//! `UPDATE_DOCS=1` writes them.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::path::PathBuf;

use ringfence_host::LuaVersion;
use ringfence_switch::documentation;
use support::Server;

#[tokio::test(start_paused = true)]
async fn the_manuals_have_every_module() {
    let server = Server::start(LuaVersion::default()).await;
    server.switch.register(ringfence_control::without_socket());
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for (name, text) in [
        ("applications.md", documentation::applications(&server.switch.applications())),
        ("commands.md", documentation::commands(&server.switch.commands())),
    ] {
        assert!(text.contains("## mod_lua"), "{name}");
        let path = docs.join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let hint = "UPDATE_DOCS=1 cargo test -p ringfence-host --test manuals writes it";
        assert!(
            std::fs::read_to_string(&path).unwrap() == text,
            "docs/{name} is out of date; {hint}"
        );
    }
    assert!(server.command("help luarun").await.contains("in the background"));
}
