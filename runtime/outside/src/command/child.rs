//! A child process: pipes, a deadline, and an end that comes with whoever started it.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe::Receiver;
use tokio::process::ChildStdin;
use tokio::sync::{Mutex, OwnedSemaphorePermit};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::words::Program;
use crate::{Gone, Outside};

/// Commands at the same time, of the whole server. Each is a process; one more waits for a place.
pub const AT_ONCE: usize = 64;

/// What one command may say, in bytes.
pub const MAX_OUTPUT: usize = 16 << 20;

/// What of a command's complaints, and of output that nobody reads, goes to the log, in bytes.
const LOGGED: usize = 8 << 10;

/// What one read takes from a pipe.
const PIECE: usize = 64 << 10;

/// Of the server's environment, what commands get.
const ENVIRONMENT: [&str; 9] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"];

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program with its arguments.
    pub program: Program,
    /// Where it runs; none is the server's own folder.
    pub folder: Option<PathBuf>,
    /// Variables beside the few of the server's that all commands get.
    pub environment: Vec<(String, String)>,
    /// The longest time, waiting for a place included; then it is killed.
    pub deadline: Duration,
    /// Who wants it, for the log: call and script.
    pub who: String,
}

/// Why a command did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It cannot be started.
    #[error("cannot run {command}: {why}")]
    Start {
        /// As it was typed.
        command: String,
        /// What the system says.
        why: io::Error,
    },
    /// It took too long, and was killed.
    #[error("{command} took longer than {seconds} s and was killed")]
    TooLong {
        /// As it was typed.
        command: String,
        /// The deadline.
        seconds: u64,
    },
    /// It said too much, and was killed.
    #[error("{command} wrote more than {most} bytes and was killed")]
    TooMuch {
        /// As it was typed.
        command: String,
        /// The bound.
        most: usize,
    },
    /// Its pipe broke: it does not read any more.
    #[error("{command}: {why}")]
    Pipe {
        /// As it was typed.
        command: String,
        /// What the system says.
        why: io::Error,
    },
    /// There is no thread to wait on.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// How a command ended: with a code, or by a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It ended itself.
    Code(i32),
    /// The system ended it.
    Signal(i32),
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            // Only of a process that is stopped, which is never waited for.
            (None, None) => Self::Code(-1),
        }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(out, "status {code}"),
            Self::Signal(signal) => write!(out, "signal {signal}"),
        }
    }
}

/// What a command said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its standard output.
    pub said: Vec<u8>,
    /// How it ended.
    pub ended: Ended,
}

/// What is done with the standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streams {
    /// Nothing to read, and what it says is logged.
    Logged,
    /// Nothing to read, and what it says is read.
    Read,
    /// It is written to, and what it says is logged.
    Write,
    /// Both.
    Both,
}

impl Command {
    /// Runs it to its end; what it says is logged.
    ///
    /// What it leaves in the background goes on.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub async fn run(self, outside: &Outside) -> Result<Ended, Fault> {
        self.start(outside, Streams::Logged).await?.close().await
    }

    /// Runs it to its end, gives it `input`, and answers what it said: at most `most` bytes.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub async fn output(
        self,
        outside: &Outside,
        input: Vec<u8>,
        most: usize,
    ) -> Result<Output, Fault> {
        let child = self
            .start(outside, if input.is_empty() { Streams::Read } else { Streams::Both })
            .await?;
        let inside = child.clone();
        let done = outside.run(async move {
            let writing = async {
                // One that does not read its input is not at fault for it.
                let _ = inside.give(&input).await;
                inside.0.input.lock().await.take();
            };
            let reading = async {
                let mut said = Vec::new();
                loop {
                    let piece = inside.take(PIECE).await?;
                    if piece.is_empty() {
                        return Ok(said);
                    }
                    if said.len() + piece.len() > most {
                        inside.0.kill();
                        return Err(Fault::TooMuch { command: inside.0.name.clone(), most });
                    }
                    said.extend_from_slice(&piece);
                }
            };
            let ((), said) = tokio::join!(writing, reading);
            let said = said?;
            Ok(Output { said, ended: inside.wait().await? })
        });
        done.await?
    }

    /// Starts it, to be read from.
    ///
    /// # Errors
    ///
    /// [`Fault::Start`], [`Fault::TooLong`] when no place came free.
    pub async fn reader(self, outside: &Outside) -> Result<Child, Fault> {
        self.start(outside, Streams::Read).await
    }

    /// Starts it, to be written to; what it says is logged.
    ///
    /// # Errors
    ///
    /// As [`Command::reader`].
    pub async fn writer(self, outside: &Outside) -> Result<Child, Fault> {
        self.start(outside, Streams::Write).await
    }

    /// Starts it, to be written to and read from; clones of the child may do both at the same time.
    ///
    /// # Errors
    ///
    /// As [`Command::reader`].
    pub async fn both(self, outside: &Outside) -> Result<Child, Fault> {
        self.start(outside, Streams::Both).await
    }

    async fn start(self, outside: &Outside, streams: Streams) -> Result<Child, Fault> {
        let inside = outside.clone();
        outside.run(async move { self.spawn(inside, streams).await }).await?
    }

    /// On the thread of the outside.
    async fn spawn(self, outside: Outside, streams: Streams) -> Result<Child, Fault> {
        let deadline = Instant::now() + self.deadline;
        let name = self.program.shown();
        let too_long =
            || Fault::TooLong { command: name.clone(), seconds: self.deadline.as_secs() };
        let place = timeout_at(deadline, outside.places().acquire_owned());
        // The semaphore is never closed.
        let Ok(Ok(place)) = place.await else { return Err(too_long()) };
        let no_output = matches!(&self.program, Program::Plain(plain) if plain.no_output);
        let cannot = |why| Fault::Start { command: name.clone(), why: told(why) };
        let mut command = self.prepared(streams);
        let together = matches!(&self.program, Program::Plain(plain) if plain.together);
        let both = together.then(|| one_pipe(&mut command)).transpose().map_err(cannot)?;
        let mut process = command.spawn().map_err(cannot)?;
        // It holds our end of the pipe.
        drop(command);
        let group = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let (input, complaints) = (process.stdin.take(), process.stderr.take());
        let output: Option<Pipe> = match (both, process.stdout.take()) {
            (Some(pipe), _) => Some(Box::new(pipe)),
            (None, pipe) => pipe.map(|pipe| Box::new(pipe) as Pipe),
        };
        let output = if matches!(streams, Streams::Logged | Streams::Write) && !no_output {
            listen(output, self.who.clone(), name.clone(), false);
            None
        } else {
            output
        };
        listen(complaints, self.who, name.clone(), true);
        let shared = Arc::new(Shared {
            outside,
            name,
            seconds: self.deadline.as_secs(),
            deadline,
            group,
            waited: AtomicBool::new(false),
            process: Mutex::new(process),
            input: Mutex::new(input),
            output: Mutex::new(Reading { pipe: output, taken: 0 }),
            timer: OnceLock::new(),
            _place: place,
        });
        let late = Arc::downgrade(&shared);
        let timer = tokio::spawn(async move {
            tokio::time::sleep_until(deadline).await;
            if let Some(shared) = late.upgrade() {
                shared.kill();
            }
        });
        // Nobody else sets it.
        let _ = shared.timer.set(timer.abort_handle());
        Ok(Child(shared))
    }

    fn prepared(&self, streams: Streams) -> tokio::process::Command {
        let mut command = match &self.program {
            Program::Shell(line) => {
                let mut command = std::process::Command::new("/bin/sh");
                command.arg("-c").arg(bytes(line));
                command
            }
            Program::Plain(plain) => {
                // A plain command has words.
                let (program, arguments) = plain.words.split_first().unzip();
                let program = program.map_or("", String::as_str);
                let mut command = std::process::Command::new(bytes(program));
                command.args(arguments.unwrap_or_default().iter().map(|word| bytes(word)));
                command
            }
        };
        command.env_clear();
        command
            .envs(ENVIRONMENT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(self.environment.iter().map(|(name, value)| (bytes(name), bytes(value))));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let plain = match &self.program {
            Program::Plain(plain) => plain.clone(),
            Program::Shell(_) => super::Plain::default(),
        };
        let piped = |wanted: bool| if wanted { Stdio::piped() } else { Stdio::null() };
        command.stdin(piped(matches!(streams, Streams::Write | Streams::Both)));
        command.stdout(piped(!plain.no_output));
        command.stderr(piped(!plain.no_complaints));
        // A group of its own: what it starts in turn is killed with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut command = tokio::process::Command::from(command);
        command.kill_on_drop(true);
        command
    }
}

/// A text as the system takes it: bytes that are not UTF-8 are themselves again.
fn bytes(text: &str) -> OsString {
    OsString::from_vec(ringfence_text::encode(text).into_owned())
}

/// What can be read from a command.
type Pipe = Box<dyn AsyncRead + Send + Unpin>;

/// Sends output and complaints into one pipe, in their order.
fn one_pipe(command: &mut tokio::process::Command) -> io::Result<Receiver> {
    let (reader, writer) = io::pipe()?;
    let mine = Receiver::from_owned_fd(reader.into())?;
    command.stdout(writer.try_clone()?).stderr(writer);
    Ok(mine)
}

/// What the system says, when it says too little.
fn told(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::NotFound => io::Error::new(
            io::ErrorKind::NotFound,
            "there is no such program, or folder to run it in",
        ),
        _ => error,
    }
}

/// Logs what comes through a pipe, up to [`LOGGED`] bytes, and reads the rest so that nothing waits.
fn listen(
    pipe: Option<impl AsyncRead + Unpin + Send + 'static>,
    who: String,
    command: String,
    complaint: bool,
) {
    let Some(mut pipe) = pipe else { return };
    tokio::spawn(async move {
        let mut kept = Vec::new();
        let mut piece = [0; 4096];
        let mut more = false;
        // A pipe that breaks has ended.
        while let Ok(read @ 1..) = pipe.read(&mut piece).await {
            let room = LOGGED.saturating_sub(kept.len()).min(read);
            kept.extend_from_slice(piece.get(..room).unwrap_or_default());
            more |= room < read;
        }
        let text = String::from_utf8_lossy(&kept);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if complaint {
                tracing::warn!(%who, "{command}: {line}");
            } else {
                tracing::info!(%who, "{command}: {line}");
            }
        }
        if more {
            tracing::warn!(%who, "{command} said more than {LOGGED} bytes; the rest is thrown away");
        }
    });
}

/// A process that runs. Clones are the same; it is killed with all that it started when the last one
/// is dropped before [`close`](Child::close).
#[derive(Clone, Debug)]
pub struct Child(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    outside: Outside,
    name: String,
    seconds: u64,
    deadline: Instant,
    group: Option<Pid>,
    /// Its end was seen: from then on the system may give its number to another process.
    waited: AtomicBool,
    process: Mutex<tokio::process::Child>,
    input: Mutex<Option<ChildStdin>>,
    output: Mutex<Reading>,
    /// Ends it at the deadline; ended with it.
    timer: OnceLock<AbortHandle>,
    _place: OwnedSemaphorePermit,
}

struct Reading {
    pipe: Option<Pipe>,
    taken: usize,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl Shared {
    fn kill(&self) {
        if let Some(group) = self.group
            && !self.waited.load(Ordering::SeqCst)
        {
            // It may have ended meanwhile; until it is waited for, its number stays its own.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    fn too_long(&self) -> Fault {
        self.kill();
        Fault::TooLong { command: self.name.clone(), seconds: self.seconds }
    }

    fn broken(&self, why: io::Error) -> Fault {
        Fault::Pipe { command: self.name.clone(), why }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.get() {
            timer.abort();
        }
        self.kill();
    }
}

impl Child {
    /// Some of what it said, at most `most` bytes; empty at the end. Waits for it.
    ///
    /// # Errors
    ///
    /// [`Fault::TooLong`], [`Fault::TooMuch`], [`Fault::Pipe`].
    pub async fn read(&self, most: usize) -> Result<Vec<u8>, Fault> {
        let child = self.clone();
        self.0.outside.run(async move { child.take(most).await }).await?
    }

    /// Gives it something to read. Waits until it took it.
    ///
    /// # Errors
    ///
    /// [`Fault::TooLong`]; [`Fault::Pipe`] when it reads no more.
    pub async fn write(&self, data: Vec<u8>) -> Result<(), Fault> {
        let child = self.clone();
        self.0.outside.run(async move { child.give(&data).await }).await?
    }

    /// Ends its input, waits for its end and tells how it ended. What it leaves in the background
    /// goes on, if it was run by a shell.
    ///
    /// # Errors
    ///
    /// [`Fault::TooLong`].
    pub async fn close(self) -> Result<Ended, Fault> {
        let outside = self.0.outside.clone();
        outside.run(async move { self.wait().await }).await?
    }

    async fn take(&self, most: usize) -> Result<Vec<u8>, Fault> {
        let mut output = self.0.output.lock().await;
        let Some(pipe) = &mut output.pipe else { return Ok(Vec::new()) };
        let mut piece = vec![0; most.clamp(1, PIECE)];
        let read = timeout_at(self.0.deadline, pipe.read(&mut piece)).await;
        let read = read.map_err(|_| self.0.too_long())?.map_err(|why| self.0.broken(why))?;
        piece.truncate(read);
        output.taken += read;
        if output.taken > MAX_OUTPUT {
            self.0.kill();
            return Err(Fault::TooMuch { command: self.0.name.clone(), most: MAX_OUTPUT });
        }
        Ok(piece)
    }

    async fn give(&self, data: &[u8]) -> Result<(), Fault> {
        let mut input = self.0.input.lock().await;
        let Some(pipe) = &mut *input else { return Ok(()) };
        let written = timeout_at(self.0.deadline, pipe.write_all(data)).await;
        written.map_err(|_| self.0.too_long())?.map_err(|why| self.0.broken(why))
    }

    async fn wait(&self) -> Result<Ended, Fault> {
        self.0.input.lock().await.take();
        self.0.output.lock().await.pipe.take();
        let mut process = self.0.process.lock().await;
        let Ok(status) = timeout_at(self.0.deadline, process.wait()).await else {
            return Err(self.0.too_long());
        };
        self.0.waited.store(true, Ordering::SeqCst);
        let ended = status.map(Ended::from).map_err(|why| self.0.broken(why))?;
        if ended == Ended::Signal(Signal::KILL.as_raw()) && Instant::now() >= self.0.deadline {
            return Err(self.0.too_long());
        }
        Ok(ended)
    }
}
