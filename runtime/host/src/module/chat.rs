//! The chat application `lua`.

use ringfence_sandbox::Owner;
use ringfence_switch::{
    Switch,
    chat::{ChatApplication, Flow, Message},
};

use crate::{
    bindings::ringfence::call::job::Origin,
    entry::{Answer, Entry, event},
    scripts::Scripts,
    start::{Language, Start},
};

pub(super) fn application(scripts: Scripts) -> ChatApplication {
    ChatApplication::new(
        "lua",
        super::lua::SYNTAX,
        "Runs a Lua script with the message",
        move |_: Switch, message: Message, line: String| {
            let scripts = scripts.clone();
            async move { run(&scripts, &message, &line).await }
        },
    )
}

/// The script has the global `message`; what it changes in it, the next application sees.
async fn run(scripts: &Scripts, message: &Message, line: &str) -> Result<Flow, String> {
    let before = message.event();
    let started = scripts.start(Start {
        language: Language::Usual,
        origin: Origin::Chat,
        owner: Owner::new("chat", before.header("from").unwrap_or_default()),
        line,
        session: None,
        environment: None,
        entry: Entry::chat(&before),
    });
    let launched = started.await.map_err(|error| error.to_string())?;
    let ending = launched.kill_on_drop().finish().await;
    if let Answer::Message(Some(changed)) = ending.answer {
        message.replace(event(before.name(), changed));
    }
    match ending.error {
        // Logged already, with file and line.
        Some(error) => Err(error.lines().next().unwrap_or_default().to_owned()),
        None => Ok(Flow::Next),
    }
}
