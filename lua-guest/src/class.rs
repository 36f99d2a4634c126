//! Classes, made from their rows in the table of the surface (`lua-api`) and from implementations that
//! are bound to these by name.
//!
//! A row without an implementation, or an implementation without a row, is an error: the interpreter
//! does not come up then, and no test passes.

use std::collections::HashMap;

use mlua::{AnyUserData, Function as LuaFunction, Lua, Table, UserDataFields, UserDataRegistry};
use ringfence_lua_api::{Class, Function};

use crate::{
    arguments::Arguments,
    native::{Answer, Natives, Reply},
};

/// Implementations by the first name of their row. `R` is a function, in the form that the class wants.
pub(crate) type Bindings<R> = &'static [(&'static str, R)];

/// What runs a method of objects `T`.
pub(crate) type Method<T> = fn(&Lua, &T, &Arguments) -> Reply;

/// What reads a field of objects `T`.
pub(crate) type Getter<T> = fn(&Lua, &T) -> Reply;

/// What makes an object, or a function of the module.
pub(crate) type Run = fn(&Lua, &Arguments) -> Reply;

/// The row of a class.
pub(crate) fn row(name: &str) -> mlua::Result<&'static Class> {
    ringfence_lua_api::class(name)
        .ok_or_else(|| mlua::Error::runtime(format!("the class {name} is not in lua-api")))
}

/// The implementation of each name, in their order.
pub(crate) fn bound<R: Copy>(
    what: &str,
    names: impl Iterator<Item = &'static str>,
    bindings: &[Bindings<R>],
) -> mlua::Result<Vec<R>> {
    let mut known = HashMap::new();
    for (name, run) in bindings.iter().flat_map(|list| list.iter()) {
        if known.insert(*name, *run).is_some() {
            return Err(mlua::Error::runtime(format!("{what}.{name} is bound twice")));
        }
    }
    let found = names
        .map(|name| {
            let missing = || mlua::Error::runtime(format!("{what}.{name} has no implementation"));
            known.remove(name).ok_or_else(missing)
        })
        .collect::<mlua::Result<Vec<R>>>()?;
    match known.keys().next() {
        Some(name) => Err(mlua::Error::runtime(format!("{what}.{name} is not in lua-api"))),
        None => Ok(found),
    }
}

/// Builds the class of objects `T`, and its entry in the table `freeswitch`.
pub(crate) fn add<T: 'static>(
    natives: &Natives<'_>,
    freeswitch: &Table,
    name: &str,
    construct: Option<Run>,
    methods: &[Bindings<Method<T>>],
    fields: &[Bindings<Getter<T>>],
) -> mlua::Result<()> {
    let class = row(name)?;
    let runs = bound(name, class.methods.iter().map(Function::name), methods)?;
    let table = self::methods(
        natives,
        class,
        AnyUserData::is::<T>,
        runs,
        |_, run, lua, passed| match passed.receiver() {
            Some(object) => run(lua, &*object.borrow::<T>()?, passed),
            None => Ok(Answer::Nothing),
        },
    )?;
    let runs = bound(name, class.fields.iter().map(|field| field.name), fields)?;
    let getters =
        getters(natives, class, runs, |run, lua, object| run(lua, &*object.borrow::<T>()?))?;
    register::<T>(natives, class, &table, &getters)?;
    constructor(natives, freeswitch, class, construct)
}

/// The table of a class's methods; `runs` are bound to its rows, and `call` calls them.
pub(crate) fn methods<R: Copy + 'static>(
    natives: &Natives<'_>,
    class: &'static Class,
    is_receiver: fn(&AnyUserData) -> bool,
    runs: Vec<R>,
    call: fn(&'static Function, R, &Lua, &Arguments) -> Reply,
) -> mlua::Result<Table> {
    let table = natives.lua().create_table_with_capacity(0, class.methods.len())?;
    for (row, run) in class.methods.iter().zip(runs) {
        let method = natives
            .method(row, is_receiver, move |lua, arguments| call(row, run, lua, arguments))?;
        for name in row.names {
            table.raw_set(*name, &method)?;
        }
    }
    Ok(table)
}

/// The table of what reads a class's fields.
pub(crate) fn getters<R: Copy + 'static>(
    natives: &Natives<'_>,
    class: &'static Class,
    runs: Vec<R>,
    read: fn(R, &Lua, &AnyUserData) -> Reply,
) -> mlua::Result<Table> {
    let table = natives.lua().create_table_with_capacity(0, class.fields.len())?;
    for (field, run) in class.fields.iter().zip(runs) {
        let getter = natives.getter(move |lua, object| read(run, lua, object))?;
        table.raw_set(field.name, getter)?;
    }
    Ok(table)
}

/// Gives objects `T` their metatable.
pub(crate) fn register<T: 'static>(
    natives: &Natives<'_>,
    class: &'static Class,
    methods: &Table,
    getters: &Table,
) -> mlua::Result<()> {
    let lua = natives.lua();
    let (index, new_index): (mlua::Value, LuaFunction) =
        natives.class.call((class.c_type, methods, getters))?;
    let shown = lua.create_function(|_, object: AnyUserData| {
        Ok(format!("<userdata of type '{}' at {:p}>", class.c_type, object.to_pointer()))
    })?;
    lua.register_userdata_type::<T>(|registry: &mut UserDataRegistry<T>| {
        registry.add_meta_field("__name", class.c_type);
        registry.add_meta_field("__index", index);
        registry.add_meta_field("__newindex", new_index);
        registry.add_meta_field("__tostring", shown);
    })
}

/// The class as scripts see it: a table that can be called when it makes objects.
pub(crate) fn constructor(
    natives: &Natives<'_>,
    freeswitch: &Table,
    class: &'static Class,
    construct: Option<Run>,
) -> mlua::Result<()> {
    let lua = natives.lua();
    let table = lua.create_table()?;
    match (&class.constructor, construct) {
        (Some(row), Some(construct)) => {
            let meta = lua.create_table()?;
            let create = natives.constructor(row, construct)?;
            meta.raw_set("__call", create)?;
            table.set_metatable(Some(meta))?;
        }
        (None, None) => {}
        (Some(_), None) => {
            return Err(mlua::Error::runtime(format!("{} cannot be made", class.name)));
        }
        (None, Some(_)) => {
            let text = format!("the constructor of {} is not in lua-api", class.name);
            return Err(mlua::Error::runtime(text));
        }
    }
    freeswitch.raw_set(class.name, table)
}
