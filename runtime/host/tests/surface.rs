//! Every function of the Lua surface with what it should not be given: nil, wrong types, too much, NULs,
//! bytes that are no UTF-8, numbers that are none; on a call, after its hangup, after `destroy`, and
//! without a call; and by a second script while the call's own one does something.
//!
//! The rows come from `lua-api`, so that no function can be forgotten. Each answers, or raises an
//! ordinary error; the script goes on, and so does the server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::fmt::Write as _;
use std::time::Duration;

use ringfence_host::LuaVersion;
use ringfence_lua_api::{CLASSES, Class, FUNCTIONS, Function, Gone, Kind, class};
use support::Server;

/// What tries a row: each parameter in turn gets each bad value, the others what they want.
const TRY: &str = r#"
local unpack = table.unpack or unpack
local tries, odd = 0, 0
local function attempt(name, call, given, count)
    local done, message = pcall(call, unpack(given, 1, count))
    tries = tries + 1
    if not done and type(message) ~= "string" then
        odd = odd + 1
        P("odd", name, type(message))
    end
end
local BAD = {true, {}, print, coroutine.create(print), "", "a\0b", "\255\254\128", ("x"):rep(70000), ("y"):rep(1000000)}
local NUMBERS = {-1, 0/0, 1/0, -1/0, 1e300, 2^31, 0.5}
local good = {
    Text = "x", ConstText = "x", Bytes = "x", Char = "x", Int = 1, Unsigned = 1, Flag = true,
    Table = {}, Function = function() end, Any = "x",
    Session = freeswitch.Session(), SessionGiven = freeswitch.Session(),
    Event = freeswitch.Event("CUSTOM", "surface::test"),
}
local function row(name, call, receiver, kinds, required, numbers)
    if type(call) ~= "function" and type(call) ~= "table" then
        P("missing", name)
        return
    end
    local first = receiver and 1 or 0
    local function given(count)
        local list = {}
        if receiver then list[1] = receiver end
        for index = 1, count do list[first + index] = good[kinds[index]] end
        return list
    end
    -- Too few and too many; the wrong object.
    attempt(name, call, {}, 0)
    attempt(name, call, given(#kinds), first + #kinds + 5)
    if receiver then
        attempt(name, call, {"wrong", unpack(given(required), 2)}, first + required)
    end
    for index = 1, #kinds do
        local count = math.max(index, required)
        local function with(value)
            local list = given(count)
            list[first + index] = value
            attempt(name, call, list, first + count)
        end
        with(nil)
        for _, value in ipairs(BAD) do with(value) end
        if numbers then
            for _, value in ipairs(NUMBERS) do with(value) end
        end
    end
end
"#;

/// Functions that end what the others are tried on.
const LAST: &[&str] = &["destroy", "hangup", "transfer", "execute", "playAndGetDigits"];

#[test]
fn nothing_that_is_given_does_harm() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        for version in [LuaVersion::V51, LuaVersion::V52, LuaVersion::V53, LuaVersion::V54] {
            let server = Server::start(version).await;
            let session = class("Session").unwrap();
            let on = |state: &str, receiver: &str, live: bool| {
                let mut code = format!("{TRY}\n{state}\n");
                let (last, first): (Vec<_>, Vec<_>) =
                    session.methods.iter().partition(|row| LAST.contains(&row.name()));
                let rows = first.into_iter().chain(last.into_iter().filter(|_| !live));
                rows.for_each(|row| try_row(&mut code, session, row, receiver, !live));
                code + "P(\"tries\", tries > 100, odd)"
            };
            let cases = [
                ("up", on("session:answer()", "session", true)),
                ("over", on("session:answer() session:hangup()", "session", false)),
                (
                    "destroyed",
                    on("local s = freeswitch.Session(session:get_uuid()) s:destroy()", "s", false),
                ),
                (
                    "twice",
                    on(
                        "session:answer() local s = freeswitch.Session(session:get_uuid())",
                        "s",
                        true,
                    ),
                ),
            ];
            for (id, code) in cases {
                server.snippet(id, &code);
                server.call(id, false, Vec::new()).await;
                assert_eq!(server.printed(id), ["\"tries\", true, 0"], "{version:?} {id}");
            }
            server.snippet("none", &without_a_call(on("", "freeswitch.Session()", false)));
            server.command(&format!("lua golden/run.lua {}", server.files("none"))).await;
            assert_eq!(server.printed("none"), ["\"tries\", true, 0"; 2], "{version:?}");
            // The server is as it was.
            assert_eq!(server.command("echo fine").await, "fine");
        }
    });
}

/// What the call's own script does again and again, after some setting up.
const STATES: &[(&str, &str, &str)] = &[
    ("playing", "", "session:streamFile('tone_stream://%(1000,0,440)')"),
    ("recording", "", "session:recordFile('kept.wav', 1)"),
    ("collecting", "", "session:getDigits(5, '#', 1000)"),
    ("prompting", "", "session:read(1, 5, 'silence_stream://1000', 500, '#')"),
    (
        "bridged",
        "local other = freeswitch.Session('loopback/raw_rest/public')",
        "freeswitch.bridge(session, other)",
    ),
    ("over", "session:hangup()", "freeswitch.msleep(500)"),
];

#[test]
fn two_scripts_at_once_on_a_call_do_no_harm() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        for (state, begin, again) in STATES {
            let server = Server::start(LuaVersion::default()).await;
            server.snippet("rest", "session:answer() session:sleep(60000)");
            server.snippet(
                "one",
                &format!(
                    "session:answer() {begin}\n\
                     local from, rounds = now(), 0\n\
                     while session:getVariable('tried') ~= 'yes' and now() - from < 20000 do\n\
                     {again} rounds = rounds + 1 end\n\
                     P('rounds', rounds > 0, session:getVariable('tried'))"
                ),
            );
            let live = *state != "over";
            let mut code = format!(
                "{TRY}\nlocal s, mark = freeswitch.Session(argv[3]), freeswitch.Session(argv[3])\n\
                 P('begins', s:ready())\n"
            );
            let session = class("Session").unwrap();
            let (last, first): (Vec<&Function>, Vec<&Function>) =
                session.methods.iter().partition(|row| LAST.contains(&row.name()));
            let rows = first.into_iter().chain(last.into_iter().filter(|_| !live));
            // A recording beside a bridge is ended by nothing but the call's end.
            let rows = rows.filter(|row: &&Function| *state != "bridged" || !row.waits);
            rows.for_each(|row| try_row(&mut code, session, row, "s", !live));
            code += "mark:setVariable('tried', 'yes') P('tries', tries > 100, odd) mark:hangup()";
            server.snippet("two", &code);
            let other = format!("luarun golden/run.lua {} $UUID", server.files("two"));
            server.call("one", false, vec![(Duration::from_millis(500), other)]).await;
            assert_eq!(server.printed("one"), ["\"rounds\", true, \"yes\""], "{state}");
            let expected = [format!("\"begins\", {live}"), "\"tries\", true, 0".to_owned()];
            assert_eq!(server.printed("two"), expected, "{state}");
            assert_eq!(server.command("echo fine").await, "fine");
        }
    });
}

/// The module's functions and the other classes, after `session`'s methods without a call.
fn without_a_call(mut code: String) -> String {
    for row in FUNCTIONS {
        for name in row.names {
            let function = format!("freeswitch.{name}");
            write_row(&mut code, &function, &function, "nil", row, !row.waits);
        }
    }
    for class in CLASSES.iter().filter(|class| class.name != "Session") {
        let Some(constructor) = &class.constructor else { continue };
        let name = format!("freeswitch.{}", class.name);
        write_row(&mut code, &name, &name, "nil", constructor, !constructor.waits);
        let object = object(class);
        for row in class.methods {
            try_row(&mut code, class, row, &object, !row.waits);
        }
    }
    code + " P(\"tries\", tries > 100, odd)"
}

/// Lua that makes an object of a class.
fn object(class: &Class) -> String {
    let given = class.constructor.as_ref().map_or(&[][..], |row| row.parameters);
    let given: Vec<&str> = given
        .iter()
        .take_while(|parameter| parameter.default.is_none())
        .map(|parameter| match parameter.kind {
            Kind::Int | Kind::Unsigned => "1",
            Kind::IvrMenu => "nil",
            // The events that are fired go to nobody.
            _ if class.name == "Event" => "\"CUSTOM\"",
            _ => "\"x\"",
        })
        .collect();
    format!("freeswitch.{}({})", class.name, given.join(", "))
}

fn try_row(code: &mut String, class: &Class, row: &Function, receiver: &str, numbers: bool) {
    for name in row.names {
        let method = format!("({receiver}).{name}");
        write_row(code, &format!("{}:{name}", class.name), &method, receiver, row, numbers);
    }
}

fn write_row(
    code: &mut String,
    name: &str,
    function: &str,
    receiver: &str,
    row: &Function,
    numbers: bool,
) {
    let kinds = row.parameters.iter().map(|parameter| format!("\"{:?}\"", parameter.kind));
    let kinds = kinds.collect::<Vec<_>>().join(", ");
    let required = row.required();
    let _ = writeln!(
        code,
        "row(\"{name}\", {function}, {receiver}, {{{kinds}}}, {required}, {numbers})"
    );
}

#[test]
fn without_a_call_each_method_answers_what_the_table_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::start(LuaVersion::V53).await;
        let (mut code, mut expected) = ("local s = freeswitch.Session()\n".to_owned(), Vec::new());
        for row in class("Session").unwrap().methods {
            let answer = match row.gone {
                Gone::Works => continue,
                Gone::Nothing => String::new(),
                Gone::Nil => "nil".to_owned(),
                Gone::Int(number) => number.to_string(),
                Gone::False => "false".to_owned(),
                Gone::Text(text) => format!("{text:?}"),
            };
            let given = row.parameters.iter().take(row.required());
            let given: Vec<&str> = given
                .map(|parameter| match parameter.kind {
                    Kind::Int | Kind::Unsigned => "1",
                    Kind::Flag => "true",
                    Kind::Event => "freeswitch.Event(\"CUSTOM\")",
                    Kind::Session | Kind::Pointer => "nil",
                    _ => "\"x\"",
                })
                .collect();
            let _ = writeln!(code, "P(s:{}({}))", row.name(), given.join(", "));
            expected.push(answer);
        }
        server.snippet("gone", &code);
        server.command(&format!("lua golden/run.lua {}", server.files("gone"))).await;
        assert_eq!(server.printed("gone"), expected);
    });
}
