//! An offer and an answer from the far end: an agreement or a refusal, never a panic, and what is
//! agreed can be sent to.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_media::sdp;

fuzz_target!(|data: &[u8]| {
    let capabilities = sdp::Capabilities::default();
    let local = ([127, 0, 0, 1], 16_384).into();
    if let Ok((answer, _)) = sdp::answer(data, &capabilities, local) {
        assert!(answer.starts_with(b"v=0\r\n"));
    }
    let _ = sdp::accept(&capabilities, data);
});
