//! Texts that are said, menus and phrase macros: whatever is in them, what comes out is bounded and names
//! files below the folder of sounds.
#![no_main]

use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use ringfence_switch::ivr::Menus;
use ringfence_switch::say::{self, KINDS, Method, Moment, Request};
use ringfence_switch::xml::{Assembled, parse};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(element) = parse(&Assembled::of_text("fuzz.xml", text.to_owned())) {
        let _ = Menus::read(&element, &mut Vec::new());
    }
    let text: String = text.chars().take(say::MAX_TEXT).collect();
    let moment = Moment { now: DateTime::<Utc>::UNIX_EPOCH, zone: chrono_tz::Tz::Europe__Berlin };
    for (_, kind) in KINDS {
        for method in [Method::Pronounced, Method::Iterated, Method::Counted] {
            let request = Request { kind: *kind, method, text: text.clone() };
            for language in say::LANGUAGES {
                let Ok(sounds) = language.say(&request, &moment) else { continue };
                assert!(sounds.len() <= 4 * say::MAX_TEXT + 64);
                let fits = |c: char| c.is_ascii_alphanumeric() || c == '/' || c == '-';
                assert!(sounds.iter().all(|sound| sound.chars().all(fits)), "{sounds:?}");
            }
        }
    }
});
