//! What a binding answered, as elements.

use std::sync::{Arc, OnceLock};

use super::Answer;
use super::found::Answered;
use crate::switch::Switch;
use crate::xml::{self, Assembled, Element};

/// The largest answer of a handler, in bytes; a larger one is not used. FusionPBX's largest, the
/// dialplan of a big tenant, has some megabytes.
pub const MAX_ANSWER: usize = 16 << 20;

/// Answers up to this size are parsed where they arrive (some 300 µs); larger ones on a thread that
/// serves no calls.
const SMALL: usize = 32 << 10;

/// The answer's document; none when it says that nothing was found.
pub(super) async fn parse(
    switch: &Switch,
    handler: &str,
    answer: Answer,
) -> Result<Option<Arc<Answered>>, String> {
    let Answer { xml, authority } = answer;
    if xml.len() > MAX_ANSWER {
        return Err(format!("it has {} bytes, at most {MAX_ANSWER} are taken", xml.len()));
    }
    if xml.trim().is_empty() {
        return Err("it is empty; a handler that knows nothing leaves XML_STRING nil".to_owned());
    }
    let name = format!("XML_STRING of {handler}");
    let small = xml.len() <= SMALL;
    let read = move || xml::parse(&Assembled::of_text(&name, xml));
    let parsed = if small {
        read()
    } else {
        let parsed = switch.runtime().spawn_blocking(read).await;
        parsed.map_err(|error| format!("parsing it failed: {error}"))?
    };
    let root = parsed.map_err(|fault| fault.to_string())?;
    if root.children.is_empty() && root.name == "include" {
        // Not of the text, but what `parse` puts around its elements.
        return Err("it holds no element; <document type=\"freeswitch/xml\"> begins one".to_owned());
    }
    if says_not_found(&root) {
        return Ok(None);
    }
    Ok(Some(Arc::new(Answered { root, authority, large: !small, dialplan: OnceLock::new() })))
}

/// `<section name="result"><result status="not found"/></section>`: FreeSWITCH's way to say so.
fn says_not_found(root: &Element) -> bool {
    root.children_named("section")
        .filter(|section| section.attribute("name") == Some("result"))
        .flat_map(|section| section.children_named("result"))
        .any(|result| {
            result
                .attribute("status")
                .is_some_and(|status| status.eq_ignore_ascii_case("not found"))
        })
}
