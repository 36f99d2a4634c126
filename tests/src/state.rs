//! What a script can be busy with when somebody ends it.
//!
//! One table, used by the promise (`tests/promises/kill.rs`) and by the figure (`bench/`).

use crate::{Caller, Configuration, Peer, Server};

/// What a script says in the log when it is about to be busy.
const AT_WORK: &str = "at work";

/// A state of a script that serves a call.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// For people; also part of the script's name.
    pub name: &'static str,
    /// What it does after `session:answer()`. `work()` writes [`AT_WORK`].
    pub script: &'static str,
    /// What the phone does before the script is in that state.
    pub phone: Phone,
    /// True when the guest computes, false when it waits in a host call.
    pub spins: bool,
}

/// What the phone does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phone {
    /// It stays in the call.
    Stays,
    /// It presses a key.
    Presses,
    /// It hangs up.
    HangsUp,
}

const fn spins(name: &'static str, script: &'static str) -> State {
    State { name, script, phone: Phone::Stays, spins: true }
}

const fn waits(name: &'static str, script: &'static str) -> State {
    State { name, script, phone: Phone::Stays, spins: false }
}

/// Every state in which a script must be ended from outside.
pub const STATES: &[State] = &[
    spins("endless_loop", "work() while true do end"),
    spins("pattern", r#"work() while true do string.find(("a"):rep(1e4), ".-.-.-.-b$") end"#),
    spins("string_rep", r#"work() while true do local s = string.rep("x", 4000000) end"#),
    spins(
        "table_sort",
        "local t = {} for i = 1, 100000 do t[i] = i end work()
         while true do table.sort(t, function(a, b) return (a * 7919) % 100003 < (b * 7919) % 100003 end) end",
    ),
    spins("gsub_callback", r#"work() while true do string.gsub(("a"):rep(10000), "a", function() return "b" end) end"#),
    spins("pcall", "work() while true do pcall(function() while true do end end) end"),
    spins(
        "xpcall_handler",
        "work() while true do xpcall(error, function() while true do end end) end",
    ),
    spins(
        "coroutines",
        "work() while true do
             local inner = coroutine.wrap(function() while true do coroutine.yield() end end)
             for i = 1, 1000 do inner() end
         end",
    ),
    spins(
        "garbage_collection",
        "work() while true do setmetatable({}, { __gc = function() while true do end end }) end",
    ),
    spins("load", "work() while true do load(function() return ' ' end) end"),
    spins("log_nothing", "work() while true do session:getVariable('uuid') end"),
    State {
        name: "input_callback",
        script: r#"function pressed() work() while true do end end
                   session:setInputCallback("pressed")
                   session:streamFile("silence_stream://600000")"#,
        phone: Phone::Presses,
        spins: true,
    },
    State {
        name: "hangup_hook",
        script: r#"function gone() work() while true do end end
                   session:setHangupHook("gone")
                   session:sleep(600000)"#,
        phone: Phone::HangsUp,
        spins: true,
    },
    State {
        name: "after_the_hangup",
        script: "while session:ready() do session:sleep(600000) end work() freeswitch.msleep(600000)",
        phone: Phone::HangsUp,
        spins: false,
    },
    waits("sleep", "work() session:sleep(600000)"),
    waits("sleep_in_pcall", "work() while true do pcall(session.sleep, session, 600000) end"),
    waits(
        "sleep_in_coroutine",
        "coroutine.wrap(function() work() session:sleep(600000) end)()",
    ),
    waits("pause_without_the_call", "work() freeswitch.msleep(600000)"),
    waits("playback", r#"work() session:streamFile("tone_stream://%(1000,0,440);loops=-1")"#),
    waits("playback_as_application", r#"work() session:execute("playback", "silence_stream://600000")"#),
    waits("echo", r#"work() session:execute("echo")"#),
    waits("park", r#"work() session:execute("park")"#),
    waits(
        "recording",
        r#"work() session:recordFile(freeswitch.getGlobalVariable("recordings_dir") .. "/killed.wav", 600)"#,
    ),
    waits("digits", r##"work() session:getDigits(4, "#", 600000)"##),
    waits("read", r##"work() session:read(1, 4, "silence_stream://600000", 600000, "#")"##),
    waits(
        "play_and_digits",
        r##"work() session:playAndGetDigits(1, 4, 9, 600000, "#", "silence_stream://600000", "", "1")"##,
    ),
    waits("api_command", r#"work() freeswitch.API():execute("lua", "~freeswitch.msleep(600000)")"#),
    waits(
        "api_command_of_text",
        r#"work() freeswitch.API():executeString("lua ~freeswitch.msleep(600000)")"#,
    ),
    waits(
        "event_consumer",
        r#"local events = freeswitch.EventConsumer("CUSTOM", "nosuch::event") work() events:pop(1, 600000)"#,
    ),
    waits(
        "database",
        r#"local database = freeswitch.Dbh("sqlite://:memory:") work()
           database:query("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")"#,
    ),
    waits(
        "answer",
        r#"work() freeswitch.API():execute("originate", freeswitch.getGlobalVariable("ringing") .. " &park")"#,
    ),
];

/// A profile that ends nothing by itself: what ends under it was killed.
pub fn unlimited(conf: &Configuration) {
    let limits = ["cpu-limit", "burst-limit", "wall-limit", "hangup-grace", "host-call-limit"];
    let unlimited: Vec<_> = limits.iter().map(|limit| (*limit, "unlimited")).collect();
    conf.profile("unlimited", "test_*.lua", &unlimited);
}

/// The extension of a state, by its place in [`STATES`].
pub fn number(index: usize) -> String {
    format!("60{index:02}")
}

/// An extension for each state, under [`unlimited`]; answers the phone that rings in one of them.
pub fn configure(conf: &Configuration) -> Peer {
    unlimited(conf);
    let phone = ringing(conf);
    for (index, state) in STATES.iter().enumerate() {
        state.configure(conf, &number(index));
    }
    phone
}

/// A call whose script is in the state of that place.
pub fn busy(server: &Server, index: usize) -> Caller {
    let state = &STATES[index];
    let mark = format!("{AT_WORK}: {}", state.name);
    let before = server.log.with(&mark).len();
    let caller = state.call(server.port(), &number(index));
    server.says(&mark, before);
    caller
}

impl State {
    /// Adds an extension `number` whose call is in this state.
    fn configure(&self, conf: &Configuration, number: &str) {
        let script = format!(
            "function work() freeswitch.consoleLog('notice', '{AT_WORK}: {}\\n') end\n\
             session:answer()\n{}",
            self.name, self.script
        );
        conf.lua_and_tell(number, &script);
    }

    /// Dials `number`, and does what the phone does. The script is in its state when it has said
    /// so; who hears that is for the caller of this.
    #[track_caller]
    fn call(&self, port: u16, number: &str) -> Caller {
        let mut caller = Caller::new(port);
        caller.invite(number);
        caller.answered();
        match self.phone {
            Phone::Stays => {}
            Phone::Presses => caller.press('5'),
            Phone::HangsUp => drop(caller.bye()),
        }
        caller
    }
}

/// A phone that rings and never answers, as the global variable `ringing` names it to scripts.
fn ringing(conf: &Configuration) -> Peer {
    let phone = Peer::start(|_| vec!["180 Ringing".to_owned()]);
    let variable = format!(
        "<X-PRE-PROCESS cmd=\"set\" data=\"ringing=sofia/internal/nobody@127.0.0.1:{}\"/>",
        phone.port
    );
    conf.replace("vars.xml", "</include>", &format!("{variable}\n</include>"));
    phone
}
