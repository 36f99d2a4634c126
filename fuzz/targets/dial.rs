//! Dial strings: bounded legs, and each has an endpoint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_switch::originate::dial;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(string) = dial::parse(text) else { return };
    let legs = string.groups.iter().flatten();
    assert!(legs.clone().count() <= dial::MAX_LEGS);
    for leg in legs {
        assert!(!leg.endpoint.contains('/'));
    }
});
