//! What the server sends, byte for byte as FreeSWITCH does.

use bytes::{BufMut as _, BytesMut};
use ringfence_switch::event::{Event, Format};
use ringfence_text::encode;

/// The first words to a client.
pub(crate) const AUTH_REQUEST: &str = "Content-Type: auth/request\n\n";
/// To a client that the ACL does not know.
pub(crate) const DENIED: &str = "Access Denied, go away.\n";
/// To a client too many.
pub(crate) const FULL: &str = "Too many connections, go away.\n";

const GOODBYE: &str = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";

/// The answer to a command.
pub(crate) fn reply(out: &mut BytesMut, text: &str, headers: &[(&str, String)]) {
    put(out, "Content-Type: command/reply\nReply-Text: ");
    put(out, text);
    for (name, value) in headers {
        put(out, "\n");
        put(out, name);
        put(out, ": ");
        put(out, value);
    }
    put(out, "\n\n");
}

/// The output of an API command.
pub(crate) fn api(out: &mut BytesMut, output: &str) {
    let output = encode(output);
    put(out, &format!("Content-Type: api/response\nContent-Length: {}\n\n", output.len()));
    out.put_slice(&output);
}

/// An event.
pub(crate) fn event(out: &mut BytesMut, event: &Event, format: Format) {
    let text = event.serialize(format);
    let text = encode(&text);
    let kind = name(format);
    put(out, &format!("Content-Length: {}\nContent-Type: text/event-{kind}\n\n", text.len()));
    out.put_slice(&text);
}

/// Why a client may not stay at all.
pub(crate) fn rejection(out: &mut BytesMut, why: &str) {
    put(out, &format!("Content-Type: text/rude-rejection\nContent-Length: {}\n\n{why}", why.len()));
    notice(out, None);
}

/// The end of a connection; `session` is the uuid of the call that it controls.
pub(crate) fn notice(out: &mut BytesMut, session: Option<&str>) {
    put(out, "Content-Type: text/disconnect-notice\n");
    if let Some(uuid) = session {
        put(out, &format!("Controlled-Session-UUID: {uuid}\nContent-Disposition: disconnect\n"));
    }
    put(out, &format!("Content-Length: {}\n\n{GOODBYE}", GOODBYE.len()));
}

/// The call has ended; the connection stays for `seconds`, -1 without end.
pub(crate) fn lingers(out: &mut BytesMut, session: &str, channel: &str, seconds: i64) {
    put(
        out,
        &format!(
            "Content-Type: text/disconnect-notice\nControlled-Session-UUID: {session}\n\
             Content-Disposition: linger\nChannel-Name: {channel}\nLinger-Time: {seconds}\n\
             Content-Length: 0\n\n"
        ),
    );
}

/// Appends text as the bytes it carries.
pub(crate) fn put(out: &mut BytesMut, text: &str) {
    out.put_slice(&encode(text));
}

/// The format's name in commands.
pub(crate) const fn name(format: Format) -> &'static str {
    match format {
        Format::Plain => "plain",
        Format::Json => "json",
        Format::Xml => "xml",
    }
}

/// The format of that name, in any case.
pub(crate) fn format(name: &str) -> Option<Format> {
    let formats = [Format::Plain, Format::Json, Format::Xml];
    formats.into_iter().find(|format| self::name(*format).eq_ignore_ascii_case(name))
}
