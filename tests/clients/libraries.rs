use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use ringfence_tests::binary::repository;
use ringfence_tests::{DEADLINE, Sipp, eventually, log::Log};

use crate::{DRIVEN, server_that_connects};

/// Logs in, runs `api` and `bgapi`, gets the events of a call of sipp's, and drives that call.
#[track_caller]
fn works(program: &str, script: &str, environment: (&str, &str)) {
    let folder = installed();
    let (server, outbound) = server_that_connects();
    // Where Node.js looks for modules is beside the script.
    let script_file = repository().join("tests/clients").join(script);
    let mut command = Command::new(program);
    command
        .arg(&script_file)
        .args([server.configuration.event_socket.to_string(), outbound.to_string()])
        .env(environment.0, folder.join(environment.1))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child =
        command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; run ./setup.sh"));
    let mut client = Client { child, said: Log::default() };
    client.said.follow(client.child.stdout.take().expect("piped"));
    client.said.follow(client.child.stderr.take().expect("piped"));
    client.says("ready");
    Sipp::calls(&server, "call_until_bye.xml", DRIVEN).passes();
    client.says("ok");
    let status = eventually("the client to end", || client.child.try_wait().unwrap());
    assert!(status.success(), "{status}: {}", client.said);
}

/// A program of this test, ended with it.
struct Client {
    child: Child,
    said: Log,
}

impl Client {
    #[track_caller]
    fn says(&mut self, word: &str) {
        let start = std::time::Instant::now();
        while !self.said.lines().iter().any(|line| line == word) {
            let ended = self.child.try_wait().unwrap();
            let late = start.elapsed() > DEADLINE;
            if late || (ended.is_some_and(|status| !status.success())) {
                panic!("the client does not say {word}; it said:\n{}", self.said);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn installed() -> PathBuf {
    let folder = repository().join("target/clients");
    assert!(folder.is_dir(), "{} is missing; run ./setup.sh", folder.display());
    folder
}

#[test]
fn greenswitch() {
    works("python3", "python/client.py", ("PYTHONPATH", "python"));
}

#[test]
fn modesl() {
    works("node", "node/modesl.js", ("NODE_PATH", "node/node_modules"));
}

#[test]
fn esl() {
    works("node", "node/esl.mjs", ("NODE_PATH", "node/node_modules"));
}
