//! `freeswitch.email`.

use std::fs;

use mlua::Lua;

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{
        job,
        mail::{self, Attachment, Message},
        shell::{self, Ended},
        types::Failure,
    },
    level,
    native::{Answer, Reply},
    place, system,
};

/// The largest file that is sent along, in bytes.
const MAX_FILE: u64 = 8 << 20;

/// Sends a mail, with a file that may be converted before. False when it was not taken; the log says why.
pub(crate) fn send(lua: &Lua, arguments: &Arguments) -> Reply {
    place::tell(lua);
    let [to, from, headers, body, file, command, ending] =
        [0, 1, 2, 3, 4, 5, 6].map(|index| arguments.text_or_empty(index));
    let attached = match file {
        "" => Ok(None),
        file if command.is_empty() || ending.is_empty() => {
            attachment(&system::path(file)).map(Some)
        }
        file => converted(&system::path(file), command, ending).map(Some),
    };
    let sent = attached.and_then(|attachment| {
        mail::send(&Message {
            to: to.to_owned(),
            from: from.to_owned(),
            headers: headers.to_owned(),
            body: body.to_owned(),
            attachment,
        })
    });
    match sent {
        Ok(()) => Ok(Answer::Flag(true)),
        Err(failure) => {
            level::failed(lua, "EMAIL NOT SENT", &failure)?;
            Ok(Answer::Flag(false))
        }
    }
}

fn attachment(path: &str) -> Result<Attachment, Failure> {
    let cannot = |error: std::io::Error| {
        let why = job::denied(path, false);
        Failure::Failed(why.unwrap_or_else(|| format!("cannot open {path}: {error}")))
    };
    let length = fs::metadata(path).map_err(cannot)?.len();
    if length > MAX_FILE {
        let text = format!("{path} is {length} bytes long; at most {MAX_FILE} are sent along");
        return Err(Failure::Invalid(text));
    }
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    Ok(Attachment { name, data: fs::read(path).map_err(cannot)? })
}

/// What `<command> <file> <file.ending>` makes of a file; the result is deleted again.
fn converted(path: &str, command: &str, ending: &str) -> Result<Attachment, Failure> {
    let folder = path.rfind('/').map_or(0, |slash| slash + 1);
    let stem = match path.rfind('.') {
        Some(point) if point > folder => path.get(..point).unwrap_or(path),
        _ => path,
    };
    let made = format!("{stem}.{ending}");
    if made == path {
        return attachment(path);
    }
    let quoted = |path: &str| format!("'{}'", path.replace('\'', "'\\''"));
    match shell::run(&format!("{command} {} {}", quoted(path), quoted(&made)))? {
        Ended::Code(0) => {}
        Ended::Code(code) => {
            return Err(Failure::Failed(format!("{command} ended with code {code}")));
        }
        Ended::Signal(signal) => {
            return Err(Failure::Failed(format!("{command} was ended by signal {signal}")));
        }
    }
    let attachment = attachment(&made)?;
    // One that cannot be deleted stays, and is written over the next time.
    let _ = fs::remove_file(&made);
    Ok(attachment)
}
