//! `xml_locate`, `find_user_xml`: what a lookup finds. `xml_wrap`: what a command answers, as XML.

use super::{Command, CommandContext};
use crate::lookup::Section;
use crate::xml::Element;

/// What is answered when nothing is found; FreeSWITCH's words.
const NOTHING: &str = "can't find anything\n";

/// The table entry.
pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "xml_locate",
            "[root | <section> <tag> <tag_attr_name> <tag_attr_val>]",
            "Finds an element of the XML",
            "Answers the element as XML, as handlers or files have it; a whole section when only that is named. \
         `root` is the files' whole document.",
            run,
        ),
        Command::new(
            "find_user_xml",
            "<key> <user> <domain>",
            "Find a user",
            "Answers the user of the directory as XML. The key is the attribute that names it: `id`, \
         `number-alias` …; nothing when there is none.",
            find_user,
        ),
        Command::new(
            "xml_wrap",
            "<command> <args>",
            "Wrap another API command in XML",
            "Answers the output of a command in `<result><row id=\"1\"><data>…</data></row></result>`.",
            wrap,
        ),
    ]
}

async fn find_user(context: CommandContext, arguments: String) -> String {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let [key, user, domain] = words.as_slice() else {
        return "-ERR bad args\n".to_owned();
    };
    match context.switch.find_user_by(key, user, domain, |_| {}).await {
        Some(user) => written(user.element()),
        None => String::new(),
    }
}

async fn wrap(context: CommandContext, text: String) -> String {
    let (command, arguments) = text.split_once(' ').unwrap_or((&text, ""));
    let run = context.switch.command(command, arguments, context.session.as_ref());
    let output = match run.await {
        Ok(output) => output,
        Err(unknown) => format!("-ERR {unknown}\n"),
    };
    let place = context.switch.configuration().root.place.clone();
    let element = |name: &str, text: String, children: Vec<Element>| Element {
        text,
        children,
        ..Element::empty(name, place.clone())
    };
    let mut row = element("row", String::new(), vec![element("data", output, Vec::new())]);
    row.attributes.push(("id".to_owned(), "1".to_owned()));
    written(&element("result", String::new(), vec![row]))
}

async fn run(context: CommandContext, arguments: String) -> String {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let (section, [tag, key, value]) = match words.as_slice() {
        ["root"] => return written(&context.switch.configuration().root),
        [section] => (*section, [""; 3]),
        [section, tag, key, value] => (*section, [*tag, *key, *value]),
        _ => return "-ERR bad args\n".to_owned(),
    };
    let Ok(section) = section.parse::<Section>() else { return NOTHING.to_owned() };
    let params = context.switch.request_params();
    match context.switch.lookup(section, tag, key, value, params).await {
        Some(found) => written(&found),
        None => NOTHING.to_owned(),
    }
}

fn written(element: &Element) -> String {
    let mut text = String::new();
    element.write(&mut text, 0);
    text
}
