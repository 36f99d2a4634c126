//! What a guest sees of the system: files, output, time.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use common::{Home, Lent, a_run, home, run, until, with};
use parking_lot::Mutex;
use ringfence_rim::Clock;
use ringfence_sandbox::wasmtime::Store;
use ringfence_sandbox::wasmtime::component::Instance;
use ringfence_sandbox::{
    Calling, Directory, EndedBy, Guest, Handle, Job, JobHandle, Output, Profile, REFUSALS, Run,
    Sandbox, State, Stream,
};

const READ: u32 = 1;
const WRITE: u32 = 2;
const CREATE: u32 = 1;
/// What the guest answers.
const OPENED: u32 = 0;
const NO_DIRECTORY: u32 = 1_000;
/// 1 + the place in `error-code`.
const NO_ENTRY: u32 = 1 + 20;
const NOT_PERMITTED: u32 = 1 + 31;

fn guest(sandbox: &Sandbox, text: &str) -> Guest<Lent> {
    // Where there is a preparation, it must get along with a guest that uses WASI.
    let prepare = text.contains("\"prepare\"").then_some("prepare");
    sandbox.load("test", &wat::parse_str(text).unwrap(), |_| Ok(()), prepare).unwrap()
}

struct Files {
    home: Home,
    guest: Guest<Lent>,
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let home = home();
        let guest = guest(&home.sandbox, include_str!("guests/files.wat"));
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inside")).unwrap();
        fs::write(folder.path().join("inside/file"), "hello").unwrap();
        fs::write(folder.path().join("secret"), "mine").unwrap();
        Self { home, guest, folder }
    }

    fn profile(&self, write: bool) -> Arc<Profile> {
        let path = self.folder.path().join("inside");
        Arc::new(with(|profile| profile.directories = vec![Directory { path, write }]))
    }

    async fn start(
        &self,
        profile: &Arc<Profile>,
        path: &str,
        how: u32,
        flags: u32,
    ) -> JobHandle<Lent, u32> {
        let path = path.to_owned();
        let a_run = Run { profile: Arc::clone(profile), ..a_run(common::profile()) };
        self.home
            .sandbox
            .start(&self.guest, a_run, move |store, instance| {
                open(store, instance, path, how, flags)
            })
            .await
            .unwrap()
    }

    /// Opens the file so many times.
    async fn often(&self, profile: Profile, times: u32, close: bool) -> JobHandle<Lent, u32> {
        let given = ("file", times, u32::from(close));
        self.home
            .sandbox
            .start(&self.guest, a_run(profile), move |store, instance| {
                Box::pin(async move {
                    let often = instance
                        .get_typed_func::<(&str, u32, u32), (u32,)>(&mut *store, "often")?;
                    Ok(often.call_async(store, given).await?.0)
                })
            })
            .await
            .unwrap()
    }

    async fn open(&self, profile: &Arc<Profile>, path: &str, how: u32, flags: u32) -> u32 {
        self.start(profile, path, how, flags).await.wait().await.result.unwrap()
    }
}

fn open(
    store: &mut Store<State<Lent>>,
    instance: Instance,
    path: String,
    how: u32,
    flags: u32,
) -> Calling<'_, u32> {
    Box::pin(async move {
        let open = instance.get_typed_func::<(&str, u32, u32), (u32,)>(&mut *store, "open")?;
        Ok(open.call_async(store, (&path, how, flags)).await?.0)
    })
}

#[tokio::test]
async fn nothing_is_granted_by_default() {
    let files = Files::new();
    let profile = Arc::new(common::profile());
    assert_eq!(files.open(&profile, "file", 0, READ).await, NO_DIRECTORY);
}

#[tokio::test]
async fn a_directory_to_read() {
    let files = Files::new();
    let profile = files.profile(false);
    assert_eq!(files.open(&profile, "file", 0, READ).await, OPENED);
    assert_eq!(files.open(&profile, "none", 0, READ).await, NO_ENTRY);
    for (path, how, flags) in [("file", 0, READ | WRITE), ("file", 0, WRITE), ("new", CREATE, READ)]
    {
        assert_eq!(files.open(&profile, path, how, flags).await, NOT_PERMITTED, "{path} {flags}");
    }
    assert!(!files.folder.path().join("inside/new").exists());
}

#[tokio::test]
async fn a_directory_to_write() {
    let files = Files::new();
    let profile = files.profile(true);
    assert_eq!(files.open(&profile, "file", 0, READ | WRITE).await, OPENED);
    assert_eq!(files.open(&profile, "new", CREATE, READ | WRITE).await, OPENED);
    assert!(files.folder.path().join("inside/new").exists());
}

#[tokio::test]
async fn files_that_are_open_at_the_same_time() {
    let files = Files::new();
    let path = files.folder.path().join("inside");
    let often = async |times: u32, close: bool| {
        let mut profile = with(|profile| profile.files = 5);
        profile.directories = vec![Directory { path: path.clone(), write: false }];
        let mut job = files.often(profile, times, close).await;
        let result = job.wait().await.result;
        assert_eq!(job.job().opened(Handle::File), 0, "whatever was open is closed");
        result
    };
    assert_eq!(often(5, false).await, Ok(5));
    assert_eq!(often(20, false).await, Ok(5), "the others are refused");
    assert_eq!(often(20, true).await, Ok(20));
    let why = often(2 * REFUSALS, false).await.unwrap_err();
    assert_eq!(why, EndedBy::HandleLimit { what: "files", limit: 5 });
    assert_eq!(why.name(), "handle-limit");
}

#[tokio::test]
async fn handles_of_all_kinds() {
    let files = Files::new();
    let mut profile = with(|profile| (profile.files, profile.handles) = (1_000, 5));
    let path = files.folder.path().join("inside");
    profile.directories = vec![Directory { path, write: false }];
    let why = files.often(profile, 20, false).await.wait().await.result.unwrap_err();
    assert_eq!(why, EndedBy::HandleLimit { what: "handles", limit: 5 });
}

#[tokio::test]
async fn no_way_out_of_a_directory() {
    let files = Files::new();
    let inside = files.folder.path().join("inside");
    symlink("../secret", inside.join("up")).unwrap();
    symlink(files.folder.path().join("secret"), inside.join("absolute")).unwrap();
    symlink("..", inside.join("parent")).unwrap();
    let absolute = files.folder.path().join("secret").to_str().unwrap().to_owned();
    for write in [false, true] {
        let profile = files.profile(write);
        let ways = ["../secret", "x/../../secret", "up", "absolute", "parent/secret", &absolute];
        for way in ways.into_iter().chain(["/etc/passwd", "..", "/proc/self/environ"]) {
            let answer = files.open(&profile, way, 0, READ).await;
            assert!(answer == NOT_PERMITTED || answer == NO_ENTRY, "{way}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_directory_that_comes_later_is_found() {
    let files = Files::new();
    let path = files.folder.path().join("later");
    let profile = Arc::new(with(|profile| {
        profile.directories = vec![Directory { path: path.clone(), write: false }];
    }));
    assert_eq!(files.open(&profile, "file", 0, READ).await, NO_DIRECTORY);
    fs::rename(files.folder.path().join("inside"), &path).unwrap();
    let found = async {
        while files.open(&profile, "file", 0, READ).await != OPENED {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), found).await.unwrap();
}

#[tokio::test]
async fn a_kill_while_the_system_blocks_on_a_file() {
    let files = Files::new();
    let fifo = files.folder.path().join("inside/fifo");
    make_fifo(&fifo);
    let mut job = files.start(&files.profile(false), "fifo", 0, READ).await;
    until("computing nothing", || !job.job().cost().cpu.is_zero()).await;
    job.kill("enough");
    let ended = job.wait().await;
    assert_eq!(ended.result.unwrap_err().name(), "killed");
    assert_eq!(ended.host, Some(Lent("mine")));
    // Lets the system's thread go.
    drop(fs::File::options().read(true).write(true).open(&fifo).unwrap());
}

fn make_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[derive(Default)]
struct Lines(Mutex<Vec<(Stream, String)>>);

impl Output for Lines {
    fn line(&self, _: &Job, stream: Stream, line: &[u8]) {
        self.0.lock().push((stream, String::from_utf8_lossy(line).into_owned()));
    }
}

fn print<'a>(
    store: &'a mut Store<State<Lent>>,
    instance: Instance,
    out: &'static str,
    err: &'static str,
    times: u32,
) -> Calling<'a, ()> {
    Box::pin(async move {
        let print = instance.get_typed_func::<(&str, &str, u32), ()>(&mut *store, "print")?;
        print.call_async(store, (out, err, times)).await
    })
}

async fn printed(
    profile: Profile,
    out: &'static str,
    err: &'static str,
    times: u32,
) -> (Vec<(Stream, String)>, Option<EndedBy>) {
    let home = home();
    let lines = Arc::new(Lines::default());
    let output: Arc<dyn Output> = Arc::<Lines>::clone(&lines);
    let guest = guest(&home.sandbox, include_str!("guests/print.wat"));
    let a_run = Run { output, ..a_run(profile) };
    let mut job = home
        .sandbox
        .start(&guest, a_run, move |store, instance| print(store, instance, out, err, times))
        .await
        .unwrap();
    let ended = job.wait().await.result.err();
    let lines = lines.0.lock();
    (lines.clone(), ended)
}

#[tokio::test]
async fn output_comes_line_by_line() {
    let (lines, _) = printed(common::profile(), "one\ntwo ", "oh\n\n", 2).await;
    let expected = [
        (Stream::Stdout, "one"),
        (Stream::Stderr, "oh"),
        (Stream::Stderr, ""),
        (Stream::Stdout, "two one"),
        (Stream::Stderr, "oh"),
        (Stream::Stderr, ""),
        (Stream::Stdout, "two "),
    ];
    assert_eq!(lines, expected.map(|(stream, line)| (stream, line.to_owned())));
}

#[tokio::test]
async fn a_long_line_is_cut() {
    let (lines, _) =
        printed(with(|profile| profile.line = 5), "123456789\nabc\n", "xyz\n", 1).await;
    let texts: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(texts, ["12345", "abc", "xyz"]);
}

#[tokio::test]
async fn too_much_output_is_thrown_away() {
    let limit = 25;
    let printed = async |times| {
        let profile = with(|profile| profile.output = Some(limit));
        printed(profile, "0123456789\n", "!\n", times).await
    };
    let (lines, ended) = printed(15).await;
    assert_eq!(ended, None);
    let texts: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    // 11 + 2 + 11 bytes, and one more.
    assert_eq!(texts, ["0123456789", "!", "0123456789", "!"]);

    let (lines, ended) = printed(1_000).await;
    assert_eq!(lines.len(), 4);
    let why = ended.unwrap();
    assert_eq!(why, EndedBy::OutputLimit { limit });
    assert_eq!(why.name(), "output-limit");
}

#[tokio::test(start_paused = true)]
async fn the_clock_is_the_runs() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::on(common::config(&folder), tokio::runtime::Handle::current()).unwrap();
    let guest = guest(&sandbox, include_str!("guests/time.wat"));
    let clock = Clock::simulated(UNIX_EPOCH + Duration::from_secs(1_000_000));
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let a_run = Run { clock, ..a_run(common::profile()) };
    let mut job = sandbox.start(&guest, a_run, run).await.unwrap();
    assert_eq!(job.wait().await.result, Ok(1_003_600));
}
