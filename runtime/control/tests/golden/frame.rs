//! What a server sends, cut into messages that can be compared.

use ringfence_text::decode;

use crate::headers::CORE;

/// Of a channel's event, what is compared; its other headers are the channel's, not the socket's (the
/// tests of the switch compare them; here the calls are legs that are answered from the start).
const OF_CHANNELS: &[&str] = &[
    "Event-Name",
    "Channel-State",
    "Hangup-Cause",
    "Application",
    "Application-Data",
    "Application-Response",
    "Application-UUID",
    "Application-UUID-Name",
    "DTMF-Digit",
    "DTMF-Duration",
    "DTMF-Source",
    "Playback-File-Path",
    "Playback-Status",
    "Content-Type",
    "Reply-Text",
    "Socket-Mode",
    "Control",
];

/// Whether a header differs from run to run, or names the server and its source.
fn varies(name: &str) -> bool {
    name != "Event-Name" && CORE.contains(&name)
}

/// Cuts what came into whole messages; answers what is left, too.
pub(crate) fn cut(mut bytes: &[u8]) -> (Vec<String>, Vec<u8>) {
    let mut messages = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\n\n") {
        let head = decode(&bytes[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            // The data of a channel are headers only, whatever its variables are.
            .filter(|_| !head.starts_with("Event-Name: CHANNEL_DATA"))
            .map_or(0, |length| length.parse().unwrap_or(0));
        let Some(body) = bytes.get(end + 2..end + 2 + length) else { break };
        messages.push(message(&head, &decode(body)));
        bytes = &bytes[end + 2 + length..];
    }
    (messages, bytes.to_vec())
}

/// A message without what varies.
fn message(head: &str, body: &str) -> String {
    let kind = head.lines().find_map(|line| line.strip_prefix("Content-Type: text/event-"));
    match kind {
        Some("json") => format!("{}{}", outer(head), json(body)),
        Some("xml") => format!("{}{}", outer(head), headers(body, "    <", ">")),
        Some(_) => format!("{}{}", outer(head), headers(body, "", ": ")),
        None if head.starts_with("Event-Name: CHANNEL_DATA") => headers(head, "", ": "),
        None => mask(&format!("{head}\n\n{body}")),
    }
}

/// The head of an event, whose length varies.
fn outer(head: &str) -> String {
    head.lines()
        .map(|line| if line.starts_with("Content-Length") { "Content-Length: n" } else { line })
        .map(|line| format!("{line}\n"))
        .collect()
}

fn headers(text: &str, before: &str, after: &str) -> String {
    let channel = text.contains(&format!("{before}Event-Name{after}CHANNEL_"))
        || text.contains(&format!("{before}Event-Name{after}DTMF"));
    let mut kept = String::new();
    let mut in_body = false;
    for line in text.lines() {
        let name = line.strip_prefix(before).and_then(|line| line.split_once(after));
        in_body |= line.is_empty();
        match name {
            Some((name, _)) if !in_body && varies(name) => continue,
            Some((name, _)) if !in_body && channel && !OF_CHANNELS.contains(&name) => continue,
            _ => kept.push_str(&format!("{line}\n")),
        }
    }
    mask(&kept)
}

fn json(text: &str) -> String {
    let Ok(serde_json::Value::Object(all)) = serde_json::from_str(text) else {
        return format!("not an object: {text}");
    };
    let channel = all.get("Event-Name").and_then(|name| name.as_str());
    let channel = channel.is_some_and(|name| name.starts_with("CHANNEL_") || name == "DTMF");
    let kept = all
        .iter()
        .filter(|(name, _)| !varies(name) && (!channel || OF_CHANNELS.contains(&name.as_str())));
    mask(&kept.map(|(name, value)| format!("{name}={value}\n")).collect::<String>())
}

/// Puts `<uuid>` for every uuid.
pub(crate) fn mask(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        match rest.get(..36).filter(|word| is_uuid(word)) {
            Some(_) => {
                masked.push_str("<uuid>");
                rest = &rest[36..];
            }
            None => {
                masked.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    masked
}

/// Whether that is a uuid.
pub(crate) fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
