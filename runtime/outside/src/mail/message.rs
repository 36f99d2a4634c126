//! A message as FreeSWITCH writes it, so that what reads its mail reads ours.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ringfence_text::encode;

/// Between the parts of a message with an attachment: FreeSWITCH's own, not a placeholder. What files its
/// mail by it files ours. No base64 has an underscore in it.
const BOUNDARY: &str = "XXXX_boundary_XXXX";
/// How those begin that stand for it in a message that has it in its text.
const OTHER: &str = "XXXX_boundary_";
/// How long lines of an attachment are.
const LINE: usize = 72;

/// A file that is sent along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, without a folder.
    pub name: String,
    /// What is in it.
    pub data: Vec<u8>,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// To whom; several with commas.
    pub to: String,
    /// From whom; may be empty.
    pub from: String,
    /// Header lines, each with its line break.
    pub headers: String,
    /// The text.
    pub body: String,
    /// Sent along.
    pub attachment: Option<Attachment>,
}

/// Why a message cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Nobody is named.
    #[error("No to address specified")]
    NoRecipient,
    /// That is no address.
    #[error("{0:?} is not an address")]
    Address(String),
}

impl Message {
    /// The addresses that it goes to.
    ///
    /// # Errors
    ///
    /// [`Invalid`]: there is none; or one that a mailer could take for an option, or that has a line
    /// break in it.
    pub fn recipients(&self) -> Result<Vec<&str>, Invalid> {
        let addresses: Vec<&str> =
            self.to.split(',').map(str::trim).filter(|address| !address.is_empty()).collect();
        if addresses.is_empty() {
            return Err(Invalid::NoRecipient);
        }
        for address in addresses.iter().copied().chain([self.from.as_str()]) {
            if address.starts_with('-') || address.contains(|c: char| c.is_control()) {
                return Err(Invalid::Address(address.to_owned()));
            }
        }
        Ok(addresses)
    }

    /// The whole message, as a mailer takes it. A name of an attachment loses what would end a header.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let Self { headers, body, attachment, .. } = self;
        let Some(Attachment { name, data }) = attachment else {
            return encode(&format!("{headers}\n\n{body}")).into_owned();
        };
        let name: String = name.chars().filter(|c| !c.is_control() && *c != '"').collect();
        let (kind, description) = kind(&name);
        // A body that brings a Content-Type begins its part itself.
        let own_type = body.to_ascii_lowercase().contains("content-type");
        let part = if own_type { "" } else { "Content-Type: text/plain\n\n" };
        let boundary = boundary([headers, body, &name]);
        let mut text = format!(
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\n{headers}\n\n\
             --{boundary}\n{part}{body}\n\n--{boundary}\nContent-Type: {kind}; name=\"{name}\"\n\
             Content-ID: <ATTACHED@freeswitch.org>\nContent-Transfer-Encoding: base64\n\
             Content-Description: {description}\n\
             Content-Disposition: attachment; filename=\"{name}\"\n\n"
        );
        let code = STANDARD.encode(data);
        let mut rest = code.as_str();
        while let Some((line, after)) = rest.split_at_checked(LINE) {
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str(rest);
        text.push_str(&format!("\n\n--{boundary}--\n.\n"));
        encode(&text).into_owned()
    }
}

/// What parts a message: nothing that stands in any of these texts, which could forge a part otherwise.
fn boundary(texts: [&str; 3]) -> String {
    if texts.iter().all(|text| !text.contains(BOUNDARY)) {
        return BOUNDARY.to_owned();
    }
    let numbers = texts.iter().flat_map(|text| text.split(OTHER).skip(1)).filter_map(|rest| {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest.get(..digits)?.parse::<u64>().ok()
    });
    let taken: HashSet<u64> = numbers.collect();
    // One of so many numbers and one more is free.
    let free = (1..).find(|number| !taken.contains(number)).unwrap_or_default();
    format!("{OTHER}{free}_XXXX")
}

/// What a file is, by the end of its name, and in words.
fn kind(name: &str) -> (&'static str, &'static str) {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "wav" => ("audio/x-wav", "Sound attachment."),
        "mp3" => ("audio/mpeg", "Sound attachment."),
        "ogg" => ("audio/ogg", "Sound attachment."),
        "pdf" => ("application/pdf", "Attachment."),
        "tif" | "tiff" => ("image/tiff", "Attachment."),
        "png" => ("image/png", "Attachment."),
        "csv" => ("text/csv", "Attachment."),
        _ => ("audio/inline", "Sound attachment."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(to: &str) -> Message {
        Message { to: to.to_owned(), from: "f@y".to_owned(), ..Message::default() }
    }

    #[test]
    fn recipients() {
        assert_eq!(message("a@x, b@y,").recipients(), Ok(vec!["a@x", "b@y"]));
        assert_eq!(message("").recipients(), Err(Invalid::NoRecipient));
        assert_eq!(message(" , ").recipients(), Err(Invalid::NoRecipient));
        for wrong in ["-oQ/tmp", "a@x,-X/etc", "a@x\nBcc: b"] {
            assert!(matches!(message(wrong).recipients(), Err(Invalid::Address(_))), "{wrong}");
        }
        let from = Message { from: "-X".to_owned(), ..message("a") };
        assert!(matches!(from.recipients(), Err(Invalid::Address(_))));
    }

    #[test]
    fn a_plain_message() {
        let plain =
            Message { headers: "Subject: s\n".into(), body: "l1\n.\n".into(), ..message("a") };
        assert_eq!(plain.text(), b"Subject: s\n\n\nl1\n.\n");
        assert_eq!(message("a").text(), b"\n\n");
    }

    #[test]
    fn an_attachment_comes_in_lines() {
        let attachment = Attachment { name: "a\"\r\nb.wav".into(), data: vec![0; 100] };
        let sent = Message { attachment: Some(attachment), ..message("a") };
        let text = String::from_utf8(sent.text()).unwrap();
        assert!(text.contains("Content-Type: audio/x-wav; name=\"ab.wav\"\n"), "{text}");
        let code = STANDARD.encode([0; 100]);
        let (first, second) = code.split_at(72);
        assert!(text.ends_with(&format!("\n\n{first}\n{second}\n\n--{BOUNDARY}--\n.\n")), "{text}");
    }

    #[test]
    fn no_text_forges_a_part() {
        let attachment = || Some(Attachment { name: "a.wav".into(), data: vec![0; 9] });
        let forged =
            "\n--XXXX_boundary_XXXX\nContent-Type: text/html\n\n<p>\n--XXXX_boundary_1_XXXX\n";
        for (headers, body) in [("", forged), ("X-A: XXXX_boundary_XXXX, XXXX_boundary_1", "b")] {
            let (headers, body) = (headers.to_owned(), body.to_owned());
            let sent = Message { headers, body, attachment: attachment(), ..message("a") };
            let text = String::from_utf8(sent.text()).unwrap();
            let boundary = text.split('"').nth(1).unwrap();
            assert_eq!(boundary, "XXXX_boundary_2_XXXX", "{text}");
            // Said once, and then before both parts and after them.
            assert_eq!(text.matches(boundary).count(), 4, "{text}");
        }
    }
}
