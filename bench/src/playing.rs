//! Calls that play a WAV file: CPU, and how punctual the packets are.

use std::thread;
use std::time::Duration;

use ringfence_tests::{Receiver, audio};

use crate::{lateness, process, server};

const CALLS: u32 = 500;
const MEASURED: u32 = 15;

pub(crate) fn run() {
    println!("## Calls that play a WAV file\n");
    println!("{CALLS} calls, PCMU, 20 ms; measured for {MEASURED} s.\n");
    let server = server(|conf| {
        audio::write(&conf.file("sounds/sweep.wav"), &audio::sweep(60.0));
        conf.lua(
            "7002",
            r#"session:answer()
               session:streamFile(freeswitch.getGlobalVariable("sounds_dir") .. "/sweep.wav")"#,
        );
    });
    let receiver = Receiver::start(8);
    let calls = CALLS.to_string();
    let sipp = lateness::calls(&server, &receiver, "7002")
        .with(&["-r", "100", "-m", &calls, "-l", &calls, "-d", "30000"]);
    let (cpu, counted) = thread::scope(|scope| {
        let calls = scope.spawn(|| sipp.counts());
        // All play after 5 s; the first one goes after 30 s.
        thread::sleep(Duration::from_secs(10));
        let before = process::cpu(server.pid());
        thread::sleep(Duration::from_secs(u64::from(MEASURED)));
        let cpu = process::cpu(server.pid()) - before;
        (cpu, calls.join().expect("sipp"))
    });
    let late = receiver.stop().lateness(Duration::ZERO, Duration::MAX);
    let percentile = |share: usize| late.at(share).as_secs_f64() * 1000.0;
    let stream_seconds = f64::from(CALLS) * f64::from(MEASURED);
    println!("| | Ringfence | FreeSWITCH |");
    println!("|---|---:|---:|");
    println!(
        "| CPU a stream-second | {:.2} ms | 4.6 to 5.2 ms |",
        cpu.as_secs_f64() * 1000.0 / stream_seconds
    );
    println!(
        "| packets later than the stream's most punctual one, median, p99, p99.9 | {:.1}, {:.1}, {:.1} ms | |",
        percentile(500),
        percentile(990),
        percentile(999)
    );
    println!("| packets received | {} | |", late.packets());
    println!("| failed calls | {} | |", counted.failed);
    println!();
}
