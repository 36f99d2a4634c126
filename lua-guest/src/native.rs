//! How a Rust function becomes a Lua function.
//!
//! mlua raises a Rust error as an object; FreeSWITCH's scripts expect a string with the position in
//! front. So a native function never fails: it answers `true` and its results, or `false`, the
//! message and whether the position belongs in front. The wrapper in `lua/wrap.lua` raises it, as an
//! error of the line that called.

use mlua::{AnyUserData, Function, IntoLua, IntoLuaMulti, Lua, MultiValue, Value};

use crate::arguments::{Arguments, Signature};

/// What a function answers.
#[derive(Debug)]
pub(crate) enum Answer {
    /// No value at all, as a C function that returns `void`.
    Nothing,
    Nil,
    Int(i64),
    Flag(bool),
    Text(String),
    Value(Value),
}

impl Answer {
    /// A text, or nil.
    pub(crate) fn text_or_nil(text: Option<String>) -> Self {
        text.map_or(Self::Nil, Self::Text)
    }

    /// 1 or 0, as FreeSWITCH says success.
    pub(crate) fn success(done: bool) -> Self {
        Self::Int(i64::from(done))
    }

    fn into_value(self, lua: &Lua) -> mlua::Result<Option<Value>> {
        Ok(Some(match self {
            Self::Nothing => return Ok(None),
            Self::Nil => Value::Nil,
            Self::Int(number) => number.into_lua(lua)?,
            Self::Flag(flag) => Value::Boolean(flag),
            Self::Text(text) => Value::String(lua.create_string(ringfence_text::encode(&text))?),
            Self::Value(value) => value,
        }))
    }
}

/// An error to raise in the script.
#[derive(Debug)]
pub(crate) struct Refusal {
    message: String,
    located: bool,
}

impl Refusal {
    /// An error with `file:line:` of the caller in front.
    pub(crate) fn located(message: String) -> Self {
        Self { message, located: true }
    }

    /// An error that is just this text.
    pub(crate) fn bare(message: String) -> Self {
        Self { message, located: false }
    }
}

impl From<mlua::Error> for Refusal {
    fn from(error: mlua::Error) -> Self {
        Self::located(error.to_string())
    }
}

/// What a native function returns.
pub(crate) type Reply = Result<Answer, Refusal>;

/// Makes Lua functions.
pub(crate) struct Natives<'a> {
    lua: &'a Lua,
    wrap: Function,
}

impl<'a> Natives<'a> {
    pub(crate) fn new(lua: &'a Lua) -> mlua::Result<Self> {
        let wrap = crate::interpreter::chunk(lua, include_str!("lua/wrap.lua"))?.call(())?;
        Ok(Self { lua, wrap })
    }

    pub(crate) fn lua(&self) -> &'a Lua {
        self.lua
    }

    /// A function that takes what `signature` says.
    pub(crate) fn function(
        &self,
        signature: Signature,
        run: impl Fn(&Lua, &Arguments) -> Reply + 'static,
    ) -> mlua::Result<Function> {
        self.method(signature, |_| true, run)
    }

    /// A function that takes anything.
    pub(crate) fn variadic(&self, run: impl Fn(&Lua) -> Reply + 'static) -> mlua::Result<Function> {
        let native = self.lua.create_function(move |lua, _: MultiValue| answer(lua, run(lua)))?;
        self.wrap.call(native)
    }

    /// A method; `is_receiver` says whether an object is of its class.
    pub(crate) fn method(
        &self,
        signature: Signature,
        is_receiver: fn(&AnyUserData) -> bool,
        run: impl Fn(&Lua, &Arguments) -> Reply + 'static,
    ) -> mlua::Result<Function> {
        let native = self.lua.create_function(move |lua, passed: MultiValue| {
            let reply = Arguments::read(lua, &signature, is_receiver, passed)
                .and_then(|arguments| run(lua, &arguments));
            answer(lua, reply)
        })?;
        self.wrap.call(native)
    }
}

/// What the wrapper in Lua takes.
fn answer(lua: &Lua, reply: Reply) -> mlua::Result<MultiValue> {
    match reply.map(|answer| answer.into_value(lua)) {
        Ok(Ok(None)) => true.into_lua_multi(lua),
        Ok(Ok(Some(value))) => (true, value).into_lua_multi(lua),
        Ok(Err(error)) => (false, error.to_string(), true).into_lua_multi(lua),
        Err(refusal) => {
            let message = lua.create_string(ringfence_text::encode(&refusal.message))?;
            (false, message, refusal.located).into_lua_multi(lua)
        }
    }
}
