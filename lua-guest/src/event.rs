//! Events as scripts read them: `env`, and what input callbacks get. The rest of FreeSWITCH's class
//! `Event` (making, changing and firing events) is not there yet.

use std::fmt::Write as _;

use mlua::{AnyUserData, UserDataFields, UserDataRegistry};

use crate::{
    arguments::{Arguments, Kind, Signature},
    native::{Answer, Natives, Refusal, Reply},
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

/// Its methods.
pub(crate) fn register(natives: &Natives<'_>) -> mlua::Result<()> {
    let lua = natives.lua();
    let class = lua.create_table()?;
    let method = |name,
                  parameters: &'static [Kind],
                  required,
                  run: fn(&Event, &Arguments) -> Reply| {
        natives.method(
            Signature { name, receiver: Some("Event *"), parameters, required, overloads: None },
            AnyUserData::is::<Event>,
            move |_, arguments| match arguments.receiver() {
                Some(object) => run(&*object.borrow::<Event>()?, arguments),
                None => Ok(Answer::Nothing),
            },
        )
    };
    class.raw_set(
        "getHeader",
        method("Event::getHeader", &[Kind::ConstText], 1, |event, arguments| {
            let value = arguments.text(0).and_then(|name| event.header(name));
            Ok(Answer::text_or_nil(value.map(str::to_owned)))
        })?,
    )?;
    class.raw_set(
        "getBody",
        method("Event::getBody", &[], 0, |event, _| Ok(Answer::text_or_nil(event.body.clone())))?,
    )?;
    class.raw_set(
        "getType",
        method("Event::getType", &[], 0, |event, _| Ok(Answer::Text(event.name.clone())))?,
    )?;
    class.raw_set(
        "serialize",
        method("Event::serialize", &[Kind::ConstText], 0, |event, arguments| {
            match arguments.text_or_empty(0) {
                "" | "plain" | "text" => Ok(Answer::Text(event.plain())),
                format => Err(Refusal::located(format!(
                    "Event::serialize: the format '{format}' is not there yet, only the plain one"
                ))),
            }
        })?,
    )?;
    lua.register_userdata_type::<Event>(|registry: &mut UserDataRegistry<Event>| {
        registry.add_meta_field("__name", "Event *");
        registry.add_meta_field("__index", class);
    })
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
