//! The binary itself. That this file is here also makes `cargo test --workspace` build the binary
//! that the black-box tests run.

#[test]
fn the_version_is_told() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .arg("--version")
        .output()
        .expect("the binary runs");
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with(concat!("ringfence ", env!("CARGO_PKG_VERSION"))), "{text}");
}
