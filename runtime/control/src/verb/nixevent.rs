//! `nixevent <names> [CUSTOM <subclasses>]`.

use ringfence_switch::event::EventName;

use super::event::Keywords;
use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "nixevent",
    syntax: "<names>|ALL [CUSTOM <subclasses>]",
    scope: Scope::Full,
    doc: "No longer asks for these events: `+OK events nixed`; without a name `-ERR no keywords supplied`. \
          After `event ALL`, one name that is taken away takes the `CUSTOM` events too.",
    blank: false,
    run: Run::Quick(nixevent),
};

fn nixevent(connection: &mut Connection, request: &Request, _: &str) -> Answer {
    let keywords = Keywords::after_verb(request);
    if keywords.is_empty() && keywords.unknown == 0 {
        return Answer::reply("-ERR no keywords supplied");
    }
    let mut want = connection.reader.want();
    if keywords.all {
        want.clear();
    }
    for subclass in &keywords.subclasses {
        want.remove_subclass(subclass);
    }
    for name in &keywords.names {
        // With subclasses behind it, CUSTOM only begins their list.
        if *name != EventName::Custom || keywords.subclasses.is_empty() {
            want.remove(*name);
        }
    }
    connection.reader.set(want);
    Answer::reply("+OK events nixed")
}
