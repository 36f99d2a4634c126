//! How late the packets of playing calls are while scripts spin.

use std::path::Path;
use std::thread;
use std::time::Duration;

use ringfence_tests::{Receiver, Sipp, audio};

use crate::{process, server};

const CALLS: u32 = 200;
const MEASURED: Duration = Duration::from_secs(10);
/// How many scripts spin in each part.
const SPINNING: [usize; 3] = [0, 4, 64];

pub(crate) fn run() {
    println!("## Playing calls beside scripts that spin\n");
    println!(
        "{CALLS} calls, PCMU, 20 ms, half of them played by a script; {} s each.\n",
        MEASURED.as_secs()
    );
    let server = server(|conf| {
        audio::write(&conf.file("sounds/sweep.wav"), &audio::sweep(60.0));
        let file = conf.file("sounds/sweep.wav");
        let file = file.to_string_lossy();
        conf.lua("7010", &format!("session:answer() session:streamFile('{file}')"))
            .extension(
                "7011",
                &format!(
                    r#"<action application="answer"/><action application="playback" data="{file}"/>"#
                ),
            )
            .script("spin.lua", "while true do end")
            .profile("spinning", "spin.lua", &[("burst-limit", "unlimited")]);
    });
    let receiver = Receiver::start(8);
    let ports: String = receiver.ports.iter().map(|port| format!("{port}\n")).collect();
    let list = server.file("ports.csv");
    std::fs::write(&list, format!("SEQUENTIAL\n{ports}")).expect("the list of ports");
    let list = list.to_string_lossy();
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp/call_with_rtp_port.xml");
    let scenario = scenario.to_string_lossy();
    let half = (CALLS / 2).to_string();
    let load = |number: &str| {
        let arguments = ["-r", "100", "-m", &half, "-l", &half, "-d", "50000", "-inf", &list];
        Sipp::calls(&server, &scenario, number).with(&arguments).counts()
    };
    let mut parts = Vec::new();
    thread::scope(|scope| {
        let calls = ["7010", "7011"].map(|number| scope.spawn(move || load(number)));
        thread::sleep(Duration::from_secs(4)); // all of them play
        for spinning in SPINNING {
            for _ in 0..spinning {
                let answer = server.api("luarun spin.lua");
                assert!(answer.starts_with("+OK"), "{answer}");
            }
            thread::sleep(Duration::from_secs(1));
            let (from, cpu) = (receiver.now(), process::cpu(server.pid()));
            thread::sleep(MEASURED);
            let (to, cpu) = (receiver.now(), process::cpu(server.pid()) - cpu);
            parts.push((spinning, from..to, cpu));
            if spinning > 0 {
                server.api("script kill spin.lua");
            }
        }
        for calls in calls {
            let counted = calls.join().expect("sipp");
            assert_eq!(counted.failed, 0, "calls failed: {counted:?}");
        }
    });
    let arrivals = receiver.stop();
    println!("| scripts that spin | packets | late: median | p99 | p99.9 | cores of the server |");
    println!("|---:|---:|---:|---:|---:|---:|");
    for (spinning, part, cpu) in parts {
        let late = arrivals.lateness(part.start, part.end);
        let ms = |thousandths| late.at(thousandths).as_secs_f64() * 1000.0;
        println!(
            "| {spinning} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.2} |",
            late.packets(),
            ms(500),
            ms(990),
            ms(999),
            cpu.as_secs_f64() / MEASURED.as_secs_f64()
        );
    }
    println!();
}
