//! How late the packets of playing calls are while scripts wait for a slow database.

use std::path::Path;
use std::thread;
use std::time::Duration;

use ringfence_tests::{Postgres, Receiver, Sipp, audio, eventually};

use crate::{process, server};

const CALLS: u32 = 200;
const MEASURED: Duration = Duration::from_secs(10);
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
    let ports: String = receiver.ports.iter().map(|port| format!("{port}\n")).collect();
    let list = server.file("ports.csv");
    std::fs::write(&list, format!("SEQUENTIAL\n{ports}")).expect("the list of ports");
    let list = list.to_string_lossy();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp/call_with_rtp_port.xml");
    let scenario = scenario.to_string_lossy();
    let calls = CALLS.to_string();
    let mut parts = Vec::new();
    let arguments = ["-r", "100", "-m", &calls, "-l", &calls, "-d", "50000", "-inf", &list];
    thread::scope(|scope| {
        let load = || Sipp::calls(&server, &scenario, "7010").with(&arguments).counts();
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
            let (from, cpu) = (receiver.now(), process::cpu(server.pid()));
            thread::sleep(MEASURED);
            let (to, cpu) = (receiver.now(), process::cpu(server.pid()) - cpu);
            parts.push((waiting, from..to, cpu));
        }
        server.api("script kill slow.lua");
        let counted = playing.join().expect("sipp");
        assert_eq!(counted.failed, 0, "calls failed: {counted:?}");
    });
    let arrivals = receiver.stop();
    println!("| scripts that wait | packets | late: median | p99 | p99.9 | cores of the server |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for (waiting, part, cpu) in parts {
        let late = arrivals.lateness(part.start, part.end);
        let ms = |thousandths| late.at(thousandths).as_secs_f64() * 1000.0;
        println!(
            "| {waiting} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.2} |",
            late.packets(),
            ms(500),
            ms(990),
            ms(999),
            cpu.as_secs_f64() / MEASURED.as_secs_f64()
        );
    }
    println!();
}
