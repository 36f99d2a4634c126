//! Commands: real processes, their pipes, deadlines and ends.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::time::Duration;

use ringfence_outside::Outside;
use ringfence_outside::command::{Child, Command, Ended, Fault, MAX_OUTPUT, Plain, Program};
use ringfence_rim::Clock;

/// Longer than any command here takes on a loaded machine.
const LONG: Duration = Duration::from_secs(60);

fn outside() -> Outside {
    Outside::new(&Clock::System)
}

fn command(program: Program) -> Command {
    Command {
        program,
        folder: None,
        environment: vec![("COLOUR".to_owned(), "blue".to_owned())],
        deadline: LONG,
        who: "test".to_owned(),
    }
}

fn shell(line: &str) -> Command {
    command(Program::Shell(line.to_owned()))
}

fn plain(line: &str) -> Command {
    command(Program::Plain(Plain::read(line).unwrap()))
}

async fn said(command: Command) -> (String, Ended) {
    let output = command.output(&outside(), Vec::new(), MAX_OUTPUT).await.unwrap();
    (String::from_utf8(output.said).unwrap(), output.ended)
}

async fn everything(child: &Child) -> String {
    let mut all = Vec::new();
    loop {
        let piece = child.read(7).await.unwrap();
        if piece.is_empty() {
            return String::from_utf8(all).unwrap();
        }
        all.extend(piece);
    }
}

#[tokio::test]
async fn with_and_without_a_shell() {
    assert_eq!(
        said(plain("echo 'two  words' '$HOME;'")).await,
        ("two  words $HOME;\n".into(), Ended::Code(0))
    );
    assert_eq!(
        said(shell("echo $COLOUR | tr a-z A-Z; exit 3")).await,
        ("BLUE\n".into(), Ended::Code(3))
    );
    assert_eq!(said(shell("kill -9 $$")).await.1, Ended::Signal(9));
    assert_eq!(said(plain("sh -c 'echo a; echo b >&2; echo c' 2>&1")).await.0, "a\nb\nc\n");
    assert_eq!(said(plain("echo a >/dev/null")).await.0, "");
}

#[tokio::test]
async fn only_some_of_the_environment_is_given() {
    let (environment, _) = said(plain("env")).await;
    assert!(environment.contains("COLOUR=blue\n") && environment.contains("PATH="));
    // Cargo set it for this test.
    assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
    assert!(!environment.contains("CARGO"), "{environment}");
}

#[tokio::test]
async fn it_runs_where_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = plain("pwd");
    command.folder = Some(folder.path().to_owned());
    let (place, _) = said(command).await;
    assert_eq!(PathBuf::from(place.trim()), folder.path().canonicalize().unwrap());
}

#[tokio::test]
async fn input_is_given_while_output_is_taken() {
    let input = vec![b'x'; 1 << 20];
    let output = plain("cat").output(&outside(), input.clone(), MAX_OUTPUT).await.unwrap();
    assert!(output.said == input, "{} bytes", output.said.len());
    // One that reads nothing is not at fault.
    let output = plain("true").output(&outside(), input, MAX_OUTPUT).await.unwrap();
    assert_eq!(output.ended, Ended::Code(0));
}

#[tokio::test]
async fn pipes() {
    let outside = outside();
    let child = shell("printf 'one\\ntwo'; exit 2").reader(&outside).await.unwrap();
    assert_eq!(everything(&child).await, "one\ntwo");
    assert_eq!(child.close().await.unwrap(), Ended::Code(2));

    let folder = tempfile::tempdir().unwrap();
    let mut command = shell("cat > written");
    command.folder = Some(folder.path().to_owned());
    let child = command.writer(&outside).await.unwrap();
    child.write(b"hello ".to_vec()).await.unwrap();
    child.write(b"there".to_vec()).await.unwrap();
    assert_eq!(child.close().await.unwrap(), Ended::Code(0));
    assert_eq!(std::fs::read_to_string(folder.path().join("written")).unwrap(), "hello there");
}

#[tokio::test]
async fn a_program_that_is_not_there() {
    let error = plain("/nosuch/program x").output(&outside(), Vec::new(), 1).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot run /nosuch/program x: there is no such program, or folder to run it in"
    );
}

#[tokio::test]
async fn one_that_takes_too_long_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = shell("sh -c 'echo $$ > pid; exec sleep 1000' & wait");
    command.folder = Some(folder.path().to_owned());
    command.deadline = Duration::from_secs(2);
    let outside = outside();
    let error = command.output(&outside, Vec::new(), 1).await.unwrap_err();
    assert!(matches!(error, Fault::TooLong { seconds: 2, .. }), "{error}");
    // So is what it started.
    gone(&pid(&folder.path().join("pid")).await).await;
}

#[tokio::test]
async fn one_that_nobody_waits_for_any_more_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = shell("echo $$ > pid; sleep 1000; echo");
    command.folder = Some(folder.path().to_owned());
    let outside = outside();
    let mut running = Box::pin(command.output(&outside, Vec::new(), 1));
    let file = folder.path().join("pid");
    let pid = tokio::select! {
        done = &mut running => panic!("{done:?}"),
        pid = pid(&file) => pid,
    };
    drop(running);
    gone(&pid).await;
}

#[tokio::test]
async fn one_that_says_too_much_is_killed() {
    let error = shell("yes").output(&outside(), Vec::new(), 100_000).await.unwrap_err();
    assert!(matches!(error, Fault::TooMuch { most: 100_000, .. }), "{error}");
    let child = shell("yes").reader(&outside()).await.unwrap();
    let error = loop {
        if let Err(error) = child.read(1 << 20).await {
            break error;
        }
    };
    assert!(matches!(error, Fault::TooMuch { most: MAX_OUTPUT, .. }), "{error}");
}

#[tokio::test]
async fn what_goes_on_in_the_background_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = shell("sh -c 'sleep 0.3; echo done > late' &");
    command.folder = Some(folder.path().to_owned());
    assert_eq!(command.run(&outside()).await.unwrap(), Ended::Code(0));
    let late = folder.path().join("late");
    until(|| std::fs::read_to_string(&late).is_ok_and(|text| text == "done\n")).await;
}

async fn pid(path: &std::path::Path) -> String {
    let read = || std::fs::read_to_string(path).unwrap_or_default();
    until(|| read().ends_with('\n')).await;
    read().trim().to_owned()
}

/// Waits until there is no such process, or only what is left of one.
async fn gone(pid: &str) {
    let state = format!("/proc/{pid}/stat");
    until(|| std::fs::read_to_string(&state).map_or(true, |stat| stat.contains(") Z "))).await;
}

async fn until(mut there: impl FnMut() -> bool) {
    let waiting = async {
        while !there() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.expect("it came in time");
}
