//! Calls that wait in a script.

use std::thread;
use std::time::Duration;

use ringfence_tests::Sipp;

use crate::{process, server};

const CALLS: u64 = 1000;

pub(crate) fn run() {
    println!("## Calls asleep in a script\n");
    println!("{CALLS} calls in `session:answer() session:sleep(600000)`.\n");
    let server = server(|conf| {
        conf.lua("7001", "session:answer() session:sleep(600000)");
    });
    // Each call hangs up after `stay` milliseconds.
    let load = |calls: u64, stay: u32| {
        let (calls, stay) = (calls.to_string(), stay.to_string());
        Sipp::calls(&server, "call_and_bye.xml", "7001")
            .with(&["-r", "200", "-m", &calls, "-l", &calls, "-d", &stay])
            .counts()
    };
    load(20, 100); // fills pools and caches
    let idle = process::resident(server.pid());
    let (asleep, cpu, counted) = thread::scope(|scope| {
        let calls = scope.spawn(|| load(CALLS, 25_000));
        // All are there after 5 s, and the first one goes after 25 s.
        thread::sleep(Duration::from_secs(10));
        let asleep = process::resident(server.pid());
        let before = process::cpu(server.pid());
        thread::sleep(Duration::from_secs(10));
        let cpu = process::cpu(server.pid()) - before;
        (asleep, cpu, calls.join().expect("sipp"))
    });
    thread::sleep(Duration::from_secs(35)); // transactions are kept for 32 s
    let after = process::resident(server.pid());
    load(CALLS, 25_000);
    thread::sleep(Duration::from_secs(35));
    let again = process::resident(server.pid());
    println!("| | Ringfence | FreeSWITCH |");
    println!("|---|---:|---:|");
    println!("| memory a call | {} kB | 400 kB |", asleep.saturating_sub(idle) / CALLS);
    println!("| cores for {CALLS} calls | {:.3} | 1.9 |", cpu.as_secs_f64() / 10.0);
    println!("| server before, with, after the calls | {idle}, {asleep}, {after} kB | |");
    println!("| after {CALLS} calls more | {again} kB | |");
    println!("| failed calls | {} | |", counted.failed);
    println!();
}
