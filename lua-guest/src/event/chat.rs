//! `chat_execute` and `chat_send`: events as messages.

use mlua::Lua;

use super::{Event, add, fire};
use crate::{
    arguments::Arguments,
    level,
    native::{Answer, Reply},
};

/// 0 and 1, as statuses of C.
const DONE: Answer = Answer::Int(0);
const FAILED: Answer = Answer::Int(1);

/// The chat applications that change or show the message itself. Others need somebody to talk to.
pub(super) fn execute(lua: &Lua, event: &Event, arguments: &Arguments) -> Reply {
    let data = arguments.text_or_empty(1);
    let (name, value) = data.split_once('=').unwrap_or((data, ""));
    match arguments.text_or_empty(0) {
        "set" => {
            if let Some(mut headers) = event.data_mut() {
                headers.remove(name.trim());
                add(&mut headers, name.trim(), value.trim());
            }
            Ok(DONE)
        }
        "unset" => {
            if let Some(mut headers) = event.data_mut() {
                headers.remove(data.trim());
            }
            Ok(DONE)
        }
        "info" => {
            let text = event.data().map(|headers| headers.serialize(super::Format::Plain));
            level::notice(lua, &format!("CHANNEL_DATA:\n{}", text.unwrap_or_default()));
            Ok(DONE)
        }
        "fire" => match fire(lua, event, arguments)? {
            Answer::Flag(true) => Ok(DONE),
            _ => Ok(FAILED),
        },
        // The end of a message's way: a failure, as in FreeSWITCH.
        "stop" => Ok(FAILED),
        other => {
            level::error(
                lua,
                &format!(
                    "chat_execute: there is no {other:?}, only set, unset, info, fire and stop"
                ),
            );
            Ok(FAILED)
        }
    }
}

/// No endpoint here takes messages.
pub(super) fn send(lua: &Lua, _: &Event, arguments: &Arguments) -> Reply {
    let protocol = arguments.text_or_empty(0);
    level::error(lua, &format!("chat_send: nobody here takes messages over {protocol:?}"));
    Ok(FAILED)
}
