//! `event [plain|json|xml] <names> [CUSTOM <subclasses>]`.

use ringfence_switch::event::{EventName, Format};

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::directory::Rights;
use crate::frame;
use crate::parser::Request;
use crate::want::Want;

pub(super) const VERB: Verb = Verb {
    name: "event",
    syntax: "[plain|json|xml] <names>|ALL [CUSTOM <subclasses>]",
    scope: Scope::Full,
    doc: "Asks for events, in addition to what was asked for: `+OK event listener enabled <format>`. After \
          `CUSTOM` all words are subclasses. Unknown names are skipped; with no known one: \
          `-ERR no keywords supplied`. The format holds for all later events of the connection.",
    blank: false,
    run: Run::Quick(event),
};

/// What may be named in `event` and `nixevent`.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Keywords {
    pub(super) format: Option<Format>,
    pub(super) all: bool,
    pub(super) names: Vec<EventName>,
    pub(super) subclasses: Vec<String>,
    /// Words that are no event.
    pub(super) unknown: usize,
}

impl Keywords {
    /// Reads what follows the verb; `events` is `event`, so words begin behind the first blank.
    pub(super) fn after_verb(request: &Request) -> Self {
        Self::read(request.line.split_once(' ').map_or("", |(_, words)| words))
    }

    /// Reads names and subclasses.
    pub(crate) fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut custom = false;
        for (number, word) in text.split(' ').filter(|word| !word.is_empty()).enumerate() {
            if custom {
                read.subclasses.push(word.to_owned());
            } else if number == 0
                && let Some(format) = frame::format(word)
            {
                read.format = Some(format);
            } else if word.eq_ignore_ascii_case("ALL") {
                read.all = true;
            } else {
                match EventName::find(word) {
                    Some(name) => {
                        custom = name == EventName::Custom;
                        read.names.push(name);
                    }
                    None => read.unknown += 1,
                }
            }
        }
        read
    }

    /// All of them.
    pub(crate) fn want(&self) -> Want {
        let mut want = Want::default();
        self.add(&mut want);
        want
    }

    /// Adds all of them; false when there are too many subclasses.
    fn add(&self, want: &mut Want) -> bool {
        if self.all {
            want.add_all();
        }
        for name in &self.names {
            want.add(*name);
        }
        self.subclasses.iter().all(|subclass| want.add_subclass(subclass))
    }

    /// Whether a client with these rights may ask for all of them.
    fn allowed(&self, rights: &Rights) -> bool {
        let listed = |name: &EventName| *name == EventName::Custom && !self.subclasses.is_empty();
        (!self.all || rights.all_events())
            && self.names.iter().all(|name| listed(name) || rights.event(*name))
            && self.subclasses.iter().all(|subclass| rights.subclass(subclass))
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.all && self.names.is_empty()
    }
}

fn event(connection: &mut Connection, request: &Request, _: &str) -> Answer {
    let keywords = Keywords::after_verb(request);
    if keywords.is_empty() {
        return Answer::reply("-ERR no keywords supplied");
    }
    if !connection.may(|rights| keywords.allowed(rights)) {
        return Answer::denied();
    }
    let mut want = connection.reader.want();
    if !keywords.add(&mut want) {
        return Answer::reply(format!(
            "-ERR too many subclasses: a connection may name {}",
            crate::want::MAX_SUBCLASSES
        ));
    }
    connection.format = keywords.format.unwrap_or(connection.format);
    connection.reader.set(want);
    Answer::reply(format!("+OK event listener enabled {}", frame::name(connection.format)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_names_subclasses_and_a_format() {
        let keywords = Keywords::read("JSON  api NOSUCH CUSTOM a::b API");
        assert_eq!(keywords.format, Some(Format::Json));
        assert_eq!(keywords.names, [EventName::Api, EventName::Custom]);
        assert_eq!(
            (keywords.subclasses.as_slice(), keywords.unknown),
            (&["a::b".to_owned(), "API".to_owned()][..], 1)
        );
        assert!(Keywords::read("HEARTBEAT,API").is_empty() && Keywords::read("plain").is_empty());
        assert!(Keywords::read("all").all && Keywords::read("").is_empty());
    }
}
