//! The chat applications of the server itself; `mod_lua` brings `lua`.

use super::{ChatApplication, Flow, Message};
use crate::event::Format;
use crate::switch::Switch;

/// All of them.
pub(crate) fn all() -> Vec<ChatApplication> {
    vec![
        ChatApplication::new("set", "<header>=<value>", "Sets a header of the message", set),
        ChatApplication::new("unset", "<header>", "Removes a header of the message", unset),
        ChatApplication::new("info", "", "Writes the message to the log", info),
        ChatApplication::new("fire", "", "Fires the message as an event", fire),
        ChatApplication::new("stop", "", "Ends the chatplan for this message", stop),
    ]
}

async fn set(_: Switch, message: Message, data: String) -> Result<Flow, String> {
    let (name, value) = data.split_once('=').unwrap_or((&data, ""));
    let name = name.trim();
    if name.is_empty() {
        return Err("it needs <header>=<value>".to_owned());
    }
    message.set(name, Some(value).filter(|value| !value.is_empty()));
    Ok(Flow::Next)
}

async fn unset(_: Switch, message: Message, data: String) -> Result<Flow, String> {
    message.set(data.trim(), None);
    Ok(Flow::Next)
}

async fn info(_: Switch, message: Message, _: String) -> Result<Flow, String> {
    tracing::info!("CHANNEL_DATA:\n{}", message.event().serialize(Format::Plain));
    Ok(Flow::Next)
}

async fn fire(switch: Switch, message: Message, _: String) -> Result<Flow, String> {
    switch.events().publish(message.event());
    Ok(Flow::Next)
}

async fn stop(_: Switch, _: Message, _: String) -> Result<Flow, String> {
    Ok(Flow::Stop)
}
