//! Starting a script: what comes before its first line, and after its last.

use crate::{process, server};

const RUNS: u32 = 5_000;

/// Runs an empty script so often, one after the other, and writes median, 99th percentile and total
/// of the times in µs.
const STARTS: &str = r#"
local api, runs, times, total = freeswitch.API(), tonumber(argv[1]), {}, 0
for i = 1, runs do
    local began = os.clock()
    api:execute("lua", "empty.lua")
    times[i] = (os.clock() - began) * 1e6
    total = total + times[i]
end
table.sort(times)
stream:write(string.format("%.0f %.0f %.0f", times[runs / 2], times[runs * 0.99], total))
"#;

pub(crate) fn run() {
    println!("## Starting a script\n");
    println!("`api:execute(\"lua\", \"empty.lua\")`, {RUNS} times, one after the other.\n");
    let server = server(|conf| {
        conf.script("empty.lua", "").script("starts.lua", STARTS).profile(
            "many",
            "*.lua",
            &[("burst-limit", "unlimited"), ("host-call-limit", "unlimited")],
        );
    });
    let measure = |runs: u32| {
        let answer = server.api(&format!("lua starts.lua {runs}"));
        let figures: Vec<f64> = answer
            .split(' ')
            .map(|figure| figure.parse().unwrap_or_else(|_| panic!("{answer}")))
            .collect();
        let [median, late, total] = figures[..] else { panic!("{answer}") };
        (median, late, total)
    };
    measure(100); // compiles, and fills a slot
    let before = process::cpu(server.pid());
    let (median, late, total) = measure(RUNS);
    let cpu = process::cpu(server.pid()) - before;
    println!("| | |");
    println!("|---|---:|");
    println!("| command to answer, median, p99 | {median:.0}, {late:.0} µs |");
    println!("| mean | {:.0} µs |", total / f64::from(RUNS));
    println!(
        "| CPU a run, the command included | {:.0} µs |\n",
        cpu.as_secs_f64() * 1e6 / f64::from(RUNS)
    );
}
