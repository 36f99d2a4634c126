//! Looking into a message without reading it.

/// The Call-ID, so that a datagram can be given to the thread that owns its call. Bytes of the
/// message; blanks and folds around it are left out. None when there is none: any thread will do.
pub(crate) fn call_id_of(message: &[u8]) -> Option<&[u8]> {
    for (offset, line) in lines(message) {
        let Some(colon) = memchr::memchr(b':', line.get(..24.min(line.len()))?) else { continue };
        let (name, value) = line.split_at(colon);
        let name = name.trim_ascii();
        if name.eq_ignore_ascii_case(b"Call-ID") || name.eq_ignore_ascii_case(b"i") {
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            if value.is_empty() {
                // Folded before its value: the next line holds it.
                let rest = message.get(offset + line.len()..)?.trim_ascii_start();
                let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                return rest.get(..end);
            }
            return Some(value);
        }
    }
    None
}

/// The branch of the first Via of a message that we wrote, as it comes back in an ICMP error.
pub(crate) fn top_branch(message: &[u8]) -> Option<&[u8]> {
    let (_, via) = lines(message).find(|(_, line)| line.starts_with(b"Via:"))?;
    let start = memchr::memmem::find(via, b";branch=")? + 8;
    let rest = via.get(start..)?;
    let end = rest.iter().position(|byte| b";, \r\n".contains(byte)).unwrap_or(rest.len());
    rest.get(..end)
}

/// The To tag of a message that we wrote.
pub(crate) fn to_tag_of(message: &[u8]) -> Option<&[u8]> {
    tag_of(message, b"To:")
}

/// The From tag of a message that we wrote.
pub(crate) fn from_tag_of(message: &[u8]) -> Option<&[u8]> {
    tag_of(message, b"From:")
}

fn tag_of<'m>(message: &'m [u8], name: &[u8]) -> Option<&'m [u8]> {
    let (_, line) = lines(message).find(|(_, line)| line.starts_with(name))?;
    let start = memchr::memmem::rfind(line, b";tag=")? + 5;
    let rest = line.get(start..)?;
    rest.split(|byte| b"; \r\n".contains(byte)).next()
}

/// The lines of the head with their offsets, without the first one.
fn lines(message: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut offset = memchr::memchr(b'\n', message).map_or(message.len(), |end| end + 1);
    std::iter::from_fn(move || {
        let rest = message.get(offset..)?;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let found = (!line.is_empty()).then_some((offset, line));
        offset += end + 1;
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_id_is_found_however_it_is_written() {
        for line in ["Call-ID: a@b", "i:a@b ", "CALL-ID  :  a@b", "Call-ID:\r\n  a@b"] {
            let text = format!("INVITE sip:x SIP/2.0\r\nVia: y\r\n{line}\r\nTo: z\r\n\r\ni: wrong");
            assert_eq!(call_id_of(text.as_bytes()), Some(&b"a@b"[..]), "{line}");
        }
        assert_eq!(call_id_of(b"INVITE sip:x SIP/2.0\r\n\r\nCall-ID: body"), None);
        assert_eq!(call_id_of(b""), None);
        assert_eq!(call_id_of(b"x\r\nCall-ID:"), Some(&b""[..]));
    }

    #[test]
    fn the_branch_is_found() {
        let text = b"BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK7;rport\r\n\r\n";
        assert_eq!(top_branch(text), Some(&b"z9hG4bK7"[..]));
        assert_eq!(top_branch(b"BYE"), None);
    }
}
