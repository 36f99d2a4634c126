//! Arguments as FreeSWITCH's SWIG wrapper takes them.
//!
//! The number is checked first, then each argument from the left; the receiver is argument 1. The
//! messages are those that FreeSWITCH gives, because scripts and their authors know them.

use std::rc::Rc;

use mlua::{AnyUserData, Lua, MultiValue, Value};
use ringfence_lua_api::{Function, Kind};

use crate::{
    bindings::ringfence::call::session::Session as Handle, event, ivr_menu, native::Refusal,
    session,
};

/// One argument, converted.
#[derive(Debug)]
enum Argument {
    Text(Option<String>),
    Int(i64),
    Flag(bool),
    /// What is no C value: as it was given.
    Lua(Value),
}

/// The arguments of one call, converted; what was not given reads as nil, 0 or false.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// What was called.
    pub(crate) row: &'static Function,
    receiver: Option<AnyUserData>,
    values: Vec<Argument>,
}

impl Arguments {
    /// Checks and converts what Lua passed. With `is_receiver` the first argument is the object that the
    /// method was called on.
    pub(crate) fn read(
        lua: &Lua,
        row: &'static Function,
        is_receiver: Option<fn(&AnyUserData) -> bool>,
        passed: MultiValue,
    ) -> Result<Self, Refusal> {
        let offset = usize::from(is_receiver.is_some());
        let (least, most) = (row.required() + offset, row.parameters.len() + offset);
        let given = passed.len();
        if given < least || given > most {
            return Err(refuse(row, |name| {
                format!("Error in {name} expected {least}..{most} args, got {given}")
            }));
        }
        let mut passed = passed.into_iter();
        let receiver = match is_receiver {
            None => None,
            Some(is_receiver) => match passed.next() {
                Some(Value::UserData(object)) if is_receiver(&object) => Some(object),
                other => {
                    let got = lua_type(&other.unwrap_or(Value::Nil));
                    let (class, _) = row.c_name.rsplit_once("::").unwrap_or_default();
                    return Err(wrong(row, 1, &format!("{class} *"), got));
                }
            },
        };
        let mut values = Vec::with_capacity(given);
        for (index, (value, parameter)) in passed.zip(row.parameters).enumerate() {
            let got = lua_type(&value);
            let argument = convert(lua, parameter.kind, value)?
                .ok_or_else(|| wrong(row, index + 1 + offset, parameter.kind.c_type(), got))?;
            values.push(argument);
        }
        Ok(Self { row, receiver, values })
    }

    /// The object that the method was called on.
    pub(crate) fn receiver(&self) -> Option<&AnyUserData> {
        self.receiver.as_ref()
    }

    /// How many were given, the receiver not counted.
    pub(crate) fn given(&self) -> usize {
        self.values.len()
    }

    /// A string; none for nil and for what was not given.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        match self.values.get(index) {
            Some(Argument::Text(text)) => text.as_deref(),
            _ => None,
        }
    }

    /// A string; empty for nil and for what was not given.
    pub(crate) fn text_or_empty(&self, index: usize) -> &str {
        self.text(index).unwrap_or_default()
    }

    /// A string that is not empty.
    pub(crate) fn filled(&self, index: usize) -> Option<&str> {
        self.text(index).filter(|text| !text.is_empty())
    }

    /// A number; 0 for what was not given.
    pub(crate) fn int(&self, index: usize) -> i64 {
        match self.values.get(index) {
            Some(Argument::Int(number)) => *number,
            _ => 0,
        }
    }

    /// A number from 0 to `u32::MAX`, the nearest one.
    pub(crate) fn unsigned(&self, index: usize) -> u32 {
        u32::try_from(self.int(index).max(0)).unwrap_or(u32::MAX)
    }

    /// A boolean; false for what was not given.
    pub(crate) fn flag(&self, index: usize) -> bool {
        matches!(self.values.get(index), Some(Argument::Flag(true)))
    }

    /// A value of Lua's own; nil for what was not given.
    pub(crate) fn value(&self, index: usize) -> &Value {
        match self.values.get(index) {
            Some(Argument::Lua(value)) => value,
            _ => &Value::Nil,
        }
    }

    /// An object; none for nil.
    pub(crate) fn object(&self, index: usize) -> Option<&AnyUserData> {
        self.value(index).as_userdata()
    }

    /// The call of a session; none for nil, and for an object without a call.
    pub(crate) fn session(&self, index: usize) -> Result<Option<Rc<Handle>>, Refusal> {
        self.object(index).map_or(Ok(None), session::handle_of)
    }

    /// Refuses argument `index`, which is not what SWIG calls `expected`.
    pub(crate) fn refuse(&self, index: usize, expected: &str) -> Refusal {
        let position = index + 1 + usize::from(self.receiver.is_some());
        let got = match self.values.get(index) {
            Some(Argument::Text(Some(_))) => "string",
            Some(Argument::Int(_)) => "number",
            Some(Argument::Flag(_)) => "boolean",
            Some(Argument::Lua(value)) => lua_type(value),
            Some(Argument::Text(None)) | None => "nil",
        };
        wrong(self.row, position, expected, got)
    }
}

/// The message for an argument of the wrong type.
fn wrong(row: &Function, position: usize, expected: &str, got: &str) -> Refusal {
    refuse(row, |name| {
        format!("Error in {name} (arg {position}), expected '{expected}' got '{got}'")
    })
}

/// The message about `row`; one with several forms has only one.
fn refuse(row: &Function, message: impl FnOnce(&str) -> String) -> Refusal {
    let Some(overloads) = row.overloads else {
        return Refusal::located(message(row.c_name));
    };
    let mut text = format!(
        "Wrong arguments for overloaded function '{}'\n  Possible C/C++ prototypes are:\n",
        overloads.name
    );
    for form in overloads.forms {
        text.push_str("    ");
        text.push_str(form);
        text.push('\n');
    }
    Refusal::located(text)
}

/// The value as the parameter wants it; none when it is of the wrong type.
fn convert(lua: &Lua, kind: Kind, value: Value) -> Result<Option<Argument>, Refusal> {
    Ok(match kind {
        Kind::Text | Kind::ConstText => match value {
            Value::Nil => Some(Argument::Text(None)),
            Value::String(_) | Value::Integer(_) | Value::Number(_) => lua
                .coerce_string(value)?
                .map(|string| Argument::Text(Some(c_string(&string.as_bytes())))),
            _ => None,
        },
        Kind::Int => lua.coerce_number(value)?.map(|number| Argument::Int(number as i64)),
        Kind::Unsigned => match lua.coerce_number(value)? {
            Some(number) if number < 0.0 => {
                return Err(Refusal::located("number must not be negative".to_owned()));
            }
            number => number.map(|number| Argument::Int(number as i64)),
        },
        Kind::Flag => value.as_boolean().map(Argument::Flag),
        Kind::Bytes => match value {
            Value::Nil => Some(Argument::Lua(value)),
            Value::String(_) | Value::Integer(_) | Value::Number(_) => {
                lua.coerce_string(value)?.map(|bytes| Argument::Lua(Value::String(bytes)))
            }
            _ => None,
        },
        Kind::Char => match value {
            Value::String(_) | Value::Integer(_) | Value::Number(_) => {
                lua.coerce_string(value)?.map(|string| {
                    Argument::Text(c_string(&string.as_bytes()).get(..1).map(str::to_owned))
                })
            }
            _ => None,
        },
        Kind::Session | Kind::SessionGiven | Kind::Event | Kind::IvrMenu => {
            let is_one = match kind {
                Kind::Event => event::is_event(&value),
                Kind::IvrMenu => ivr_menu::is_menu(&value),
                _ => session::is_session(&value),
            };
            (is_one || (value.is_nil() && kind.takes_nil())).then_some(Argument::Lua(value))
        }
        Kind::Table => value.is_table().then_some(Argument::Lua(value)),
        Kind::Function => value.is_function().then_some(Argument::Lua(value)),
        Kind::Pointer => value.is_nil().then_some(Argument::Lua(value)),
        // What it may be is checked where it is used.
        Kind::Priority | Kind::Any => Some(Argument::Lua(value)),
    })
}

/// The type as Lua names it: integers are numbers.
fn lua_type(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "number",
        other => other.type_name(),
    }
}

/// A Lua string up to its first NUL, as C sees it.
pub(crate) fn c_string(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    ringfence_text::decode(&bytes[..end]).into_owned()
}
