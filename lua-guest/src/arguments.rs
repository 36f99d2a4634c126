//! Arguments as FreeSWITCH's SWIG wrapper takes them.
//!
//! The number is checked first, then each argument from the left; the receiver is argument 1. The
//! messages are those that FreeSWITCH gives, because scripts and their authors know them.

use mlua::{AnyUserData, Lua, MultiValue, Value};

use crate::native::Refusal;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string, a number or nil. FreeSWITCH writes two C types in its messages.
    Text,
    /// The same, called `char const *`.
    ConstText,
    /// A number, or a string that reads as one; cut to an integer.
    Int,
    /// The same and not negative.
    Unsigned,
    /// A boolean and nothing else.
    Flag,
}

impl Kind {
    /// The C type in FreeSWITCH's messages.
    fn c_type(self) -> &'static str {
        match self {
            Self::Text => "char *",
            Self::ConstText => "char const *",
            Self::Int => "int",
            Self::Unsigned => "unsigned int",
            Self::Flag => "bool",
        }
    }
}

/// What a function takes: its row in the table of functions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    /// As FreeSWITCH's messages name it: `CoreSession::setVariable`.
    pub(crate) name: &'static str,
    /// The C type of the object that it is a method of, for methods.
    pub(crate) receiver: Option<&'static str>,
    /// All parameters after the receiver.
    pub(crate) parameters: &'static [Kind],
    /// How many of them must be given.
    pub(crate) required: usize,
    /// For a function that SWIG knows in several forms: its SWIG name and the forms, a line each. It
    /// has one message for everything that is wrong.
    pub(crate) overloads: Option<(&'static str, &'static [&'static str])>,
}

/// One argument, converted.
#[derive(Debug)]
enum Argument {
    Text(Option<String>),
    Int(i64),
    Flag(bool),
}

/// The arguments of one call, converted; what was not given reads as nil, 0 or false.
#[derive(Debug)]
pub(crate) struct Arguments {
    receiver: Option<AnyUserData>,
    values: Vec<Argument>,
}

impl Arguments {
    /// Checks and converts what Lua passed.
    pub(crate) fn read(
        lua: &Lua,
        signature: &Signature,
        is_receiver: fn(&AnyUserData) -> bool,
        passed: MultiValue,
    ) -> Result<Self, Refusal> {
        let offset = usize::from(signature.receiver.is_some());
        let (least, most) = (signature.required + offset, signature.parameters.len() + offset);
        let given = passed.len();
        if given < least || given > most {
            return Err(signature.refuse(|name| {
                format!("Error in {name} expected {least}..{most} args, got {given}")
            }));
        }
        let mut passed = passed.into_iter();
        let receiver = match signature.receiver {
            None => None,
            Some(c_type) => match passed.next() {
                Some(Value::UserData(object)) if is_receiver(&object) => Some(object),
                other => {
                    let got = lua_type(&other.unwrap_or(Value::Nil));
                    return Err(signature.refuse(|name| {
                        format!("Error in {name} (arg 1), expected '{c_type}' got '{got}'")
                    }));
                }
            },
        };
        let mut values = Vec::with_capacity(given);
        for (index, (value, kind)) in passed.zip(signature.parameters).enumerate() {
            let got = lua_type(&value);
            let argument = convert(lua, *kind, value)?.ok_or_else(|| {
                let (position, expected) = (index + 1 + offset, kind.c_type());
                signature.refuse(|name| {
                    format!("Error in {name} (arg {position}), expected '{expected}' got '{got}'")
                })
            })?;
            values.push(argument);
        }
        Ok(Self { receiver, values })
    }

    /// The object that the method was called on.
    pub(crate) fn receiver(&self) -> Option<&AnyUserData> {
        self.receiver.as_ref()
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
}

impl Signature {
    fn refuse(&self, message: impl FnOnce(&str) -> String) -> Refusal {
        let Some((name, forms)) = self.overloads else {
            return Refusal::located(message(self.name));
        };
        let mut text = format!(
            "Wrong arguments for overloaded function '{name}'\n  Possible C/C++ prototypes are:\n"
        );
        for form in forms {
            text.push_str("    ");
            text.push_str(form);
            text.push('\n');
        }
        Refusal::located(text)
    }
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
