//! Files and variables that scripts must not get at.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use ringfence_tests::Server;
use tempfile::TempDir;

/// What is in the file beside the granted folder, and in the server's environment.
const SECRET: &str = "the-word-that-nobody-may-read";
/// The variable of the server's environment.
const VARIABLE: &str = "RINGFENCE_TEST_SECRET";

/// A folder: `granted` in it may be written to by the cases, all else may not be touched.
pub(crate) struct Traps {
    folder: TempDir,
}

impl Traps {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("ringfence-hostile-").tempdir().unwrap();
        let traps = Self { folder };
        fs::create_dir(traps.granted()).unwrap();
        fs::write(traps.secret(), SECRET).unwrap();
        for (name, target) in [
            ("link-to-secret", traps.secret()),
            ("link-up", PathBuf::from("../secret.txt")),
            ("link-to-root", PathBuf::from("/")),
            ("link-to-proc", PathBuf::from("/proc/self")),
            ("link-to-itself", PathBuf::from("link-to-itself")),
        ] {
            symlink(target, traps.granted().join(name)).unwrap();
        }
        traps
    }

    pub(crate) fn granted(&self) -> PathBuf {
        self.folder.path().join("granted")
    }

    fn secret(&self) -> PathBuf {
        self.folder.path().join("secret.txt")
    }

    /// A case's text, with the places that it names.
    pub(crate) fn placed(&self, text: &str) -> String {
        text.replace("@GRANTED@", &shown(&self.granted()))
            .replace("@SECRET@", &shown(&self.secret()))
    }

    /// Puts the secret into the server's environment.
    pub(crate) fn environment(command: &mut Command) {
        command.env(VARIABLE, SECRET);
    }

    /// What scripts got at, if anything.
    pub(crate) fn sprung(&self, server: &Server) -> Vec<String> {
        let mut faults = Vec::new();
        for line in server.log.with(SECRET) {
            faults.push(format!("a script has read what it may not: {line}"));
        }
        if fs::read_to_string(self.secret()).ok().as_deref() != Some(SECRET) {
            faults.push("a script has changed the file beside its folder".to_owned());
        }
        let mut beside: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        beside.sort();
        if beside != ["granted", "secret.txt"] {
            faults.push(format!("a script has made files beside its folder: {beside:?}"));
        }
        faults
    }
}

fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
