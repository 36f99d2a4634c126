//! How long a script takes from the request until it is gone: `request → hello → dropped`.
//!
//! `cargo run --release -p ringfence-host --example start [runs]` starts an inline script through the API
//! command `lua` one at a time, as an operator's `lua ~stream:write("hello")` would, and prints the
//! median and the 99th percentile. Then the same with 500 lines more, with these in a file (compiled
//! once), and with five modules of 500 lines beside. The first hundred runs warm up and are not counted.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "an example")]

use std::{
    fmt::Write,
    path::Path,
    time::{Duration, Instant},
};

use ringfence_host::{LuaConfiguration, Scripts};
use ringfence_media::Media;
use ringfence_rim::{Clock, Network};
use ringfence_sandbox::Sandbox;
use ringfence_switch::{
    Setup, Switch,
    config::Configuration,
    variable::Variables,
    xml::{self, Assembled},
};

/// Runs that are not counted.
const WARM_UP: usize = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let runs: usize = std::env::args().nth(1).map_or(2_000, |text| text.parse().unwrap());
    let cache = std::env::temp_dir().join("ringfence-example-guests");
    let config =
        ringfence_sandbox::Config { instances: 100, ..ringfence_sandbox::Config::new(cache) };
    let folder = std::env::temp_dir().join("ringfence-example-scripts");
    let lines = write_scripts(&folder);
    for (name, line) in [
        ("one line, compiled in the run", "~stream:write(\"hello\")"),
        ("500 lines, compiled in the run", &format!("~{lines}")),
        ("500 lines in a file", "long.lua"),
        ("500 lines in a file and 5 modules", "modules.lua"),
    ] {
        // What a run costs, without waking threads; then as the server does it.
        let here = Sandbox::on(config.clone(), tokio::runtime::Handle::current()).unwrap();
        measure(&format!("{name}, on one thread"), here, &folder, line, runs).await;
        let threads = Sandbox::new(config.clone()).unwrap();
        measure(&format!("{name}, on guest threads"), threads, &folder, line, runs).await;
    }
}

/// Answers the longest of them.
fn write_scripts(folder: &Path) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let mut lines = String::new();
    for number in 0..100 {
        writeln!(
            lines,
            "local function step_{number}(session, digits)\n    if digits == \"{number}\" then\n        \
             return session:transfer(\"{number}\", \"XML\", \"default\")\n    end\nend"
        )
        .unwrap();
    }
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    let long = format!("{lines}stream:write(\"hello\")");
    write("long.lua", long.clone());
    let mut requires = String::new();
    for number in 0..5 {
        write(&format!("module_{number}.lua"), format!("{lines}return step_1"));
        writeln!(requires, "require \"module_{number}\"").unwrap();
    }
    write("modules.lua", format!("{requires}{long}"));
    long
}

async fn measure(what: &str, sandbox: Sandbox, folder: &Path, line: &str, runs: usize) {
    let mut assembled = Assembled::default();
    "<document type=\"freeswitch/xml\"/>".clone_into(&mut assembled.text);
    let root = xml::parse(&assembled).unwrap();
    let configuration = Configuration::read(root, Variables::new(), &mut Vec::new());
    let switch = Switch::new(Setup {
        configuration,
        directory: None,
        sip: None,
        media: Media::simulated(ringfence_media::Config::default(), Network::new()).unwrap(),
        clock: Clock::System,
        hostname: "localhost".to_owned(),
    });
    let scripts = Scripts::new(switch.clone(), sandbox, LuaConfiguration::new(folder));
    scripts.prepare().await.unwrap();

    let mut times: Vec<Duration> = Vec::with_capacity(runs);
    for run in 0..runs + WARM_UP {
        let began = Instant::now();
        let output = switch.command("lua", line, None).await.unwrap();
        assert_eq!(output, "hello");
        if run >= WARM_UP {
            times.push(began.elapsed());
        }
    }
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    println!("{what}: median {:?}, 99 % {:?}", at(50), at(99));
}
