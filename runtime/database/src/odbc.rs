//! ODBC: each connection is a process of the program `ringfence-odbc`.
//!
//! Drivers are other people's C, loaded by name at run time; what one of them breaks must not be this
//! server. Killing the process interrupts any statement, which drivers rarely can.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::connection::{Request, line};
use crate::failure::Failure;
use crate::protocol::{Answer, MAX_LINE, Question};
use crate::value::Reply;

/// What a driver may complain on standard error that is logged, in bytes a connection.
const COMPLAINTS: u64 = 16 << 10;
/// How long a driver gets to end a statement that takes too long before its process is killed.
const GRACE: Duration = Duration::from_secs(1);

/// Starts the program and connects. To be called on the thread of databases.
pub(crate) async fn open(
    helper: &Path,
    source: &str,
    user: &str,
    password: &str,
) -> Result<mpsc::Sender<Request>, String> {
    let mut driver = Driver::start(helper)?;
    let question = Question::Connect {
        source: source.to_owned(),
        user: user.to_owned(),
        password: password.to_owned(),
    };
    match driver.ask(&question).await.map_err(|failure| failure.to_string())? {
        Answer::Done => {}
        Answer::Failed(why) | Answer::Lost(why) => return Err(why),
        Answer::Reply(_) => return Err("ringfence-odbc is of another version".to_owned()),
    }
    let (requests, received) = line();
    drop(tokio::spawn(serve(driver, received)));
    Ok(requests)
}

/// The running program; killed when dropped.
struct Driver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Driver {
    fn start(helper: &Path) -> Result<Self, String> {
        let child = Command::new(helper)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = child.map_err(|error| {
            format!(
                "the program {} that ODBC needs cannot be started: {error}. It is built with the \
                 server and belongs beside it",
                helper.display()
            )
        })?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("the program for ODBC has no pipes".to_owned());
        };
        drop(tokio::spawn(complain(errors)));
        Ok(Self { child, input, output: BufReader::new(output) })
    }

    async fn tell(&mut self, question: &Question) -> Result<(), Failure> {
        let mut text = serde_json::to_string(question)
            .map_err(|error| Failure::Statement(error.to_string()))?;
        text.push('\n');
        self.input.write_all(text.as_bytes()).await.map_err(|error| lost(&error))
    }

    async fn ask(&mut self, question: &Question) -> Result<Answer, Failure> {
        self.tell(question).await?;
        let mut line = Vec::new();
        let mut limited = (&mut self.output).take(MAX_LINE as u64);
        limited.read_until(b'\n', &mut line).await.map_err(|error| lost(&error))?;
        if line.last() != Some(&b'\n') {
            let why = if line.is_empty() { "its driver ended" } else { "its answer is too long" };
            return Err(Failure::Lost(why.to_owned()));
        }
        serde_json::from_slice(&line).map_err(|error| Failure::Lost(error.to_string()))
    }

    /// A question about rows.
    async fn rows(&mut self, question: &Question) -> Result<Reply, Failure> {
        match self.ask(question).await? {
            Answer::Reply(reply) => Ok(reply),
            Answer::Failed(why) => Err(Failure::Statement(why)),
            Answer::Lost(why) => Err(Failure::Lost(why)),
            Answer::Done => Err(Failure::Lost("an answer to another question".to_owned())),
        }
    }
}

fn lost(error: &std::io::Error) -> Failure {
    Failure::Lost(error.to_string())
}

/// Answers requests until nobody can ask any more, or somebody has stopped waiting.
async fn serve(mut driver: Driver, mut requests: mpsc::Receiver<Request>) {
    loop {
        let request = tokio::select! {
            request = requests.recv() => request,
            // One that nobody uses leaves the pool.
            _ = driver.child.wait() => None,
        };
        let Some(request) = request else { return };
        let (question, limit, mut answer) = match request {
            Request::Start { statement, limit, answer } => {
                let seconds = limit.map_or(0, |limit| limit.as_secs().max(1));
                (Question::Start { statement, limit: seconds }, limit, answer)
            }
            Request::More { limit, answer } => (Question::More, limit, answer),
            Request::Stop => {
                if driver.tell(&Question::Stop).await.is_err() {
                    return;
                }
                continue;
            }
            Request::Reset { done } => {
                let clean = matches!(driver.ask(&Question::Reset).await, Ok(Answer::Done));
                if !clean || done.send(()).is_err() {
                    return;
                }
                continue;
            }
        };
        let over = async {
            match limit {
                Some(limit) => sleep(limit + GRACE).await,
                None => std::future::pending().await,
            }
        };
        let reply = tokio::select! {
            biased;
            reply = driver.rows(&question) => reply,
            () = answer.closed() => return,
            () = over => {
                // The process goes with this task, and the statement with the process.
                drop(answer.send(Err(Failure::TooLong(limit.unwrap_or_default()))));
                return;
            }
        };
        let lost = matches!(reply, Err(Failure::Lost(_)));
        if answer.send(reply).is_err() || lost {
            return;
        }
    }
}

/// Logs what a driver has to say.
async fn complain(errors: ChildStderr) {
    let mut lines = BufReader::new(errors.take(COMPLAINTS)).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        tracing::warn!("ODBC: {line}");
    }
}
