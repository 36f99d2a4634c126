//! Scripts as operators write them, in a running server: each is copied into the scripts folder as it
//! is (`scripts/`), and called.

mod callback;
mod daemon;
mod pin;
mod ring_group;
mod voicemail;
mod xml_handler;

use std::fs;
use std::path::Path;

use ringfence_tests::Configuration;

/// Puts all of `scripts/` into the scripts folder, as an operator copies theirs.
fn install(conf: &Configuration) {
    copy(conf, "");
}

fn copy(conf: &Configuration, folder: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("operators/scripts").join(folder);
    for entry in fs::read_dir(from).unwrap().flatten() {
        let name = format!("{folder}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            copy(conf, &format!("{name}/"));
        } else {
            conf.script(&name, &fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// An extension that runs a script with arguments.
fn extension(conf: &Configuration, number: &str, script: &str) {
    conf.extension(number, &format!(r#"<action application="lua" data="{script}"/>"#));
}
