//! `freeswitch.Session`: a call, and the global `session`, the one that the script serves.
//!
//! Its methods are bound to the rows of `lua-api` by the files below, by what they do.

mod calls;
mod control;
mod digits;
mod events;
mod internal;
mod log;
mod media;
mod speech;
mod variable;

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
};

use mlua::{AnyUserData, Lua, Table, Value};
use ringfence_lua_api::{Function, Gone};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::session::Session as Handle,
    callback::{self, Callback},
    class::{self, Bindings},
    hook,
    native::{Answer, Natives, Refusal, Reply},
    place,
};

/// A call as one object of the script holds it.
pub(crate) struct Session {
    /// None before `originate` and after `destroy`: the object is there, no call is reached through it.
    handle: RefCell<Option<Rc<Handle>>>,
    /// `setInputCallback`.
    pub(crate) input: RefCell<Option<Callback>>,
    /// `setHangupHook`.
    pub(crate) hook: RefCell<Option<Callback>>,
    /// Hooks run once.
    pub(crate) hook_ran: Cell<bool>,
    /// Operations started so far: a callback that starts one ends the one it was called from.
    pub(crate) operations: Cell<u64>,
    /// `set_tts_params`: engine and voice.
    tts: RefCell<(Option<String>, Option<String>)>,
    /// How the call that this object made went; none when it was not made by it.
    cause: RefCell<Option<String>>,
    /// Whether the call ends with the object.
    hangs_up: Cell<bool>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl Session {
    /// An object for a call, or for none.
    fn new(handle: Option<Handle>) -> Self {
        Self {
            handle: RefCell::new(handle.map(Rc::new)),
            input: RefCell::default(),
            hook: RefCell::default(),
            hook_ran: Cell::new(false),
            operations: Cell::new(0),
            tts: RefCell::default(),
            cause: RefCell::default(),
            hangs_up: Cell::new(false),
        }
    }

    /// Gives the object a call.
    fn take(&self, handle: Handle) {
        *self.handle.borrow_mut() = Some(Rc::new(handle));
        self.hook_ran.set(false);
    }

    /// The call; none when there is none, or none any more.
    pub(crate) fn handle(&self) -> Option<Rc<Handle>> {
        self.handle.borrow().clone()
    }
}

/// What Lua holds. Methods clone the reference: callbacks may come back to the same object.
#[derive(Debug)]
struct Object(Rc<Session>);

/// One call of a method.
pub(crate) struct Call<'a> {
    pub(crate) lua: &'a Lua,
    pub(crate) session: Rc<Session>,
    /// The call when the method was called; callbacks may take it away from the object.
    handle: Option<Rc<Handle>>,
    /// The object itself, which callbacks are given.
    pub(crate) object: AnyUserData,
    pub(crate) arguments: &'a Arguments,
}

impl Call<'_> {
    /// The call.
    ///
    /// # Errors
    ///
    /// When the object has none, for the few methods that are called then, too (`Gone::Works`).
    pub(crate) fn handle(&self) -> Result<&Handle, Refusal> {
        let none = || Refusal::located(format!("{}: there is no call", self.arguments.row.c_name));
        self.handle.as_deref().ok_or_else(none)
    }

    /// Does something to the call, with the hangup hook before and after, as FreeSWITCH does around
    /// what may block.
    pub(crate) fn act<T>(&self, act: impl FnOnce(&Handle) -> T) -> Result<T, Refusal> {
        place::tell(self.lua);
        hook::check(self)?;
        let result = act(self.handle()?);
        hook::check(self)?;
        Ok(result)
    }
}

/// What runs a method.
type Method = fn(&Call<'_>) -> Reply;

/// The methods, by what they do.
const METHODS: &[Bindings<Method>] = &[
    calls::METHODS,
    callback::METHODS,
    control::METHODS,
    digits::METHODS,
    events::METHODS,
    internal::METHODS,
    log::METHODS,
    media::METHODS,
    speech::METHODS,
    variable::METHODS,
];

/// What reads a field.
type Getter = fn(&Session) -> Answer;

const FIELDS: &[Bindings<Getter>] = &[calls::FIELDS, speech::FIELDS];

/// Builds the class.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    let class = class::row("Session")?;
    let runs = class::bound(class.name, class.methods.iter().map(Function::name), METHODS)?;
    let methods = class::methods(natives, class, is_object, runs, |row, run, lua, arguments| {
        let Some(object) = arguments.receiver() else { return Ok(Answer::Nothing) };
        let session = Rc::clone(&object.borrow::<Object>()?.0);
        let handle = session.handle();
        if handle.is_none()
            && let Some(answer) = without_call(row.gone)
        {
            return Ok(answer);
        }
        run(&Call { lua, session, handle, object: object.clone(), arguments })
    })?;
    let runs = class::bound(class.name, class.fields.iter().map(|field| field.name), FIELDS)?;
    let getters = class::getters(natives, class, runs, |read, _, object| {
        Ok(read(&object.borrow::<Object>()?.0))
    })?;
    class::register::<Object>(natives, class, &methods, &getters)?;
    class::constructor(natives, freeswitch, class, Some(calls::construct))
}

/// What a method answers when there is no call; none when it works all the same.
fn without_call(gone: Gone) -> Option<Answer> {
    Some(match gone {
        Gone::Nothing => Answer::Nothing,
        Gone::Nil => Answer::Nil,
        Gone::Int(number) => Answer::Int(number),
        Gone::False => Answer::Flag(false),
        Gone::Text(text) => Answer::Text(text.to_owned()),
        Gone::Works => return None,
    })
}

/// The object for a call. FreeSWITCH keeps it in a global named after the call, too, so that it lives as
/// long as the script.
pub(crate) fn object(lua: &Lua, handle: Handle) -> mlua::Result<AnyUserData> {
    let uuid = handle.uuid();
    let object = lua.create_any_userdata(Object(Rc::new(Session::new(Some(handle)))))?;
    lua.globals().raw_set(uuid, &object)?;
    Ok(object)
}

/// The call of an object that is a session; none without one.
pub(crate) fn handle_of(object: &AnyUserData) -> Result<Option<Rc<Handle>>, Refusal> {
    Ok(object.borrow::<Object>()?.0.handle())
}

/// A call of the session at that place of a function's arguments; none without one.
pub(crate) fn call_of<'a>(
    lua: &'a Lua,
    arguments: &'a Arguments,
    index: usize,
) -> Option<Call<'a>> {
    let object = arguments.object(index)?;
    let session = Rc::clone(&object.borrow::<Object>().ok()?.0);
    let handle = session.handle();
    Some(Call { lua, session, handle, object: object.clone(), arguments })
}

/// Whether a value is a session.
pub(crate) fn is_session(value: &Value) -> bool {
    value.as_userdata().is_some_and(is_object)
}

fn is_object(object: &AnyUserData) -> bool {
    object.is::<Object>()
}
