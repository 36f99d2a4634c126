//! INVITE → Lua script (answer, 2 × setVariable, 3 × getVariable, hangup) → BYE.

use ringfence_tests::Sipp;

use crate::{process, server};

const SCRIPT: &str = r#"
session:answer()
session:setVariable("v1", "one")
session:setVariable("v2", "two")
local a = session:getVariable("caller_id_number")
local b = session:getVariable("uuid")
local c = session:getVariable("v1")
session:hangup()
"#;

/// Calls a second that are tried, one after the other, for ten seconds each.
const RATES: [u32; 6] = [400, 1000, 2000, 3000, 4000, 5000];
const SECONDS: u32 = 10;

pub(crate) fn run() {
    println!("## Calls that run a script\n");
    println!("sipp, UDP, loopback: INVITE, script (answer, 2 setVariable, 3 getVariable, hangup),");
    println!(
        "BYE; {SECONDS} s each. FreeSWITCH: clean to 400 calls/s, 4.4 to 5.6 ms CPU a call.\n"
    );
    println!("| calls/s | calls | failed | retransmissions | INVITE to 200, mean | CPU a call |");
    println!("|---:|---:|---:|---:|---:|---:|");
    let server = server(|conf| {
        conf.lua("7000", SCRIPT).setting("sessions-per-second", "100000");
    });
    let load = |rate: u32, calls: u32| {
        let (rate, calls) = (rate.to_string(), calls.to_string());
        Sipp::calls(&server, "call_until_bye.xml", "7000")
            .with(&["-r", &rate, "-m", &calls, "-l", "20000"])
            .counts()
    };
    load(200, 400); // fills pools and caches
    for rate in RATES {
        let calls = rate * SECONDS;
        let before = process::cpu(server.pid());
        let counted = load(rate, calls);
        let cpu = process::cpu(server.pid()) - before;
        println!(
            "| {rate} | {calls} | {} | {} | {} ms | {:.2} ms |",
            counted.failed,
            counted.retransmissions,
            counted.response_ms,
            cpu.as_secs_f64() * 1000.0 / f64::from(calls)
        );
    }
    println!();
}
