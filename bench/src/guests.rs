//! Ten thousand scripts that sleep, without calls: what a guest alone takes.

use std::thread;
use std::time::{Duration, Instant};

use ringfence_tests::{Server, eventually};

use crate::{process, server};

const GUESTS: u64 = 10_000;

/// Starts so many.
const START: &str = r#"
local api = freeswitch.API()
for i = 1, tonumber(argv[1]) do
    local answer = api:execute("luarun", "asleep.lua")
    if answer:sub(1, 3) ~= "+OK" then error(i .. ": " .. answer) end
end
stream:write("all")
"#;

/// Kills them and waits until none is left but this script itself. Writes how long both took, in ms.
const KILL: &str = r#"
local api = freeswitch.API()
local began = os.clock()
local killed = api:execute("script", "kill asleep.lua")
local told = os.clock() - began
local live
repeat
    live = tonumber(api:execute("script", "stats json"):match('"live":(%d+)'))
until live <= 1
stream:write(string.format("%.0f %.0f", told * 1e3, (os.clock() - began) * 1e3))
"#;

pub(crate) fn run() {
    println!("## {GUESTS} scripts asleep\n");
    println!(
        "`luarun` of a script that sleeps for an hour, {GUESTS} times, and one `script kill` for all.\n"
    );
    let server = server(|conf| {
        let many = "unlimited";
        conf.set("sandbox", "instances", &(GUESTS + 10).to_string())
            .script("asleep.lua", "freeswitch.msleep(3600000)")
            .script("start.lua", START)
            .script("kill.lua", KILL)
            .profile(
                "many",
                "*.lua",
                &[("owner-instances", many), ("burst-limit", many), ("host-call-limit", many)],
            );
    });
    round(&server, 100); // compiles, and fills the warm slots
    let before = Memory::of(&server);
    println!("| | |");
    println!("|---|---:|");
    let first = round(&server, GUESTS);
    let each = |with: u64, without: u64| with.saturating_sub(without) / GUESTS;
    println!("| memory each: own pages | {} kB |", each(first.with.own, before.own));
    println!(
        "| memory each: as RSS counts shared pages | {} kB |",
        each(first.with.rss, before.rss)
    );
    println!("| started in | {:.1} s |", first.started.as_secs_f64());
    println!("| `script kill` answered after | {} ms |", first.told_ms);
    println!("| all gone after | {} ms |", first.gone_ms);
    println!(
        "| own pages of the server before, with, after | {}, {}, {} MB |",
        before.own / 1024,
        first.with.own / 1024,
        first.after.own / 1024
    );
    let second = round(&server, GUESTS);
    println!("| after {GUESTS} more | {} MB |", second.after.own / 1024);
    println!("| all of those gone after | {} ms |", second.gone_ms);
    for command in ["unload mod_lua", "load mod_lua"] {
        let answer = server.api(command);
        assert!(answer.contains("+OK"), "{command}: {answer}");
        println!("| after `{command}` | {} MB |", Memory::of(&server).own / 1024);
    }
    println!();
}

struct Round {
    started: Duration,
    told_ms: u64,
    gone_ms: u64,
    with: Memory,
    after: Memory,
}

fn round(server: &Server, guests: u64) -> Round {
    let began = Instant::now();
    let answer = server.api(&format!("lua start.lua {guests}"));
    assert_eq!(answer, "all");
    let started = began.elapsed();
    eventually("all to sleep", || (asleep(server) == guests).then_some(()));
    let with = Memory::of(server);
    let answer = server.api("lua kill.lua");
    let mut times = answer.split(' ').map(|ms| ms.parse().unwrap_or_else(|_| panic!("{answer}")));
    let (told_ms, gone_ms) = (times.next().unwrap_or(0), times.next().unwrap_or(0));
    thread::sleep(Duration::from_secs(2)); // what is given back in the background
    Round { started, told_ms, gone_ms, with, after: Memory::of(server) }
}

/// How many wait in their sleep.
fn asleep(server: &Server) -> u64 {
    let list = server.api("script list json");
    list.matches("\"api.sleep\"").count() as u64
}

/// Memory in RAM, in kB.
struct Memory {
    /// Pages that nobody else maps.
    own: u64,
    /// All pages; one that a thousand guests share counts a thousand times.
    rss: u64,
}

impl Memory {
    fn of(server: &Server) -> Self {
        Self { own: process::own(server.pid()), rss: process::resident(server.pid()) }
    }
}
