//! How late the packets of playing calls are while scripts spin.

use std::thread;
use std::time::Duration;

use ringfence_tests::{Receiver, audio};

use crate::lateness::{self, MEASURED, Part};
use crate::server;

const CALLS: u32 = 200;
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
    let half = (CALLS / 2).to_string();
    let arguments = ["-r", "100", "-m", &half, "-l", &half, "-d", "50000"];
    let loads =
        ["7010", "7011"].map(|number| lateness::calls(&server, &receiver, number).with(&arguments));
    let mut parts = Vec::new();
    thread::scope(|scope| {
        let calls = loads.map(|load| scope.spawn(move || load.counts()));
        thread::sleep(Duration::from_secs(4)); // all of them play
        for spinning in SPINNING {
            for _ in 0..spinning {
                let answer = server.api("luarun spin.lua");
                assert!(answer.starts_with("+OK"), "{answer}");
            }
            thread::sleep(Duration::from_secs(1));
            parts.push(Part::measure(spinning, &server, &receiver));
            if spinning > 0 {
                server.api("script kill spin.lua");
            }
        }
        for calls in calls {
            let counted = calls.join().expect("sipp");
            assert_eq!(counted.failed, 0, "calls failed: {counted:?}");
        }
    });
    lateness::table("scripts that spin", &parts, &receiver.stop());
}
