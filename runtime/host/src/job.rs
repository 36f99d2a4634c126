//! `interface job`: this run.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, path::Path};

use ringfence_sandbox::{Directory, State};
use ringfence_switch::authority::wording;

use crate::{
    bindings::ringfence::call::job, host::Host, launch::MAX_OUTPUT, permission::note_denied,
};

/// What is told of a file's name, in bytes: as long as Linux takes one.
const MAX_PATH: usize = 4096;

impl job::Host for State<Host> {
    fn at(&mut self, source: u32, line: u32) -> wasmtime::Result<()> {
        self.job().at(source, line);
        Ok(())
    }

    fn register_source(&mut self, name: String) -> wasmtime::Result<u32> {
        Ok(self.job().register_source(&name))
    }

    fn output(&mut self, data: Vec<u8>) -> wasmtime::Result<Result<(), String>> {
        self.job().count();
        let Some(output) = &mut self.host.output else {
            return Ok(Err("nobody reads the output of this script".to_owned()));
        };
        if output.len().saturating_add(data.len()) > MAX_OUTPUT {
            return Ok(Err(format!("the output is full: at most {MAX_OUTPUT} bytes")));
        }
        output.extend_from_slice(&data);
        Ok(Ok(()))
    }

    fn exiting(&mut self, code: i32) -> wasmtime::Result<()> {
        self.job().exiting(code);
        Ok(())
    }

    fn denied(&mut self, path: String, write: bool) -> wasmtime::Result<Option<String>> {
        self.job().count();
        let profile = self.job().profile();
        let name = ringfence_text::encode(&path);
        if granted(&profile.directories, Path::new(OsStr::from_bytes(&name)), write) {
            return Ok(None);
        }
        let path = path.get(..path.floor_char_boundary(MAX_PATH)).unwrap_or_default();
        let (verb, permission) = if write { ("write", "write") } else { ("read", "read or write") };
        let what = format!("{verb} {path}");
        let text = wording(self.job().script(), &profile.name, &what, permission);
        note_denied(self, &text);
        Ok(Some(text))
    }
}

/// As the system decides: the directory that is nearest to the file counts.
fn granted(directories: &[Directory], file: &Path, write: bool) -> bool {
    let around = directories.iter().filter(|directory| file.starts_with(&directory.path));
    let nearest = around.max_by_key(|directory| directory.path.components().count());
    nearest.is_some_and(|directory| directory.write || !write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_directory_decides() {
        let directory = |path: &str, write| Directory { path: path.into(), write };
        let all = [directory("/a", true), directory("/a/b", false), directory("/a/b/c", true)];
        for (file, write, expected) in [
            ("/a/x", true, true),
            ("/a/b/x", true, false),
            ("/a/b/x", false, true),
            ("/a/b/c/x", true, true),
            ("/ab", false, false),
            ("a", false, false),
        ] {
            assert_eq!(granted(&all, Path::new(file), write), expected, "{file} {write}");
        }
        assert!(granted(&[directory("/", false)], Path::new("/a"), false));
    }
}
