//! The loop behind everything that takes time, and the input callbacks that it runs.
//!
//! The server never calls into a guest that runs. What takes time is started, and then this loop asks
//! for what happens: a key or a message goes to the script's callback, and what that returns changes
//! the operation.

use mlua::{Function, Lua, MultiValue, Value};

use crate::{
    arguments::{Arguments, c_string},
    bindings::ringfence::call::{
        session::{Control, Event, Outcome, Session as Handle},
        types::{Dtmf, Failure},
    },
    class::Bindings,
    event::Event as EventObject,
    hook, level,
    native::{Answer, Refusal, Reply},
    place, run,
    session::Call,
};

pub(crate) const METHODS: Bindings<fn(&Call<'_>) -> Reply> = &[
    ("setInputCallback", |call| {
        *call.session.input.borrow_mut() = Callback::named(call.arguments);
        Ok(Answer::Nothing)
    }),
    ("unsetInputCallback", |call| {
        *call.session.input.borrow_mut() = None;
        Ok(Answer::Nothing)
    }),
    ("setHangupHook", |call| {
        *call.session.hook.borrow_mut() = Callback::named(call.arguments);
        Ok(Answer::Nothing)
    }),
];

/// A function of the script, named as FreeSWITCH wants it: by global variables.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    function: String,
    /// The global whose value is passed as the last argument.
    argument: Option<String>,
}

impl Callback {
    /// What `setInputCallback` and `setHangupHook` were given; none for no name.
    fn named(arguments: &Arguments) -> Option<Self> {
        let name = |index| arguments.filled(index).map(str::to_owned);
        Some(Self { function: name(0)?, argument: name(1) })
    }

    /// Calls it; none when it is not there or failed, which is in the log then.
    pub(crate) fn call(&self, lua: &Lua, what: &str, mut arguments: MultiValue) -> Option<Value> {
        let globals = lua.globals();
        let function = match globals.get(self.function.as_str()) {
            Ok(Value::Function(function)) => function,
            Ok(other) => {
                let kind = other.type_name();
                let name = &self.function;
                level::error(lua, &format!("{what} {name} is no function but a {kind} value"));
                return None;
            }
            Err(error) => {
                level::error(lua, &format!("{what} {}: {error}", self.function));
                return None;
            }
        };
        if let Some(name) = &self.argument {
            // A global that cannot be read (a strict mode raises errors) is as good as none.
            arguments.push_back(globals.get(name.as_str()).unwrap_or(Value::Nil));
        }
        invoke(lua, what, &self.function, &function, arguments)
    }
}

fn invoke(
    lua: &Lua,
    what: &str,
    name: &str,
    function: &Function,
    arguments: MultiValue,
) -> Option<Value> {
    match function.call::<Value>(arguments) {
        Ok(value) => Some(value),
        Err(error) => {
            let text = match &error {
                mlua::Error::RuntimeError(text) => run::without_own_frames(text),
                other => other.to_string(),
            };
            level::error(lua, &format!("{what} {name}: {text}"));
            None
        }
    }
}

/// How an operation ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// To its end.
    Done,
    /// By the callback, from outside, or because it failed.
    Stopped,
    /// With these digits.
    Digits(String),
    /// By a key, which the callback has seen.
    Key,
    /// The call was hung up or transferred meanwhile.
    Hangup,
    /// The call was over before.
    NotStarted,
}

/// What the callback's answers are about, and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Whether to go on.
    Waiting,
    /// Whether to go on; a key ends the operation in any case.
    Keys,
    /// A file, which they can steer (`seek:+1000`).
    File,
}

/// Starts an operation and sees it to its end, with the hangup hook before and after.
pub(crate) fn drive(
    call: &Call<'_>,
    what: &str,
    about: About,
    start: impl FnOnce(&Handle, bool) -> Result<(), Failure>,
) -> Result<Ended, Refusal> {
    place::tell(call.lua);
    hook::check(call)?;
    let session = &call.session;
    let operation = session.operations.get().wrapping_add(1);
    session.operations.set(operation);
    let input = session.input.borrow().is_some();
    let ended = match start(call.handle()?, input) {
        Ok(()) => follow(call, call.handle()?, what, operation, about),
        Err(failure) => Err(failure),
    };
    let ended = match ended {
        Ok(ended) => ended,
        Err(Failure::Hangup(_)) => Ended::NotStarted,
        Err(failure) => {
            level::failed(call.lua, &format!("session:{what}"), &failure)?;
            Ended::Stopped
        }
    };
    hook::check(call)?;
    Ok(ended)
}

/// Waits for the end, running callbacks on the way.
fn follow(
    call: &Call<'_>,
    handle: &Handle,
    what: &str,
    operation: u64,
    about: About,
) -> Result<Ended, Failure> {
    let session = &call.session;
    let mut dials = Dials::default();
    let (mut broken, mut keyed) = (false, false);
    loop {
        let (kind, object) = match handle.next_event()? {
            Event::Finished(outcome) => {
                return Ok(match outcome {
                    _ if broken => Ended::Stopped,
                    _ if keyed => Ended::Key,
                    Outcome::Done => Ended::Done,
                    Outcome::Stopped => Ended::Stopped,
                    Outcome::Digits(digits) => Ended::Digits(digits),
                    Outcome::Failed(text) => return Err(Failure::Failed(text)),
                });
            }
            Event::Hangup(_) => return Ok(Ended::Hangup),
            Event::Dtmf(key) => ("dtmf", described(call.lua, &key)),
            Event::Message(data) => {
                let event = EventObject::new(&data.name, data.headers, data.body);
                ("event", event.object(call.lua).map(Value::UserData))
            }
        };
        let answer = object.map(|object| ask(call, kind, object)).unwrap_or_else(|error| {
            level::error(call.lua, &format!("input callback: {error}"));
            Reaction::Break
        });
        if session.handle().is_none() {
            level::debug(
                call.lua,
                &format!("{what} was ended: its input callback let go of the call"),
            );
            return Ok(Ended::Stopped);
        }
        if session.operations.get() != operation {
            // The callback played or slept itself, which ended the operation that called it.
            level::debug(call.lua, &format!("{what} was ended by what its input callback did"));
            return Ok(Ended::Stopped);
        }
        let control = match answer {
            Reaction::Continue if about == About::Keys && kind == "dtmf" => {
                keyed = true;
                handle.control(Control::Stop)?;
                continue;
            }
            Reaction::Continue => continue,
            Reaction::Control(text) if about == About::File => dials.parse(&text),
            Reaction::Control(_) | Reaction::Break => Some(Control::Stop),
        };
        let Some(control) = control else { continue };
        broken |= matches!(control, Control::Stop | Control::Truncate);
        match handle.control(control) {
            Ok(()) => {}
            // Throwing away is for recordings; a playback just ends.
            Err(_) if matches!(control, Control::Truncate) => handle.control(Control::Stop)?,
            // A tone cannot be sought in; FreeSWITCH goes on, too.
            Err(Failure::Failed(text) | Failure::Invalid(text)) => level::error(call.lua, &text),
            Err(failure) => return Err(failure),
        }
    }
}

/// A key, as callbacks get it.
fn described(lua: &Lua, key: &Dtmf) -> mlua::Result<Value> {
    let table = lua.create_table()?;
    table.raw_set("digit", key.digit.to_string())?;
    table.raw_set("duration", key.duration)?;
    Ok(Value::Table(table))
}

/// Tells a key of a bridge; false when the callback breaks it off.
pub(crate) fn goes_on(call: &Call<'_>, key: &Dtmf) -> bool {
    let answer = described(call.lua, key).map(|object| ask(call, "dtmf", object));
    let answer = answer.unwrap_or_else(|error| {
        level::error(call.lua, &format!("input callback: {error}"));
        Reaction::Break
    });
    matches!(answer, Reaction::Continue)
}

/// What a callback's return value asks for.
enum Reaction {
    Continue,
    Control(String),
    Break,
}

/// Calls the input callback; without one (it was unset meanwhile) the operation goes on.
fn ask(call: &Call<'_>, kind: &str, object: Value) -> Reaction {
    let Some(callback) = call.session.input.borrow().clone() else { return Reaction::Continue };
    let mut arguments = MultiValue::new();
    arguments.push_back(Value::UserData(call.object.clone()));
    match call.lua.create_string(kind) {
        Ok(kind) => arguments.push_back(Value::String(kind)),
        Err(error) => {
            level::error(call.lua, &format!("input callback: {error}"));
            return Reaction::Break;
        }
    }
    arguments.push_back(object);
    let Some(value) = callback.call(call.lua, "input callback", arguments) else {
        return Reaction::Break;
    };
    let text = match &value {
        Value::String(_) | Value::Integer(_) | Value::Number(_) => {
            call.lua.coerce_string(value.clone()).ok().flatten()
        }
        _ => None,
    };
    match text.map(|text| c_string(&text.as_bytes())) {
        None => Reaction::Continue,
        Some(text) if matches!(text.as_str(), "" | "true" | "undefined") => Reaction::Continue,
        Some(text) => Reaction::Control(text),
    }
}

/// Steps of `seek:+`, `speed:+` and `volume:+` without a number.
const SEEK_STEP: i64 = 1000;
const DIAL_STEP: i64 = 1;

/// Speed and volume as they were set last: the answers may be relative.
#[derive(Default)]
struct Dials {
    speed: i64,
    volume: i64,
}

impl Dials {
    /// The change that a text asks for; none for a change without a value, which does nothing. A text
    /// that is no change, as `break`, ends the operation.
    fn parse(&mut self, text: &str) -> Option<Control> {
        let lower = text.to_ascii_lowercase();
        let (word, value) = match lower.split_once(':') {
            Some((word, value)) => (word, Some(value)),
            None => (lower.as_str(), None),
        };
        match (word, value) {
            ("pause", None) => Some(Control::Pause),
            ("restart", None) => Some(Control::Restart),
            ("truncate", None) => Some(Control::Truncate),
            ("seek", Some(value)) => Some(match relative(value, SEEK_STEP) {
                Some(step) => Control::SeekBy(step),
                None => Control::SeekTo(u64::try_from(number(value)).unwrap_or_default()),
            }),
            ("speed", Some(value)) => {
                self.speed = dial(self.speed, value, 2);
                Some(Control::Speed(i32::try_from(self.speed).unwrap_or_default()))
            }
            ("volume", Some(value)) => {
                self.volume = dial(self.volume, value, 4);
                Some(Control::Volume(i32::try_from(self.volume).unwrap_or_default()))
            }
            ("seek" | "speed" | "volume", None) => None,
            _ => Some(Control::Stop),
        }
    }
}

/// The new position of a dial that goes from `-most` to `most`.
fn dial(now: i64, value: &str, most: i64) -> i64 {
    let new = match relative(value, DIAL_STEP) {
        Some(step) => now.saturating_add(step),
        None => number(value),
    };
    new.clamp(-most, most)
}

/// The step of a value with a sign; FreeSWITCH takes `+`, `-` and `+0` for one step forward.
fn relative(value: &str, step: i64) -> Option<i64> {
    value.starts_with(['+', '-']).then(|| match number(value) {
        0 => step,
        given => given,
    })
}

/// A number as C's `atoi` reads it: what follows the digits is ignored, no digits are 0.
fn number(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let number = digits[..end].parse::<i64>().unwrap_or_default();
    if text.starts_with('-') { -number } else { number }
}
