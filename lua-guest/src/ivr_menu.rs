//! `freeswitch.IVRMenu`: a menu of keys that the script builds; the server runs it.

use std::{cell::RefCell, rc::Rc};

use mlua::{AnyUserData, Lua, Table, Value};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{
        ivr::{self as host, Entry},
        types::Failure,
    },
    class::{self, Bindings, Method},
    level,
    native::{Answer, Natives, Reply},
    place,
};

/// A menu that the script builds.
#[derive(Debug)]
struct Menu {
    /// Itself, and those that were made below the same first menu: they lead to each other by name.
    all: Rc<RefCell<Vec<host::Menu>>>,
    /// Which of them it is.
    own: usize,
}

/// Adds the class.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add(natives, freeswitch, "IVRMenu", Some(construct), &[METHODS], &[])
}

const METHODS: Bindings<Method<Menu>> = &[("bindAction", bind_action), ("execute", execute)];

fn construct(lua: &Lua, arguments: &Arguments) -> Reply {
    let text = |index| arguments.text_or_empty(index).to_owned();
    // Of numbers that make no sense the server has its own.
    let number = |index| u32::try_from(arguments.int(index)).unwrap_or_default();
    let menu = host::Menu {
        name: text(1),
        greet_long: text(2),
        greet_short: text(3),
        invalid_sound: text(4),
        exit_sound: text(5),
        transfer_sound: text(6),
        confirm_macro: text(7),
        confirm_key: text(8),
        tts_engine: text(9),
        tts_voice: text(10),
        confirm_attempts: number(11),
        inter_digit_timeout: number(12),
        digit_len: number(13),
        timeout: number(14),
        max_failures: number(15),
        max_timeouts: number(16),
        entries: Vec::new(),
    };
    let all = match arguments.object(0) {
        Some(main) => Rc::clone(&main.borrow::<Menu>()?.all),
        None => Rc::default(),
    };
    all.borrow_mut().push(menu);
    let own = all.borrow().len() - 1;
    Ok(Answer::Value(Value::UserData(lua.create_any_userdata(Menu { all, own })?)))
}

fn bind_action(_: &Lua, menu: &Menu, arguments: &Arguments) -> Reply {
    let text = |index| arguments.text_or_empty(index).to_owned();
    let entry = Entry { action: text(0), argument: text(1), digits: text(2) };
    if let Some(own) = menu.all.borrow_mut().get_mut(menu.own) {
        own.entries.push(entry);
    }
    Ok(Answer::Nothing)
}

fn execute(lua: &Lua, menu: &Menu, arguments: &Arguments) -> Reply {
    place::tell(lua);
    let Some(session) = arguments.session(0)? else {
        level::error(lua, "IVRMenu: the session has no call");
        return Ok(Answer::Nothing);
    };
    // A copy: the script may go on with the menu from what the menu runs.
    let menus = menu.all.borrow().clone();
    match host::run(&session, &menus, arguments.text_or_empty(1)) {
        Ok(()) | Err(Failure::Hangup(_)) => {}
        Err(failure) => level::failed(lua, "IVRMenu", &failure)?,
    }
    Ok(Answer::Nothing)
}

/// Whether a value is a menu.
pub(crate) fn is_menu(value: &Value) -> bool {
    value.as_userdata().is_some_and(AnyUserData::is::<Menu>)
}
