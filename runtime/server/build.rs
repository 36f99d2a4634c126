//! Finds the version of wasmtime in Cargo.lock, for `ringfence --version`.

use std::path::Path;
use std::{env, fs};

fn main() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    // A crate that is built outside its workspace has no lock file, and no version to tell.
    let lock = fs::read_to_string(lock).unwrap_or_default();
    println!("cargo::rustc-env=WASMTIME_VERSION={}", version(&lock).unwrap_or("unknown"));
}

/// The version of the package `wasmtime` in a lock file.
fn version(lock: &str) -> Option<&str> {
    let (_, package) = lock.split_once("name = \"wasmtime\"\nversion = \"")?;
    package.split('"').next()
}
