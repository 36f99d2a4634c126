//! The XML tree.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Assembled, Fault, Place};

/// How deep elements may be nested; deeper ones are a fault. Nested conditions may go to 100.
pub const MAX_ELEMENT_DEPTH: usize = 256;

/// An element with its place.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its name, as written.
    pub name: String,
    /// Names and values, in order; entities are replaced.
    pub attributes: Vec<(String, String)>,
    /// The elements within, in order.
    pub children: Vec<Self>,
    /// The text directly within, without that of children.
    pub text: String,
    /// Where its start tag is.
    pub place: Place,
}

impl Element {
    /// An element named `include` that holds this one.
    pub(crate) fn around(child: Self) -> Self {
        let place = child.place.clone();
        let mut around = Self::empty("include", place);
        around.children.push(child);
        around
    }

    /// An element of that name with nothing in it.
    pub(crate) fn empty(name: &str, place: Place) -> Self {
        Self {
            name: name.to_owned(),
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
            place,
        }
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The elements of that name directly within.
    pub fn children_named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> + 'e {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element of that name directly within.
    #[must_use]
    pub fn child<'e>(&'e self, name: &'e str) -> Option<&'e Self> {
        self.children_named(name).next()
    }

    /// Writes it as XML, indented by `depth` levels.
    pub(crate) fn write(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        out.push_str(&indent);
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, out);
            out.push('"');
        }
        out.push('>');
        escape(self.content().unwrap_or_default().trim_end(), out);
        if !self.children.is_empty() {
            out.push('\n');
            self.children.iter().for_each(|child| child.write(out, depth + 1));
            out.push_str(&indent);
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push_str(">\n");
    }

    /// The text when there is more than white space.
    #[must_use]
    pub fn content(&self) -> Option<&str> {
        (!self.text.trim().is_empty()).then_some(self.text.as_str())
    }
}

/// Parses what the preprocessor put together.
///
/// Several elements at the top (a file of `<include>` alone) become children of one that is named
/// `include`.
///
/// # Errors
///
/// It is not XML; the fault tells where in the files.
pub fn parse(assembled: &Assembled) -> Result<Element, Fault> {
    let lines = Lines::new(assembled);
    let mut reader = Reader::from_str(&assembled.text);
    let root = Element::empty("include", lines.place(0));
    // The last one is the innermost that is open.
    let mut open = vec![root];
    loop {
        let start = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                return Err(Fault::error(
                    lines.place(reader.error_position()),
                    explain(&error, open.last()),
                ));
            }
        };
        match event {
            Event::Start(tag) => {
                if open.len() > MAX_ELEMENT_DEPTH {
                    let message = format!("elements are nested deeper than {MAX_ELEMENT_DEPTH}");
                    return Err(Fault::error(lines.place(start), message));
                }
                open.push(element(&tag, lines.place(start))?);
            }
            Event::Empty(tag) => {
                let element = element(&tag, lines.place(start))?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(element);
                }
            }
            Event::End(_) => {
                // The reader checks that end tags match, so the root stays.
                if open.len() > 1
                    && let Some(done) = open.pop()
                    && let Some(parent) = open.last_mut()
                {
                    parent.children.push(done);
                }
            }
            Event::Text(text) => append(&mut open, &text),
            Event::CData(text) => append(&mut open, &text),
            Event::GeneralRef(name) => {
                let entity = format!("&{};", &*name);
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&unescape(&entity));
                }
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if open.len() > 1 {
        let unclosed = open.pop().map_or_else(
            || Fault::error(lines.place(0), "an element is not closed"),
            |element| Fault::error(element.place, format!("<{}> is not closed", element.name)),
        );
        return Err(unclosed);
    }
    let Some(mut root) = open.pop() else {
        return Err(Fault::error(lines.place(0), "there is no element"));
    };
    Ok(if root.children.len() == 1 { root.children.remove(0) } else { root })
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        if text.contains('\r') {
            element.text.push_str(&text.replace("\r\n", "\n").replace('\r', "\n"));
        } else {
            element.text.push_str(text);
        }
    }
}

fn element(tag: &BytesStart<'_>, place: Place) -> Result<Element, Fault> {
    let name = tag.name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute =
            attribute.map_err(|error| Fault::error(place.clone(), format!("<{name}>: {error}")))?;
        let key = attribute.key.as_ref().to_owned();
        let raw = attribute.value.replace("\r\n", "\n");
        // XML: a line break in an attribute reads as a blank; one written `&#10;` stays.
        let value = unescape(&raw.replace(['\n', '\r', '\t'], " ")).into_owned();
        attributes.push((key, value));
    }
    Ok(Element { name, attributes, children: Vec::new(), text: String::new(), place })
}

/// Appends a text with what XML gives a meaning replaced.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

/// Replaces the five entities of XML and character numbers; others stay as they are written.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // The longest entity is `&#x10FFFF;`.
        let entity = after.char_indices().take(10).find(|(_, c)| *c == ';').map(|(end, _)| end);
        let character = entity.and_then(|end| after.get(..end)).and_then(entity_character);
        match (character, entity) {
            (Some(character), Some(end)) => {
                out.push(character);
                rest = after.get(end + 1..).unwrap_or_default();
            }
            _ => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity_character(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        name => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    })
}

/// Says in an operator's words what is wrong.
fn explain(error: &quick_xml::Error, open: Option<&Element>) -> String {
    match open.filter(|element| element.place.line > 0 && element.name != "include") {
        Some(element) => format!("{error} (inside <{}> of {})", element.name, element.place),
        None => error.to_string(),
    }
}

/// Finds the place of a byte.
struct Lines<'a> {
    assembled: &'a Assembled,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(assembled: &'a Assembled) -> Self {
        let breaks = assembled.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { assembled, starts }
    }

    fn place(&self, byte: u64) -> Place {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        self.assembled.place(line)
    }
}
