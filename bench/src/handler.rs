//! What an XML lookup costs that a script answers: a run of the script each.

use ringfence_tests::eventually;

use crate::server;

/// Answers a user, as a directory of some thousand would from a table.
const HANDLER: &str = r#"
local user = params:getHeader("user")
XML_STRING = [[<document type="freeswitch/xml"><section name="directory">
  <domain name="example.org"><user id="]] .. user .. [["><params>
    <param name="password" value="1234"/><param name="dial-string" value="sofia/internal/]] .. user .. [["/>
  </params><variables><variable name="toll_allow" value="domestic"/></variables></user></domain>
</section></document>]]
"#;

/// Looks users up, `argv[1]` of them, and leaves the µs of one in the global variable `argv[2]`.
const ASKS: &str = r#"
local api, times = freeswitch.API(), tonumber(argv[1])
local began = api:getTime()
for i = 1, times do assert(api:execute("user_exists", "id " .. i % 1000 .. " example.org") == "true") end
freeswitch.setGlobalVariable(argv[2], string.format("%.0f", (api:getTime() - began) * 1000 / times))
"#;

const TIMES: usize = 3_000;
/// Scripts that ask at the same time.
const TOGETHER: usize = 8;

pub(crate) fn run() {
    println!("## XML handlers\n");
    println!(
        "Users of the directory, looked up by scripts with `user_exists`; each is one run of the handler.\n"
    );
    println!("| | µs a lookup | lookups a second |");
    println!("|---|---:|---:|");
    for (what, cache) in [("asked each time", "0"), ("kept for 60 s", "60")] {
        let server = server(|conf| {
            conf.script("handler.lua", HANDLER)
                .script("asks.lua", ASKS)
                .profile(
                    "many",
                    "asks.lua",
                    &[("host-call-limit", "unlimited"), ("cpu-limit", "unlimited")],
                )
                .replace(
                    "autoload_configs/lua.conf.xml",
                    "</settings>",
                    &format!(
                        "<param name=\"xml-handler-script\" value=\"handler.lua\"/>\
                         <param name=\"xml-handler-bindings\" value=\"directory\"/>\
                         <param name=\"xml-handler-cache\" value=\"{cache}\"/></settings>"
                    ),
                );
        });
        for together in [1, TOGETHER] {
            let names: Vec<String> =
                (0..together).map(|at| format!("asked_{together}_{at}")).collect();
            for name in &names {
                let answer = server.api(&format!("luarun asks.lua {TIMES} {name}"));
                assert!(answer.starts_with("+OK"), "{answer}");
            }
            let figures: Vec<f64> = names
                .iter()
                .map(|name| {
                    eventually("the figures", || {
                        server.api(&format!("global_getvar {name}")).trim().parse().ok()
                    })
                })
                .collect();
            let mean = figures.iter().sum::<f64>() / figures.len() as f64;
            let rate = 1e6 / mean * together as f64;
            println!("| {what}, {together} at a time | {mean:.0} | {rate:.0} |");
        }
    }
    println!();
}
