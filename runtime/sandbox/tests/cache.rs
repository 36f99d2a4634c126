//! The cache of compiled guests: used when good, never trusted otherwise, never fatal.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use common::{SEVEN, a_run, component, link, profile, run};
use ringfence_sandbox::{Config, Sandbox};

fn sandbox(cache: &Path) -> Sandbox {
    Sandbox::new(Config { workers: 1, instances: 4, ..Config::new(cache) }).unwrap()
}

/// Loads the guest anew and runs it.
async fn works(cache: &Path) {
    let sandbox = sandbox(cache);
    let guest = sandbox.load("test", &component(SEVEN, false), link, None).unwrap();
    let mut job = sandbox.start(&guest, a_run(profile()), run).await.unwrap();
    assert_eq!(job.wait().await.result, Ok(7));
}

fn files(cache: &Path) -> Vec<PathBuf> {
    fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn only_file(cache: &Path) -> PathBuf {
    let files = files(cache);
    let [file] = files.as_slice() else { panic!("{files:?}") };
    file.clone()
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("made/for/us");
    works(&cache).await;
    let file = only_file(&cache);
    let written = fs::metadata(&file).unwrap();
    assert_eq!(written.mode() & 0o777, 0o600);
    works(&cache).await;
    // A guest that is compiled again is a new file.
    assert_eq!(fs::metadata(only_file(&cache)).unwrap().ino(), written.ino());
}

#[tokio::test]
async fn a_damaged_file_is_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    works(&cache).await;
    let file = only_file(&cache);
    let good = fs::read(&file).unwrap();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [&flipped[..], &good[..good.len() / 2], &good[..20], b"", b"something else"] {
        fs::write(&file, damaged).unwrap();
        works(&cache).await;
        assert_eq!(fs::read(&file).unwrap(), good);
    }
}

#[tokio::test]
async fn other_settings_are_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    works(&cache).await;
    let sandbox = sandbox(&cache);
    let core = r#"(func (export "run") (result i32) i32.const 7) (func (export "prepare"))"#;
    let wasm = component(core, true);
    sandbox.load("test", &wasm, link, None).unwrap();
    sandbox.load("test", &wasm, link, Some("prepare")).unwrap();
    assert_eq!(files(&cache).len(), 3);
}

#[tokio::test]
async fn what_others_can_write_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    works(&cache).await;
    let file = only_file(&cache);
    let first = fs::metadata(&file).unwrap().ino();

    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    works(&cache).await;
    assert_ne!(fs::metadata(&file).unwrap().ino(), first, "replaced by our own");

    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    fs::remove_file(&file).unwrap();
    works(&cache).await;
    assert_eq!(files(&cache).len(), 0, "nothing is put there");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_costs_a_compilation() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    works(&in_the_way.join("cache")).await;
    works(Path::new("/proc/ringfence")).await;
}

#[test]
fn several_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let sandbox = sandbox(&cache);
                for _ in 0..3 {
                    sandbox.load("test", &component(SEVEN, false), link, None).unwrap();
                }
            });
        }
    });
    only_file(&cache);
}

#[tokio::test]
async fn old_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    works(&cache).await;
    let ours = only_file(&cache);
    let code = fs::read(&ours).unwrap();
    fs::remove_file(&ours).unwrap();
    for number in 0..60 {
        let file = cache.join(format!("{number}.guest"));
        fs::write(&file, "old").unwrap();
        let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
        fs::File::options().write(true).open(&file).unwrap().set_modified(yesterday).unwrap();
    }
    works(&cache).await;
    assert_eq!(files(&cache).len(), 32);
    assert_eq!(fs::read(&ours).unwrap(), code);
}
