//! The menus of an IVR from any XML, as files and handler scripts give them: they are read with faults,
//! and each is found by its name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_switch::ivr::Menus;
use ringfence_switch::xml::{Assembled, parse};

fuzz_target!(|text: &str| {
    // As a handler script's answer is read.
    let Ok(configuration) = parse(&Assembled::of_text("fuzz", text.to_owned())) else { return };
    let menus = Menus::read(&configuration, &mut Vec::new());
    for name in ["main", "", "sub"] {
        if let Some(menu) = menus.find(name) {
            assert_eq!(menu.name, name);
        }
    }
});
