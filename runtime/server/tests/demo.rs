//! The demo in plain dialplan, 5001, offline.

use std::path::Path;
use std::process::Command;

#[test]
fn a_choice_made_during_the_welcome_counts() {
    let output = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args(["run", "~session:transfer('5001', 'XML', 'default')"])
        .args(["--press", "3", "--hangup-after", "10", "--conf"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conf"))
        // Shared by all tests and runs of them: compiling takes seconds.
        .env("RINGFENCE_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"))
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    // The first key comes 500 ms after the answer, the welcome lasts longer.
    assert!(text.contains("bl_xfer:ivr_3/default/XML"), "{text}");
    assert!(text.contains("bl_xfer:9196/default/XML"), "{text}");
}
