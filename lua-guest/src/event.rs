//! Events as scripts read them: `env`, and what input callbacks get. The rest of FreeSWITCH's class
//! `Event` (making, changing and firing events) is not there yet.

use std::fmt::Write as _;

use mlua::{AnyUserData, Lua, Table, Value};

use crate::{
    arguments::Arguments,
    class::{self, Bindings, Getter, Method},
    native::{Answer, Natives, Reply},
};

/// An event that the server made.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    name: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Event {
    pub(crate) fn new(name: &str, headers: Vec<(String, String)>, body: Option<String>) -> Self {
        Self { name: name.to_owned(), headers, body }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let same = |known: &&(String, String)| known.0.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// FreeSWITCH's text form: `Name: value`, the value URL-encoded, an empty line, the body.
    fn plain(&self) -> String {
        let mut text = String::new();
        if self.header("Event-Name").is_none() {
            push_header(&mut text, "Event-Name", &self.name);
        }
        for (name, value) in &self.headers {
            push_header(&mut text, name, value);
        }
        match &self.body {
            Some(body) => {
                // The length is that of the bytes which the script will see.
                let length = ringfence_text::encode(body).len();
                text.push_str("Content-Length: ");
                text.push_str(&length.to_string());
                text.push_str("\n\n");
                text.push_str(body);
            }
            None => text.push('\n'),
        }
        text
    }
}

/// Adds the class.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::add(natives, freeswitch, "Event", Some(|_, a| Err(class::not_there(a.row))), &[METHODS], &[FIELDS])
}

/// Whether a value is an event.
pub(crate) fn is_event(value: &Value) -> bool {
    value.as_userdata().is_some_and(AnyUserData::is::<Event>)
}

const METHODS: Bindings<Method<Event>> = &[
    ("getHeader", |_, event, arguments| {
        let value = arguments.text(0).and_then(|name| event.header(name));
        Ok(Answer::text_or_nil(value.map(str::to_owned)))
    }),
    ("getBody", |_, event, _| Ok(Answer::text_or_nil(event.body.clone()))),
    ("getType", |_, event, _| Ok(Answer::Text(event.name.clone()))),
    ("serialize", |_, event, arguments| match arguments.text_or_empty(0) {
        "" | "plain" | "text" => Ok(Answer::Text(event.plain())),
        _ => Err(class::not_there(arguments.row)),
    }),
    ("addHeader", absent),
    ("delHeader", absent),
    ("addBody", absent),
    ("setPriority", absent),
    ("merge", absent),
    ("fire", absent),
    ("chat_execute", absent),
    ("chat_send", absent),
];

const FIELDS: Bindings<Getter<Event>> = &[
    ("event", |_, _| Ok(Answer::Nil)),
    ("mine", |_, _| Ok(Answer::Int(0))),
    ("serialized_string", |_, _| Ok(Answer::Nil)),
];

fn absent(_: &Lua, _: &Event, arguments: &Arguments) -> Reply {
    Err(class::not_there(arguments.row))
}

fn push_header(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    text.push_str(": ");
    for byte in ringfence_text::encode(value).iter() {
        match byte {
            b'0'..=b'9'
            | b'A'..=b'Z'
            | b'a'..=b'z'
            | b'-'
            | b'_'
            | b'.'
            | b'!'
            | b'~'
            | b'*'
            | b'\''
            | b'('
            | b')'
            | b'/'
            | b':'
            | b'@'
            | b','
            | b'$'
            | b'&'
            | b'+'
            | b'='
            | b'?' => {
                text.push(char::from(*byte));
            }
            // Writing to a string cannot fail.
            other => drop(write!(text, "%{other:02X}")),
        }
    }
    text.push('\n');
}
