//! `chat_execute` and `chat_send`: events as messages.

use mlua::Lua;

use super::{Event, add, fire};
use crate::{
    arguments::Arguments,
    bindings::ringfence::call::events as host,
    level,
    native::{Answer, Reply},
    place,
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

/// 0 when somebody took it, else 1 and a line in the log. Without a protocol the event's own.
pub(super) fn send(lua: &Lua, event: &Event, arguments: &Arguments) -> Reply {
    let Some(given) = event.given() else { return Ok(FAILED) };
    let own = || event.data().and_then(|data| Some(data.header("dest_proto")?.into_owned()));
    let protocol = match arguments.text_or_empty(0) {
        "" => own().unwrap_or_default(),
        protocol => protocol.to_owned(),
    };
    place::tell(lua);
    match host::send_message(&given, &protocol) {
        Ok(()) => Ok(DONE),
        Err(failure) => {
            level::failed(lua, "chat_send", &failure)?;
            Ok(FAILED)
        }
    }
}
