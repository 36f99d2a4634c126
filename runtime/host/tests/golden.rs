//! What FreeSWITCH answered to Lua scripts (`tests/corpus/lua.jsonl`), and what Ringfence answers.
//!
//! The server calls itself over the network in memory, as FreeSWITCH did over a real one when the
//! corpus was recorded: `originate … &park()`, and the script runs on the leg that comes in. Numbers of
//! milliseconds may differ by 100, as they did from run to run there.
//!
//! One deviation holds for all cases: integers come back as Lua integers, so what FreeSWITCH (Lua 5.3)
//! prints as `1.0` reads `1`. The others are in [`DEVIATIONS`].

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::time::Duration;

use ringfence_host::LuaVersion;
use serde_json::Value;
use support::{Server, cases, tidy};

/// Cases that differ on purpose, and why.
const DEVIATIONS: &[(&str, &str)] = &[
    ("l002", "os.exit ends the script"),
    ("l021", "load, user_data, hash, db are not there yet; md5 of nothing is a hash, not !err!"),
    ("l059", "priorities can be given, by name or number"),
    ("l088", "chat_send tells when nobody took the message"),
    ("l100", "arrays in arrays are kept"),
    ("l102", "a JSON number is a number, not an empty table"),
    ("l103", "a JSON string is a string, not an empty table"),
    ("l104", "a JSON boolean is a boolean, not an empty table"),
    ("l148", "what is no number is null in JSON"),
    ("l190", "originate without a destination fails"),
    ("l227", "arguments are no Lua source: a backslash needs no escape"),
    ("l234", "as l227"),
    ("l266", "luarun answers the id of the run"),
    ("l267", "as l266"),
    ("l268", "a script that cannot be read is an error"),
    ("lb005", "query takes parameters; an error in a tail call has no place"),
    ("lb042", "the fields of a consumer are values, not C pointers"),
    ("lb058", "raw_write keeps what follows a NUL"),
    ("lg001", "the fields of a consumer are values, not C pointers"),
    ("lg002", "the fields of a consumer are values, not C pointers"),
    ("lc002", "another network address, number, user agent; fields that Ringfence has not"),
    ("lc008", "elements of a list can be read by index"),
    ("lc014", "hangup_cause is set at the hangup, not after the script"),
    ("lc021", "hangup_cause is set at the hangup, not after the script"),
    ("lc022", "hangup_cause is set at the hangup, not after the script"),
    ("lc024", "hangup_cause is set at the hangup, not after the script"),
    ("lc025", "hangup_cause is set at the hangup, not after the script"),
    ("lc027", "hangup_cause is set at the hangup, not after the script"),
    ("lc028", "hangup_cause is set at the hangup, not after the script"),
    ("lc029", "hangup_cause is set at the hangup, not after the script"),
    ("lc030", "hangup_cause is set at the hangup, not after the script"),
    ("lc033", "hangup_cause is set at the hangup, not after the script"),
    ("lc034", "hangup_cause is set at the hangup, not after the script"),
    (
        "lc039",
        "a recording that cannot be made does not end the call; folders are made; the extension does not matter",
    ),
    ("lc074", "there are no C pointers: nil"),
    ("lc075", "there are no C pointers: nil"),
    ("lc202", "silence of no length is played to its end; no 200 ms are lost between files"),
    ("lc208", "a recording is as long as its limit, and written when it ends"),
    ("lc212", "hangup_cause is set at the hangup, not after the script"),
    ("lc221", "hangup_cause is set at the hangup, not after the script"),
    ("lc237", "a transfer to nowhere is refused; FreeSWITCH takes the extension \"service\""),
    ("lc282", "tones can be restarted"),
    ("lc283", "tones can be sought in"),
    ("lc287", "the limit of a recording does not count pauses"),
    ("lc318", "there are no C pointers: nil"),
    ("lc330", "there are no C pointers: nil"),
    ("lc346", "hangupCause knows the cause after the hangup"),
    ("lc290", "a key does not end the application sleep"),
];

/// The phrases of the server that was recorded. It had no sounds.
const LANGUAGES: &str = r#"<section name="languages">
  <language name="en" say-module="en" sound-prefix="/snd/en" tts-engine="none" tts-voice="none"><phrases><macros>
    <macro name="m1"><input pattern="^(\d+)$">
      <match>
        <action function="play-file" data="silence_stream://100"/>
        <action function="say" data="$1" method="pronounced" type="number"/>
      </match>
      <nomatch><action function="play-file" data="silence_stream://300"/></nomatch>
    </input></macro>
  </macros></phrases></language>
</section>"#;

#[test]
fn lua_answers_as_freeswitch_does() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::with(LuaVersion::V53, "", LANGUAGES).await;
        let only = std::env::var("GOLDEN").ok();
        let (mut passed, mut failed) = (0_usize, Vec::new());
        for case in cases("lua.jsonl") {
            let id = case["id"].as_str().unwrap();
            if only.as_deref().is_some_and(|only| !id.starts_with(only)) {
                continue;
            }
            if case["volatile"] == true || !case["undefined"].is_null() {
                continue;
            }
            let mut seen = run(&server, id, &case).await;
            let expected = expected(&server, &case);
            if case["out"]["switch_crashed"] == true {
                // FreeSWITCH came so far.
                seen.truncate(expected.len());
            }
            let deviates = DEVIATIONS.iter().any(|(name, _)| *name == id);
            match (support::same(&seen, &expected), deviates) {
                (true, false) => passed += 1,
                (false, true) => {}
                (true, true) => {
                    failed.push(format!("{id} does not deviate; take it off the table"))
                }
                (false, false) => failed.push(format!(
                    "{id} {}\n{}",
                    case["in"],
                    support::difference(&seen, &expected)
                )),
            }
        }
        println!("{passed} passed, {} deviate", DEVIATIONS.len());
        assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
        assert!(only.is_some() || passed > 150, "only {passed} cases were run");
    });
}

/// Runs a case; answers what there is to compare, a line an item.
async fn run(server: &Server, id: &str, case: &Value) -> Vec<String> {
    let input = &case["in"];
    // `session.cause` is a pointer of FreeSWITCH's, which nothing can be done with.
    let code = input["code"].as_str().unwrap_or_default().replace(",session.cause)", ")");
    let code = server.local(&code);
    match input["mode"].as_str().unwrap() {
        "argv" | "command" => {
            vec![server.command(input["command"].as_str().unwrap()).await]
        }
        "api" => {
            server.snippet(id, &code);
            let files = server.files(id);
            let stream = server.command(&format!("lua golden/run.lua {files}")).await;
            let mut lines = server.printed(id);
            lines.push(format!("stream {stream:?}"));
            lines
        }
        mode => {
            let raw = mode == "channel-raw";
            server.snippet(id, &code);
            let actions = input["actions"].as_array().cloned().unwrap_or_default();
            let actions = actions.iter().map(|action| {
                let at = Duration::from_millis(action["at_ms"].as_u64().unwrap());
                (at, action["api"].as_str().unwrap().to_owned())
            });
            let call = server.call(id, raw, actions.collect()).await;
            let mut lines = if raw { Vec::new() } else { server.printed(id) };
            lines.extend(call.executed);
            lines.push(format!("hangup {}", call.cause));
            lines
        }
    }
}

/// What the corpus says.
fn expected(server: &Server, case: &Value) -> Vec<String> {
    let out = &case["out"];
    if let Some(text) = out.as_str() {
        return vec![server.local(text)];
    }
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().cloned().unwrap_or_default();
        items.iter().map(|item| tidy(&server.local(item.as_str().unwrap()))).collect()
    };
    let mut lines = texts(&out["printed"]);
    if case["in"]["code"].as_str().unwrap_or_default().contains(",session.cause)") {
        lines = lines.iter().map(|line| line.replace(", userdata", "")).collect();
    }
    if out["switch_crashed"] == true {
        return lines;
    }
    if let Some(stream) = out["stream"].as_str() {
        lines.push(format!("stream {:?}", server.local(stream)));
    }
    for item in out["executed"].as_array().into_iter().flatten() {
        let (name, data) = (item[0].as_str().unwrap(), item[1].as_str().unwrap());
        lines.push(format!("executed {name} {}", server.local(data)));
    }
    if !out["hangup_cause"].is_null() {
        lines.push(format!("hangup {}", out["hangup_cause"].as_str().unwrap()));
    }
    lines
}
