//! `xml_locate`: what a lookup finds.

use super::{Command, CommandContext};
use crate::lookup::Section;
use crate::xml::Element;

/// What is answered when nothing is found; FreeSWITCH's words.
const NOTHING: &str = "can't find anything\n";

/// The table entry.
pub(super) fn table() -> Vec<Command> {
    vec![Command::new(
        "xml_locate",
        "[root | <section> <tag> <tag_attr_name> <tag_attr_val>]",
        "Finds an element of the XML",
        "Answers the element as XML, as handlers or files have it; a whole section when only that is named. \
         `root` is the files' whole document.",
        run,
    )]
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
