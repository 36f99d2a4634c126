//! Command lines in words, and messages: whatever a script hands over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_outside::command::Plain;
use ringfence_outside::mail::{Attachment, Message};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(plain) = Plain::read(text) {
        // What was cut, quoted, is cut the same way.
        let quoted = |word: &String| format!("'{}'", word.replace('\'', "'\\''"));
        let line = plain.words.iter().map(quoted).collect::<Vec<_>>().join(" ");
        let again = Plain::read(&line);
        assert!(again.is_err() || again.is_ok_and(|again| again.words == plain.words));
    }
    let mut parts = text.splitn(4, '\n').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let attachment = Some(Attachment { name: part(), data: data.to_vec() });
    let message =
        Message { to: part(), from: part(), headers: String::new(), body: part(), attachment };
    let recipients = message.recipients().unwrap_or_default();
    assert!(recipients.iter().all(|address| !address.starts_with('-') && !address.contains('\n')));
    assert!(message.text().ends_with(b"--\n.\n"));
});
