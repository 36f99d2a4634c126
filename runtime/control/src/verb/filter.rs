//! `filter <header> <value>`, `filter delete <header> [<value>]`.

use super::{Answer, Run, Scope, Verb};
use crate::connection::Connection;
use crate::filter::MAX_FILTERS;
use crate::parser::Request;

pub(super) const VERB: Verb = Verb {
    name: "filter",
    syntax: "[add] <header> <value> | delete <header> [<value>] | delete all",
    scope: Scope::Any,
    doc: "Of the events that were asked for, sends those that match a filter: the header's whole value in \
          any case, or `/regex/`; a value that begins with `-` keeps matching events back. Several filters \
          are alternatives. `+OK filter added. [header]=[value]`, `+OK filter deleted. [header][value]`, \
          `-ERR invalid syntax`.",
    blank: true,
    run: Run::Quick(filter),
};

fn filter(connection: &mut Connection, _: &Request, text: &str) -> Answer {
    let text = text.trim_end();
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    if word.eq_ignore_ascii_case("delete") {
        let (header, value) = rest.split_once(' ').unwrap_or((rest, ""));
        if header.is_empty() {
            return Answer::reply("-ERR invalid syntax");
        }
        connection.filters.remove(header, (!value.is_empty()).then_some(value));
        return Answer::reply(format!("+OK filter deleted. [{header}][{value}]"));
    }
    let text = if word.eq_ignore_ascii_case("add") { rest } else { text };
    match text.split_once(' ') {
        Some((header, value)) if !header.is_empty() && !value.is_empty() => {
            if !connection.filters.add(header, value) {
                return Answer::reply(format!("-ERR a connection may have {MAX_FILTERS} filters"));
            }
            Answer::reply(format!("+OK filter added. [{header}]=[{value}]"))
        }
        _ => Answer::reply("-ERR invalid syntax"),
    }
}
