//! What `require` finds: the files that this run's version has.

use mlua::{Function, IntoLuaMulti, Lua, LuaString, MultiValue, Result};

use crate::{
    bindings::ringfence::call::modules::{self, Code},
    run,
};

/// Asks for the first of `names` that exists: the files that module `name` may be in. Answers nothing; or
/// its index and the function; or its index, nil and why it cannot be loaded.
pub(crate) fn find(lua: &Lua, (name, names): (LuaString, Vec<LuaString>)) -> Result<MultiValue> {
    let decoded = |text: &LuaString| ringfence_text::decode(&text.as_bytes()).into_owned();
    let named: Vec<String> = names.iter().map(decoded).collect();
    let Some((index, code)) = modules::find(&decoded(&name), &named) else {
        return ().into_lua_multi(lua);
    };
    let name = usize::try_from(index).ok().and_then(|index| named.get(index));
    let loaded = match code {
        Code::Compiled(code) => {
            run::compiled(lua, format!("@{}", name.map_or("", String::as_str)), &code)
                .map_err(|error| error.to_string())
        }
        Code::Broken(why) => Err(why),
    };
    match loaded {
        Ok(function) => (index + 1, function).into_lua_multi(lua),
        Err(why) => (index + 1, None::<Function>, lua.create_string(ringfence_text::encode(&why))?)
            .into_lua_multi(lua),
    }
}
