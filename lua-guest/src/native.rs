//! How a Rust function becomes a Lua function.
//!
//! mlua raises a Rust error as an object; FreeSWITCH's scripts expect a string with the position in
//! front. So a native function never fails: it answers `true` and its results, or `false`, the
//! message and whether the position belongs in front. The wrapper in `lua/wrap.lua` raises it, as an
//! error of the line that called.

use mlua::{AnyUserData, Function, IntoLuaMulti, Lua, MultiValue, Value};

use ringfence_lua_api::Function as Row;

use crate::{arguments::Arguments, interpreter};

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
    /// Several values.
    Values(Vec<Value>),
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

    /// `true` and what was answered, for the wrapper.
    fn into_values(self, lua: &Lua) -> mlua::Result<MultiValue> {
        match self {
            Self::Nothing => true.into_lua_multi(lua),
            Self::Nil => (true, Value::Nil).into_lua_multi(lua),
            Self::Int(number) => (true, number).into_lua_multi(lua),
            Self::Flag(flag) => (true, flag).into_lua_multi(lua),
            Self::Text(text) => {
                (true, lua.create_string(ringfence_text::encode(&text))?).into_lua_multi(lua)
            }
            Self::Value(value) => (true, value).into_lua_multi(lua),
            Self::Values(values) => {
                let mut all = MultiValue::from_vec(values);
                all.push_front(Value::Boolean(true));
                Ok(all)
            }
        }
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

    /// The same without the place.
    pub(crate) fn without_place(self) -> Self {
        Self { located: false, ..self }
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
    /// `class(C type, methods, getters)`: answers `__index` and `__newindex`.
    pub(crate) class: Function,
}

impl<'a> Natives<'a> {
    pub(crate) fn new(lua: &'a Lua) -> mlua::Result<Self> {
        let wrap = interpreter::chunk(lua, include_str!("lua/wrap.lua"))?.call(())?;
        let class = interpreter::chunk(lua, include_str!("lua/class.lua"))?.call(())?;
        Ok(Self { lua, wrap, class })
    }

    pub(crate) fn lua(&self) -> &'a Lua {
        self.lua
    }

    /// A function that takes what its row says.
    pub(crate) fn function(
        &self,
        row: &'static Row,
        run: impl Fn(&Lua, &Arguments) -> Reply + 'static,
    ) -> mlua::Result<Function> {
        self.wrapped(move |lua, passed| run(lua, &Arguments::read(lua, row, None, passed)?))
    }

    /// A constructor: the first argument is the class itself, and messages about arguments have no place
    /// in front, as FreeSWITCH's.
    pub(crate) fn constructor(
        &self,
        row: &'static Row,
        run: impl Fn(&Lua, &Arguments) -> Reply + 'static,
    ) -> mlua::Result<Function> {
        self.wrapped(move |lua, mut passed| {
            drop(passed.pop_front());
            let arguments = Arguments::read(lua, row, None, passed);
            run(lua, &arguments.map_err(Refusal::without_place)?)
        })
    }

    /// A method; `is_receiver` says whether an object is of its class.
    pub(crate) fn method(
        &self,
        row: &'static Row,
        is_receiver: fn(&AnyUserData) -> bool,
        run: impl Fn(&Lua, &Arguments) -> Reply + 'static,
    ) -> mlua::Result<Function> {
        self.wrapped(move |lua, passed| {
            run(lua, &Arguments::read(lua, row, Some(is_receiver), passed)?)
        })
    }

    /// What reads a field. It is called by `lua/class.lua` with an object of its class.
    pub(crate) fn getter(
        &self,
        read: impl Fn(&Lua, &AnyUserData) -> Reply + 'static,
    ) -> mlua::Result<Function> {
        self.wrapped(move |lua, passed| match passed.front() {
            Some(Value::UserData(object)) => read(lua, object),
            _ => Err(Refusal::located("a field is read from an object".to_owned())),
        })
    }

    fn wrapped(&self, run: impl Fn(&Lua, MultiValue) -> Reply + 'static) -> mlua::Result<Function> {
        let native = self
            .lua
            .create_function(move |lua, passed: MultiValue| answer(lua, run(lua, passed)))?;
        self.wrap.call(native)
    }
}

/// What the wrapper in Lua takes.
fn answer(lua: &Lua, reply: Reply) -> mlua::Result<MultiValue> {
    match reply.map(|answer| answer.into_values(lua)) {
        Ok(Ok(values)) => Ok(values),
        Ok(Err(error)) => (false, error.to_string(), true).into_lua_multi(lua),
        Err(refusal) => {
            let message = lua.create_string(ringfence_text::encode(&refusal.message))?;
            (false, message, refusal.located).into_lua_multi(lua)
        }
    }
}
