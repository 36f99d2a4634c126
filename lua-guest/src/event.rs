//! `freeswitch.Event`: made by the script, or given to it (`env`, `event`, `message`, `params`, and what
//! input callbacks get).

mod chat;

use std::cell::{Ref, RefCell, RefMut};

use mlua::{AnyUserData, Lua, Table, Value};
use ringfence_event::{Event as Data, EventName, Format, Priority, variable::Value as HeaderValue};

use crate::{
    arguments::Arguments,
    bindings::ringfence::call::{events as host, types::EventData},
    class::{self, Bindings, Getter, Method},
    json, level, memory,
    native::{Answer, Natives, Refusal, Reply},
    place,
};

/// What FreeSWITCH calls the type of an object without an event.
const INVALID: &str = "invalid";

/// The name of all events, which an event of a script may have though none of the server has.
const ALL: &str = "ALL";

/// What makes an event of a JSON text.
const JSON: &str = "json";

/// The header that is the body, too.
const BODY: &str = "_body";

/// An event as one object of the script holds it.
#[derive(Debug)]
pub(crate) struct Event {
    /// None when the text that it was to be made of is no JSON.
    data: RefCell<Option<Data>>,
    /// Its name where the server has none such.
    name: Option<&'static str>,
    /// Made by the script, or by its consumer: such an event may be fired.
    mine: bool,
    /// What `serialize` answered last.
    serialized: RefCell<Option<String>>,
}

impl Event {
    /// An event of the server.
    pub(crate) fn new(name: &str, headers: Vec<(String, String)>, body: Option<String>) -> Self {
        let mut data = Data::bare(EventName::find(name).unwrap_or(EventName::Message));
        if !headers.iter().any(|(header, _)| header == "Event-Name") {
            add(&mut data, "Event-Name", name);
        }
        for (header, value) in &headers {
            add(&mut data, header, value);
        }
        if let Some(body) = body {
            data.set_body(body);
        }
        Self::of(Some(data), None, false)
    }

    /// An event that a consumer got: the script may fire it again.
    pub(crate) fn consumed(event: EventData) -> Self {
        Self { mine: true, ..Self::new(&event.name, event.headers, event.body) }
    }

    fn of(data: Option<Data>, name: Option<&'static str>, mine: bool) -> Self {
        Self { data: RefCell::new(data), name, mine, serialized: RefCell::default() }
    }

    fn data(&self) -> Option<Ref<'_, Data>> {
        Ref::filter_map(self.data.borrow(), Option::as_ref).ok()
    }

    fn data_mut(&self) -> Option<RefMut<'_, Data>> {
        RefMut::filter_map(self.data.borrow_mut(), Option::as_mut).ok()
    }

    fn type_name(&self) -> &'static str {
        match (self.name, self.data()) {
            (Some(name), _) => name,
            (None, Some(data)) => data.name().as_str(),
            (None, None) => INVALID,
        }
    }

    /// As the server takes it; none when there is no event.
    pub(crate) fn given(&self) -> Option<EventData> {
        let data = self.data()?;
        let headers = data.headers().iter();
        Some(EventData {
            name: self.type_name().to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.text().into_owned()))
                .collect(),
            body: data.body().map(str::to_owned),
        })
    }

    /// The object for Lua, with a word to the collector about what it holds.
    pub(crate) fn object(self, lua: &Lua) -> mlua::Result<AnyUserData> {
        let size = self.data().map_or(0, |data| data.size());
        memory::hold(lua, size)?;
        lua.create_any_userdata(self)
    }

    /// Adds headers that describe something; those that are there already are replaced.
    pub(crate) fn describe(&self, headers: Vec<(String, String)>) {
        if let Some(mut data) = self.data_mut() {
            for (name, value) in headers {
                data.set(&name, value);
            }
        }
    }
}

/// Adds the class.
pub(crate) fn add_class(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add(natives, freeswitch, "Event", Some(construct), &[METHODS], &[FIELDS])
}

/// Whether a value is an event.
pub(crate) fn is_event(value: &Value) -> bool {
    value.as_userdata().is_some_and(AnyUserData::is::<Event>)
}

const METHODS: Bindings<Method<Event>> = &[
    ("addHeader", |lua, event, arguments| {
        let (Some(name), Some(value)) = (arguments.text(0), arguments.text(1)) else {
            return Ok(Answer::Flag(false));
        };
        memory::hold(lua, name.len() + value.len())?;
        let added = event.data_mut().is_some_and(|mut data| add(&mut data, name, value));
        Ok(Answer::Flag(added))
    }),
    ("delHeader", |_, event, arguments| {
        let name = arguments.text_or_empty(0);
        Ok(Answer::Flag(event.data_mut().is_some_and(|mut data| data.remove(name))))
    }),
    ("getHeader", |_, event, arguments| {
        let Some(data) = event.data() else { return Ok(Answer::Nil) };
        let value = arguments.filled(0).and_then(|name| data.header(name));
        Ok(Answer::text_or_nil(value.map(Into::into)))
    }),
    ("addBody", |lua, event, arguments| {
        // FreeSWITCH prints what C prints for no text.
        let body = arguments.text(0).unwrap_or("(null)");
        memory::hold(lua, body.len())?;
        Ok(Answer::Flag(event.data_mut().is_some_and(|mut data| {
            data.set_body(body);
            true
        })))
    }),
    ("getBody", |_, event, _| {
        let body = event.data().and_then(|data| data.body().map(str::to_owned));
        Ok(Answer::text_or_nil(body))
    }),
    ("getType", |_, event, _| Ok(Answer::Text(event.type_name().to_owned()))),
    ("setPriority", set_priority),
    ("merge", merge),
    ("serialize", serialize),
    ("fire", fire),
    ("chat_execute", chat::execute),
    ("chat_send", chat::send),
];

const FIELDS: Bindings<Getter<Event>> = &[
    ("event", |_, event| Ok(Answer::Text(event.type_name().to_owned()))),
    ("mine", |_, event| Ok(Answer::Int(i64::from(event.mine)))),
    ("serialized_string", |_, event| Ok(Answer::text_or_nil(event.serialized.borrow().clone()))),
];

/// `freeswitch.Event(name [, subclass])`, `freeswitch.Event("json", text)`.
fn construct(lua: &Lua, arguments: &Arguments) -> Reply {
    place::tell(lua);
    let event = match (arguments.text(0), arguments.text(1)) {
        (None, _) => Event::of(None, None, true),
        (Some(name), Some(text)) if name.eq_ignore_ascii_case(JSON) => {
            Event::of(from_json(text), None, true)
        }
        (Some(name), subclass) => named(lua, name, subclass.unwrap_or_default()),
    };
    Ok(Answer::Value(Value::UserData(event.object(lua)?)))
}

/// A new event, with the headers that all have. An unknown name is taken for `MESSAGE`; with a subclass
/// it is `CUSTOM`.
fn named(lua: &Lua, name: &str, subclass: &str) -> Event {
    let found = EventName::find(name);
    let all = name.eq_ignore_ascii_case(ALL).then_some(ALL);
    if found.is_none() && all.is_none() && !name.is_empty() {
        level::debug(lua, &format!("Event: there is no event {name:?}; it is a MESSAGE"));
    }
    let mut known = found.unwrap_or(EventName::Message);
    if !subclass.is_empty() && known != EventName::Custom {
        level::warning(
            lua,
            &format!("Event: with the subclass {subclass:?} it is CUSTOM, not {name}"),
        );
        known = EventName::Custom;
    }
    let mut data = Data::bare(known);
    for (header, value) in host::describe(known.as_str()) {
        match all {
            Some(all) if header == "Event-Name" => add(&mut data, &header, all),
            _ => add(&mut data, &header, &value),
        };
    }
    if !subclass.is_empty() {
        add(&mut data, "Event-Subclass", subclass);
    }
    Event::of(Some(data), all.filter(|_| subclass.is_empty()), true)
}

/// The headers of a JSON object: strings, and arrays of strings.
fn from_json(text: &str) -> Option<Data> {
    let json::Json::Object(members) = json::read(ringfence_text::encode(text).as_ref()).ok()?
    else {
        return None;
    };
    let texts = |value: &json::Json| match value {
        json::Json::String(bytes) => Some(ringfence_text::decode(bytes).into_owned()),
        _ => None,
    };
    let name = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"Event-Name"));
    let name = name.and_then(|(_, value)| EventName::find(&texts(value)?));
    let mut data = Data::bare(name.unwrap_or(EventName::Clone));
    for (name, value) in &members {
        let name = ringfence_text::decode(name);
        match value {
            json::Json::Array(elements) => {
                for (index, element) in elements.iter().filter_map(texts).enumerate() {
                    add(&mut data, &format!("{name}[{index}]"), &element);
                }
            }
            value => {
                let Some(text) = texts(value) else { continue };
                if name == BODY {
                    data.set_body(text);
                } else {
                    add(&mut data, &name, &text);
                }
            }
        }
    }
    Some(data)
}

/// Adds a header as FreeSWITCH does: an empty value removes those of that name, `_body` is the body, too,
/// and `list[2]` is an element. False for an element past the limit.
fn add(data: &mut Data, name: &str, value: &str) -> bool {
    if value.is_empty() {
        data.remove(name);
        return true;
    }
    if name == BODY {
        data.set_body(value);
    }
    data.add(name, value).is_ok()
}

fn set_priority(lua: &Lua, event: &Event, arguments: &Arguments) -> Reply {
    let given = match arguments.value(0) {
        Value::Nil if arguments.given() == 0 => Some(Priority::Normal),
        Value::String(name) => match name.to_string_lossy().to_ascii_uppercase().as_str() {
            "NORMAL" | "0" => Some(Priority::Normal),
            "LOW" | "1" => Some(Priority::Low),
            "HIGH" | "2" => Some(Priority::High),
            _ => None,
        },
        number => match lua.coerce_number(number.clone())? {
            Some(0.0) => Some(Priority::Normal),
            Some(1.0) => Some(Priority::Low),
            Some(2.0) => Some(Priority::High),
            _ => None,
        },
    };
    let Some(priority) = given else { return Err(arguments.refuse(0, "switch_priority_t")) };
    Ok(Answer::Flag(event.data_mut().is_some_and(|mut data| {
        data.set_priority(priority);
        true
    })))
}

/// The headers of the other event are added; its body is not.
fn merge(_: &Lua, event: &Event, arguments: &Arguments) -> Reply {
    let Some(object) = arguments.object(0) else { return Ok(Answer::Flag(false)) };
    let other = object.borrow::<Event>()?;
    // Both may be the same object.
    let Some(other) = other.data().map(|data| data.clone()) else { return Ok(Answer::Flag(false)) };
    let Some(mut data) = event.data_mut() else { return Ok(Answer::Flag(false)) };
    for (name, value) in other.headers().iter() {
        match value {
            HeaderValue::Text(text) => add(&mut data, name, text),
            list => add(&mut data, name, &list.text()),
        };
    }
    Ok(Answer::Flag(true))
}

fn serialize(lua: &Lua, event: &Event, arguments: &Arguments) -> Reply {
    let Some(data) = event.data() else { return Ok(Answer::Text(String::new())) };
    let text = data.serialize(match arguments.text_or_empty(0).to_ascii_lowercase().as_str() {
        "json" => Format::Json,
        "xml" => Format::Xml,
        _ => Format::Plain,
    });
    memory::hold(lua, text.len())?;
    *event.serialized.borrow_mut() = Some(text.clone());
    Ok(Answer::Text(text))
}

/// Fires a copy.
fn fire(lua: &Lua, event: &Event, _: &Arguments) -> Reply {
    if !event.mine {
        level::error(lua, "Not My event!");
        return Ok(Answer::Flag(false));
    }
    place::tell(lua);
    let Some(data) = event.given() else { return Ok(Answer::Flag(false)) };
    match host::fire(&data) {
        Ok(()) => Ok(Answer::Flag(true)),
        Err(failure) => {
            level::failed(lua, "Event:fire", &failure)?;
            Ok(Answer::Flag(false))
        }
    }
}

/// What is no event, where one is needed.
pub(crate) fn missing(arguments: &Arguments) -> Refusal {
    arguments.refuse(0, "Event *")
}
