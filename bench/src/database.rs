//! How late the packets of playing calls are while scripts wait for a slow database.

use std::thread;
use std::time::Duration;

use ringfence_tests::{Postgres, Receiver, audio, eventually};

use crate::lateness::{self, MEASURED, Part};
use crate::server;

const CALLS: u32 = 200;
/// How many scripts wait in each part: in a statement, or for one of its connections.
const WAITING: [usize; 2] = [0, 1000];
/// Connections: so many statements run.
const CONNECTIONS: usize = 50;

pub(crate) fn run() {
    println!("## Playing calls beside scripts that wait for a database\n");
    println!(
        "{CALLS} calls, PCMU, 20 ms; {CONNECTIONS} connections to PostgreSQL, each in a statement that \
         sleeps, the other scripts wait for one; {} s each.\n",
        MEASURED.as_secs()
    );
    let postgres = Postgres::start();
    let server = server(|conf| {
        audio::write(&conf.file("sounds/sweep.wav"), &audio::sweep(60.0));
        let file = conf.file("sounds/sweep.wav");
        let file = file.to_string_lossy();
        let script = format!(
            "local dbh = freeswitch.Dbh('{}') dbh:query('SELECT pg_sleep(3600)')",
            postgres.dsn()
        );
        conf.lua("7010", &format!("session:answer() session:streamFile('{file}')"))
            .script("slow.lua", &script)
            .profile("slow", "slow.lua", &[("statement-limit", "unlimited")])
            .setting("max-db-handles", &CONNECTIONS.to_string())
            .setting("db-handle-timeout", "3600");
    });
    let receiver = Receiver::start(8);
    let calls = CALLS.to_string();
    let mut parts = Vec::new();
    let arguments = ["-r", "100", "-m", &calls, "-l", &calls, "-d", "50000"];
    thread::scope(|scope| {
        let load = || lateness::calls(&server, &receiver, "7010").with(&arguments).counts();
        let playing = scope.spawn(load);
        thread::sleep(Duration::from_secs(4)); // all of them play
        for waiting in WAITING {
            for _ in 0..waiting {
                let answer = server.api("luarun slow.lua");
                assert!(answer.starts_with("+OK"), "{answer}");
            }
            let statements = waiting.min(CONNECTIONS);
            eventually("the statements", || {
                (postgres.running().lines().count() == statements).then_some(())
            });
            parts.push(Part::measure(waiting, &server, &receiver));
        }
        server.api("script kill slow.lua");
        let counted = playing.join().expect("sipp");
        assert_eq!(counted.failed, 0, "calls failed: {counted:?}");
    });
    lateness::table("scripts that wait", &parts, &receiver.stop());
}
