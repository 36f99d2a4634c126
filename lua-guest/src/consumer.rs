//! `freeswitch.EventConsumer`: events of the server, queued for the script.

use std::cell::{Cell, RefCell};

use mlua::{Lua, Table, Value};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{events as host, types::Failure},
    class::{self, Bindings, Getter, Method},
    event::Event,
    level,
    native::{Answer, Natives, Reply},
    place,
};

/// How many events wait unless told otherwise, as in FreeSWITCH.
const LENGTH: u32 = 5_000;

/// A queue of events.
#[derive(Debug, Default)]
struct Consumer {
    /// None after `cleanup`, and when there was no queue to be had.
    queue: RefCell<Option<host::Consumer>>,
    /// What was bound last: name and subclass.
    bound: RefCell<(Option<String>, Option<String>)>,
    /// How many names were bound.
    count: Cell<i64>,
}

/// Adds the class.
pub(crate) fn add_class(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add(natives, freeswitch, "EventConsumer", Some(construct), &[METHODS], &[FIELDS])
}

const METHODS: Bindings<Method<Consumer>> = &[
    ("bind", |lua, consumer, arguments| {
        place::tell(lua);
        let bound = bind(lua, consumer, arguments.text_or_empty(0), arguments.text_or_empty(1))?;
        Ok(Answer::success(bound))
    }),
    ("pop", pop),
    ("cleanup", |lua, consumer, _| {
        place::tell(lua);
        drop(consumer.queue.take());
        Ok(Answer::Nothing)
    }),
];

const FIELDS: Bindings<Getter<Consumer>> = &[
    ("events", |_, consumer| Ok(Answer::Flag(consumer.queue.borrow().is_some()))),
    ("e_event_id", |_, consumer| Ok(Answer::text_or_nil(consumer.bound.borrow().0.clone()))),
    ("e_subclass_name", |_, consumer| Ok(Answer::text_or_nil(consumer.bound.borrow().1.clone()))),
    ("e_callback", |_, _| Ok(Answer::Nil)),
    ("e_cb_arg", |_, _| Ok(Answer::Nil)),
    ("enodes", |_, _| Ok(Answer::Nil)),
    ("node_index", |_, consumer| Ok(Answer::Int(consumer.count.get()))),
];

fn construct(lua: &Lua, arguments: &Arguments) -> Reply {
    place::tell(lua);
    let length = if arguments.given() > 2 { arguments.unsigned(2) } else { LENGTH };
    let consumer = Consumer::default();
    match host::Consumer::open(length) {
        Ok(queue) => *consumer.queue.borrow_mut() = Some(queue),
        Err(failure) => level::failed(lua, "EventConsumer", &failure)?,
    }
    if let Some(name) = arguments.text(0) {
        bind(lua, &consumer, name, arguments.text_or_empty(1))?;
    }
    Ok(Answer::Value(Value::UserData(lua.create_any_userdata(consumer)?)))
}

/// False when there is no such event, or no queue.
fn bind(
    lua: &Lua,
    consumer: &Consumer,
    name: &str,
    subclass: &str,
) -> Result<bool, crate::native::Refusal> {
    let queue = consumer.queue.borrow();
    let Some(queue) = &*queue else { return Ok(false) };
    match queue.bind(name, subclass) {
        Ok(()) => {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            *consumer.bound.borrow_mut() = (given(name), given(subclass));
            consumer.count.set(consumer.count.get() + 1);
            Ok(true)
        }
        Err(Failure::NotFound(text)) => {
            level::error(lua, &format!("EventConsumer: {text}"));
            Ok(false)
        }
        Err(failure) => {
            level::failed(lua, "EventConsumer", &failure)?;
            Ok(false)
        }
    }
}

/// What was missed is told in the log, with the event that came after it.
fn pop(lua: &Lua, consumer: &Consumer, arguments: &Arguments) -> Reply {
    place::tell(lua);
    let queue = consumer.queue.borrow();
    let Some(queue) = &*queue else { return Ok(Answer::Nil) };
    let wait = (arguments.int(0) != 0).then(|| u64::from(arguments.unsigned(1)));
    let Some(popped) = queue.pop(wait) else { return Ok(Answer::Nil) };
    if popped.missed > 0 {
        level::error(
            lua,
            &format!("EventConsumer: {} events were missed, the queue was full", popped.missed),
        );
    }
    let event = Event::consumed(popped.event).object(lua)?;
    Ok(Answer::Value(Value::UserData(event)))
}
