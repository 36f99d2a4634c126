//! What a script pays for each of FreeSWITCH's functions that it calls most.

use ringfence_tests::eventually;

use crate::server;

/// Rows: what is called, how often, and what FreeSWITCH 1.11 takes for one in µs.
const ROWS: [(&str, u32, &str); 7] = [
    ("session:getVariable", 200_000, "1.0"),
    ("session:setVariable", 200_000, "1.3"),
    ("session:ready", 200_000, "0.5"),
    ("api:execute(\"echo\", …)", 50_000, "11"),
    ("session:execute(\"set\", …)", 20_000, "230 to 560"),
    ("Event + addHeader", 100_000, "not measured"),
    ("dbh:query of one row, SQLite in memory", 20_000, "6"),
];

/// Runs each so often, the number in `argv`, and leaves the µs of one in a global variable.
const SURFACE: &str = r#"
local clock = require("socket").gettime
local api = freeswitch.API()
local dbh = assert(freeswitch.Dbh("sqlite://:memory:"))
dbh:query("create table t (a integer, b text)")
dbh:query("insert into t values (1, 'one')")
session:setVariable("known", "value")
local name
local calls = {
    function() return session:getVariable("known") end,
    function() return session:setVariable("other", "value") end,
    function() return session:ready() end,
    function() return api:execute("echo", "x") end,
    function() return session:execute("set", "third=value") end,
    function()
        local event = freeswitch.Event("CUSTOM", "bench::surface")
        return event:addHeader("Name", "value")
    end,
    function()
        return dbh:query("select a, b from t", function(row) name = row.b end)
    end,
}
local figures = {}
for row, call in ipairs(calls) do
    local times = tonumber(argv[row])
    for _ = 1, times / 10 do call() end
    local began = clock()
    for _ = 1, times do call() end
    figures[row] = string.format("%.2f", (clock() - began) * 1e6 / times)
end
assert(name == "one")
freeswitch.setGlobalVariable("figures", table.concat(figures, " "))
"#;

pub(crate) fn run() {
    println!("## What a script calls\n");
    println!("In a call without media, one after the other, in µs a call; the machine is idle.\n");
    let server = server(|conf| {
        let unlimited = ["burst-limit", "cpu-limit", "host-call-limit", "log-limit"];
        let unlimited = unlimited.map(|name| (name, "unlimited"));
        conf.script("surface.lua", SURFACE).profile("many", "surface.lua", &unlimited);
    });
    let times: Vec<String> = ROWS.iter().map(|(_, times, _)| times.to_string()).collect();
    let answer = server.api(&format!("originate null/x '&lua(surface.lua {})'", times.join(" ")));
    assert!(answer.starts_with("+OK"), "{answer}");
    let figures = eventually("the figures", || {
        let figures = server.api("global_getvar figures");
        (!figures.is_empty() && !figures.starts_with('-')).then_some(figures)
    });
    println!("| | Ringfence | FreeSWITCH |");
    println!("|---|---:|---:|");
    for ((what, _, theirs), ours) in ROWS.iter().zip(figures.split(' ')) {
        println!("| `{what}` | {ours} | {theirs} |");
    }
    println!();
}
