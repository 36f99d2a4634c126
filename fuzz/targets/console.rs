//! What the console reads: messages of a server, the same however they are cut; and levels of the log,
//! which a command takes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_console::frame::{Frame, Frames, NotTheProtocol};
use ringfence_switch::log::Levels;

// The first byte says into how long pieces the rest is cut.
fuzz_target!(|data: &[u8]| {
    let Some((size, bytes)) = data.split_first() else { return };
    let whole = read(bytes.chunks(bytes.len().max(1)));
    let pieces = read(bytes.chunks(usize::from(*size).max(1)));
    assert_eq!(whole, pieces);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let levels = Levels::default();
        if levels.set(text, true).is_ok() {
            let written = levels.to_string();
            levels.set(&written, true).expect("levels are read as they are written");
            assert_eq!(levels.to_string(), written);
        }
    }
});

fn read<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> (Vec<Frame>, Option<NotTheProtocol>) {
    let mut frames = Frames::default();
    let mut all = Vec::new();
    for piece in pieces {
        frames.feed(piece);
        loop {
            match frames.frame() {
                Ok(Some(frame)) => all.push(frame),
                Ok(None) => break,
                Err(fault) => return (all, Some(fault)),
            }
        }
    }
    (all, None)
}
