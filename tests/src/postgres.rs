//! A PostgreSQL server of one test.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::log::Log;
use crate::{eventually, ports};

/// The account that Debian's package makes. PostgreSQL refuses to run as root.
const ACCOUNT: &str = "postgres";

/// A real server on a free port, with a database `test` of the user `ringfence`, who needs no password.
/// Ended, and its files removed, when it goes out of scope.
pub struct Postgres {
    child: Child,
    folder: tempfile::TempDir,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    log: Log,
}

impl Postgres {
    /// Starts one and waits until it answers.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("ringfence-pg-").tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let account = account();
        if let Some((user, group)) = account {
            chown(&data, Some(user), Some(group)).unwrap();
        }
        let mut make = program("initdb", account);
        make.args(["--username=ringfence", "--auth=trust", "--no-sync", "--encoding=UTF8"]);
        make.args(["--locale=C", "-D"]).arg(&data).current_dir(folder.path());
        let made = make.output().expect("initdb");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = ports::free();
        let (child, log) = serve(&data, port, account);
        let mut postgres = Self { child, folder, port, log };
        postgres.wait();
        let made = postgres.client("postgres", "CREATE DATABASE test");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        postgres
    }

    /// What scripts call it.
    pub fn dsn(&self) -> String {
        format!("pgsql://hostaddr=127.0.0.1 port={} dbname=test user=ringfence", self.port)
    }

    /// Runs a statement with `psql` and answers its rows, a line each.
    #[track_caller]
    pub fn query(&self, sql: &str) -> String {
        let done = self.client("test", sql);
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Statements that run now for anybody but `psql`.
    pub fn running(&self) -> String {
        self.query(
            "SELECT query FROM pg_stat_activity WHERE datname = 'test' AND state <> 'idle' \
             AND application_name <> 'psql'",
        )
    }

    /// Ends it and all its connections at once, without a word to anybody.
    pub fn stop(&mut self) {
        // The shell has a kill of its own, and this process may not call libc.
        let quit = format!("kill -QUIT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &quit]).status().unwrap().success());
        self.child.wait().unwrap();
    }

    /// Serves again on the same port.
    pub fn restart(&mut self) {
        let data = self.folder.path().join("data");
        (self.child, self.log) = serve(&data, self.port, account());
        self.wait();
    }

    fn client(&self, database: &str, sql: &str) -> std::process::Output {
        let mut client = Command::new(folder().join("psql"));
        let port = self.port.to_string();
        client.args(["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "ringfence"]);
        client.args(["-p", &port, "-d", database, "-c", sql]);
        client.output().expect("psql")
    }

    fn wait(&mut self) {
        eventually("PostgreSQL to answer", || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("PostgreSQL ended with {status}; it said:\n{}", self.log);
            }
            self.client("postgres", "SELECT 1").status.success().then_some(())
        });
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its children end when it is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("PostgreSQL said:\n{}", self.log);
        }
    }
}

fn serve(data: &Path, port: u16, account: Option<(u32, u32)>) -> (Child, Log) {
    let mut command = program("postgres", account);
    command.arg("-D").arg(data).arg("-p").arg(port.to_string());
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "max_connections=120",
        "autovacuum=off",
    ] {
        command.args(["-c", setting]);
    }
    let folder = data.parent().expect("data is in a folder");
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("postgres");
    let log = Log::default();
    log.follow(child.stderr.take().expect("piped"));
    (child, log)
}

/// A program of the newest version that is installed, under an account that it accepts.
fn program(name: &str, account: Option<(u32, u32)>) -> Command {
    let program = folder().join(name);
    match account {
        // Replaces itself, so that the child is the program.
        Some((user, group)) => {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={user}")).arg(format!("--regid={group}"));
            command.arg("--clear-groups").arg("--").arg(program);
            command
        }
        None => Command::new(program),
    }
}

fn folder() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").map(|folders| {
        folders.flatten().map(|folder| folder.path().join("bin")).filter(|bin| bin.exists()).max()
    });
    versions.ok().flatten().expect("PostgreSQL is missing: ./setup.sh installs it")
}

/// User and group to become, when this is root: [`ACCOUNT`], or nobody where that is missing.
fn account() -> Option<(u32, u32)> {
    let id = |what: &str, user: &[&str]| {
        let asked = Command::new("id").arg(what).args(user).output().expect("id");
        String::from_utf8_lossy(&asked.stdout).trim().parse().ok()
    };
    if id("-u", &[]) != Some(0) {
        return None;
    }
    let user = [ACCOUNT, "nobody"].into_iter().find(|user| id("-u", &[user]).is_some());
    let user = user.expect("an account that is not root");
    id("-u", &[user]).zip(id("-g", &[user]))
}
