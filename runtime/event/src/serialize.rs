//! Events as text, byte for byte as FreeSWITCH's event socket sends them.

use std::fmt::Write as _;

use ringfence_text::{encode, percent};

use crate::Event;
use crate::variable::Value;

/// How an event is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// `Name: value` lines, values URL-encoded, a blank line, the body.
    Plain,
    /// One object; lists are arrays, the body is `_body`.
    Json,
    /// `<event>` with `<headers>` and `<body>`.
    Xml,
}

pub(crate) fn serialize(event: &Event, format: Format) -> String {
    match format {
        Format::Plain => plain(event),
        Format::Json => json(event),
        Format::Xml => xml(event),
    }
}

fn plain(event: &Event) -> String {
    let mut out = String::with_capacity(512);
    for (name, value) in event.headers().iter() {
        out.push_str(name);
        out.push_str(": ");
        header_encode(&value.text(), &mut out);
        out.push('\n');
    }
    // Only JSON tells a body that is empty.
    if let Some(body) = event.body().filter(|body| !body.is_empty()) {
        // Writing to a String cannot fail.
        let _ = write!(out, "Content-Length: {}\n\n{body}", encode(body).len());
    } else {
        out.push('\n');
    }
    out
}

fn json(event: &Event) -> String {
    let mut out = String::with_capacity(512);
    let mut separator = '{';
    let mut member = |name: &str, value: &Value| {
        out.push(separator);
        separator = ',';
        json_string(name, &mut out);
        out.push(':');
        match value {
            Value::List(list) if list.len() > 1 => {
                for (index, element) in list.iter().enumerate() {
                    out.push(if index == 0 { '[' } else { ',' });
                    json_string(element, &mut out);
                }
                out.push(']');
            }
            value => json_string(&value.text(), &mut out),
        }
    };
    for (name, value) in event.headers().iter() {
        member(name, value);
    }
    if let Some(body) = event.body() {
        member("Content-Length", &Value::Text(encode(body).len().to_string()));
        member("_body", &Value::Text(body.to_owned()));
    }
    if separator == '{' {
        out.push('{');
    }
    out.push('}');
    out
}

fn json_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

fn xml(event: &Event) -> String {
    let mut out = String::with_capacity(768);
    out.push_str("<event>\n  <headers>\n");
    for (name, value) in event.headers().iter() {
        for element in value.elements() {
            let _ = write!(out, "    <{name}>");
            // What URL encoding leaves over is safe in XML.
            header_encode(element, &mut out);
            let _ = writeln!(out, "</{name}>");
        }
    }
    out.push_str("  </headers>\n");
    if let Some(body) = event.body().filter(|body| !body.is_empty()) {
        let _ = write!(out, "  <Content-Length>{}</Content-Length>\n  <body>", encode(body).len());
        for character in body.chars() {
            match character {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                other if other.is_ascii() => out.push(other),
                other => {
                    let _ = write!(out, "&#x{:X};", u32::from(other));
                }
            }
        }
        // FreeSWITCH indents the closing tag when the body ends a line.
        out.push_str(if body.ends_with('\n') { "  </body>\n" } else { "</body>\n" });
    }
    out.push_str("</event>\n");
    out
}

/// A header's value; `%41` stays: FreeSWITCH takes that for escaped already, but not `%4a`.
fn header_encode(text: &str, out: &mut String) {
    let digit = |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    percent::escape_once(text, percent::is_plain, digit, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventName;

    fn sample() -> Event {
        let mut event = Event::bare(EventName::Custom);
        event
            .set("Event-Subclass", "golden::one")
            .set("h1", "a%b c+d&e=f")
            .set("h2", "<x y=\"1\">")
            .set("h3", "ž日")
            .set("h4", "tab\there")
            .set("h-5", "~!@#$^*()_-{}[]|;',./?`")
            .set("h6", "")
            .set("h7", "a\\nb");
        event
    }

    #[test]
    fn plain_is_url_encoded() {
        assert_eq!(
            sample().serialize(Format::Plain),
            "Event-Subclass: golden%3A%3Aone\nh1: a%25b%20c%2Bd%26e%3Df\n\
             h2: %3Cx%20y%3D%221%22%3E\nh3: %C5%BE%E6%97%A5\nh4: tab%09here\n\
             h-5: ~!%40%23$%5E*()_-%7B%7D%5B%5D%7C%3B',./%3F%60\nh7: a%5Cnb\n\n"
        );
    }

    #[test]
    fn what_is_encoded_already_stays() {
        for (value, written) in [
            ("%41%20", "%41%20"),
            ("100%", "100%25"),
            ("%4", "%254"),
            ("%zz%C3é", "%25zz%C3%C3%A9"),
        ] {
            let mut event = Event::bare(EventName::Custom);
            event.set("h", value);
            assert_eq!(event.serialize(Format::Plain), format!("h: {written}\n\n"), "{value}");
        }
    }

    #[test]
    fn headers_may_come_several_times() {
        let mut event = Event::bare(EventName::Custom);
        event.add("h", "1").unwrap();
        event.add("H", "2").unwrap();
        event.add("list[1]", "b").unwrap();
        event.set_body("");
        assert_eq!(event.header("H").as_deref(), Some("1"));
        assert_eq!(event.serialize(Format::Plain), "h: 1\nH: 2\nlist: ARRAY%3A%3A%7C%3Ab\n\n");
        assert_eq!(
            event.serialize(Format::Xml),
            "<event>\n  <headers>\n    <h>1</h>\n    <H>2</H>\n    <list></list>\n    \
             <list>b</list>\n  </headers>\n</event>\n"
        );
        assert!(event.remove("h") && !event.remove("h"));
        assert_eq!(
            event.serialize(Format::Json),
            r#"{"list":["","b"],"Content-Length":"0","_body":""}"#
        );
    }

    #[test]
    fn json_keeps_values_and_lists() {
        let mut event = sample();
        event.set("list", "ARRAY::a|:b").set_body("line1 <&>\nli\"2");
        assert_eq!(
            event.serialize(Format::Json),
            "{\"Event-Subclass\":\"golden::one\",\"h1\":\"a%b c+d&e=f\",\"h2\":\"<x y=\\\"1\\\">\",\
             \"h3\":\"ž日\",\"h4\":\"tab\\there\",\"h-5\":\"~!@#$^*()_-{}[]|;',./?`\",\
             \"h7\":\"a\\\\nb\",\"list\":[\"a\",\"b\"],\"Content-Length\":\"14\",\
             \"_body\":\"line1 <&>\\nli\\\"2\"}"
        );
        assert_eq!(Event::bare(EventName::Api).serialize(Format::Json), "{}");
    }

    #[test]
    fn bodies_are_counted_in_bytes() {
        let mut event = Event::bare(EventName::Custom);
        event.set("Event-Subclass", "golden::one").set_body("é\n\nline ]]>\n");
        assert_eq!(
            event.serialize(Format::Plain),
            "Event-Subclass: golden%3A%3Aone\nContent-Length: 13\n\né\n\nline ]]>\n"
        );
        assert_eq!(
            event.serialize(Format::Xml),
            "<event>\n  <headers>\n    <Event-Subclass>golden%3A%3Aone</Event-Subclass>\n  </headers>\n  \
             <Content-Length>13</Content-Length>\n  <body>&#xE9;\n\nline ]]&gt;\n  </body>\n</event>\n"
        );
    }
}
