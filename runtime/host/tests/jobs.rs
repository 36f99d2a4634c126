//! Running scripts are jobs: listed, waited for, killed, counted and told of; and `mod_lua` goes and
//! comes back under them.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use ringfence_host::LuaVersion;
use ringfence_switch::event::{Event, EventName, Filter};
use serde_json::Value;
use support::Server;
use tokio::time::{Duration, Instant};

/// Sleeps for ten minutes of the paused clock.
const SLEEPER: &str = "freeswitch.msleep(600000)";

async fn server() -> Server {
    let server = Server::start(LuaVersion::default()).await;
    server.snippet("sleeper", SLEEPER);
    server.snippet("done", "local x = 1");
    server.snippet("fails", "error('of its own')");
    server
}

/// Starts a case's script in the background; answers its job.
async fn run(server: &Server, id: &str) -> String {
    let answer = server.command(&format!("luarun golden/s/{id}.lua")).await;
    answer.strip_prefix("+OK ").unwrap_or_else(|| panic!("{answer}")).trim().to_owned()
}

async fn list(server: &Server) -> Vec<Value> {
    serde_json::from_str(&server.command("script list json").await).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_job_is_listed_shown_and_killed() {
    let server = server().await;
    assert_eq!(server.command("script list").await, "\n0 total.\n");
    assert_eq!(server.command("script list json").await, "[]\n");
    let job = run(&server, "sleeper").await;
    tokio::time::sleep(Duration::from_secs(3)).await;

    let text = server.command("script list").await;
    assert!(text.starts_with("job "), "{text}");
    for part in
        [&*job, "golden/s/sleeper.lua", "luarun", "  3.00 s  in api.sleep for 3.00 s", "\n1 total."]
    {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let jobs = list(&server).await;
    let one = jobs.first().unwrap();
    for (key, value) in [
        ("job", &*job),
        ("script", "golden/s/sleeper.lua"),
        ("guest", "lua-5.4"),
        ("owner", "luarun"),
        ("profile", "trusted"),
        ("state", "waiting"),
        ("host_call", "api.sleep"),
    ] {
        assert_eq!(one[key], value, "{key} of {one}");
    }
    assert_eq!((&one["call"], one["since_ms"].as_u64()), (&Value::Null, Some(3_000)));
    assert!(one["at"].as_str().unwrap().ends_with("sleeper.lua:1"), "{one}");
    let shown = server.command(&format!("script show {}", &job[..8])).await;
    assert!(shown.starts_with(&format!("job          {job}\n")), "{shown}");

    let killed = server.command(&format!("script kill {} as a test", &job[..8])).await;
    assert_eq!(killed, format!("+OK 1 killed\n{job} golden/s/sleeper.lua\n"));
    let waited = server.command(&format!("script wait {job}")).await;
    assert!(waited.starts_with(&format!("+OK\n{job} golden/s/sleeper.lua ended after ")));
    assert!(waited.ends_with(": killed: as a test\n"), "{waited}");
    assert!(list(&server).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn several_are_killed_by_name() {
    let server = server().await;
    let jobs = [run(&server, "sleeper").await, run(&server, "sleeper").await];
    let killed = server.command("script kill golden/s/sleeper.lua").await;
    assert!(killed.starts_with("+OK 2 killed\n"), "{killed}");
    assert!(jobs.iter().all(|job| killed.contains(job)), "{killed}");
    assert_eq!(server.command("script kill all").await, "+OK 0 killed\n");
    for line in ["script kill nobody", "script show 1234", "script wait ffffffff 1"] {
        let answer = server.command(line).await;
        assert!(answer.starts_with("-ERR no job and no running script"), "{line}: {answer}");
    }
    for line in ["script", "script kill", "script wait", "script show", "script wait x 9999"] {
        assert!(server.command(line).await.starts_with("-USAGE: "), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_has_a_bound_and_remembers() {
    let server = server().await;
    let job = run(&server, "sleeper").await;
    let began = Instant::now();
    let answer = server.command(&format!("script wait {job} 5")).await;
    assert!(
        answer.starts_with("-ERR not within 5 s\n") && answer.contains("still runs: in api.sleep")
    );
    assert_eq!(began.elapsed().as_secs(), 5);
    let ended = run(&server, "fails").await;
    let answer = server.command(&format!("script wait {ended}")).await;
    assert!(answer.contains(": error: ") && answer.contains("of its own"), "{answer}");
    // Later, too, and by the beginning of its id.
    assert_eq!(server.command(&format!("script wait {}", &ended[..8])).await, answer);
}

#[tokio::test(start_paused = true)]
async fn runs_are_counted() {
    let server = server().await;
    for id in ["done", "done", "fails"] {
        let job = run(&server, id).await;
        server.command(&format!("script wait {job}")).await;
    }
    let stats: Value = serde_json::from_str(&server.command("script stats json").await).unwrap();
    assert_eq!(stats["live"], 0);
    // Each of the two files was compiled once, by a job of its own.
    assert_eq!((&stats["ends"]["returned"], &stats["ends"]["error"]), (&4.into(), &1.into()));
    let rows = stats["scripts"].as_array().unwrap();
    let of = |name: &str| rows.iter().find(|row| row["script"] == name).unwrap();
    assert_eq!(of("golden/s/done.lua")["runs"], 2);
    let fails = of("golden/s/fails.lua");
    assert_eq!(fails["ends"]["error"], 1);
    assert!(fails["last_error"]["message"].as_str().unwrap().contains("of its own"));
    let text = server.command("script stats").await;
    assert!(text.contains("golden/s/fails.lua") && text.contains("\nlive "), "{text}");
}

#[tokio::test(start_paused = true)]
async fn starts_and_ends_are_events() {
    let server = server().await;
    let filter = Filter::none().with_subclass(ringfence_host::SUBCLASS);
    let mut events = server.switch.events().subscribe(filter, 10);
    let job = run(&server, "sleeper").await;
    server.command(&format!("script kill {job} as a test")).await;
    // The compiling is a job of its own.
    for action in ["start", "stop"] {
        let event = events.next().await.event;
        assert_eq!(event.header("Action").as_deref(), Some(action));
        assert_eq!(event.header("Script-Name").as_deref(), Some("compile"));
    }
    let header = |event: &Event, name: &str| event.header(name).unwrap_or_default().into_owned();
    for action in ["start", "stop"] {
        let event = events.next().await.event;
        assert_eq!(event.name(), EventName::Custom);
        for (name, value) in [
            ("Action", action),
            ("Script-Job", &*job),
            ("Script-Name", "golden/s/sleeper.lua"),
            ("Script-Owner", "luarun"),
        ] {
            assert!(header(&event, name).starts_with(value), "{name}: {event:?}");
        }
        if action == "stop" {
            assert_eq!(header(&event, "Script-Result"), "killed");
            assert!(header(&event, "Script-Error").contains("as a test"));
            assert!(!header(&event, "Script-Wall-Ms").is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lua_is_unloaded_under_scripts_and_comes_back() {
    let server = server().await;
    server.snippet("short", "freeswitch.msleep(2000)");
    let (long, short) = (run(&server, "sleeper").await, run(&server, "short").await);
    let began = Instant::now();
    assert_eq!(server.command("unload mod_lua").await, "+OK\n");
    // The drain time of sandbox.conf.xml, and the kill.
    assert_eq!(began.elapsed().as_secs(), 10);
    assert!(server.command(&format!("script wait {short}")).await.contains("returned"));
    let killed = server.command(&format!("script wait {long}")).await;
    assert!(killed.contains("killed: mod_lua is unloaded"), "{killed}");

    assert_eq!(server.command("module_exists mod_lua").await, "false");
    let unloaded = "-ERR mod_lua is not loaded; `load mod_lua` brings it back\n";
    assert_eq!(server.command("luarun golden/s/done.lua").await, unloaded);
    assert_eq!(server.command("script run golden/s/done.lua").await, unloaded);
    let call = server.call("done", true, Vec::new()).await;
    assert_eq!(call.cause, "CALL_REJECTED");
    assert!(call.executed.iter().any(|line| line.contains("after-lua")), "{:?}", call.executed);

    assert!(server.command("load mod_lua").await.ends_with("+OK\n"));
    assert_eq!(server.command("module_exists mod_lua").await, "true");
    run(&server, "done").await;
    // A script that unloads what it runs in: the unloading goes on without it.
    server.snippet("saw", "freeswitch.API():execute('unload', '-f mod_lua')");
    let saw = run(&server, "saw").await;
    assert!(server.command(&format!("script wait {saw}")).await.contains("killed"));
    while server.command("module_exists mod_lua").await == "true" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn unloading_ends_what_waits_for_a_slot() {
    let server = server().await;
    // Its slots are all taken.
    for _ in 0..20 {
        run(&server, "sleeper").await;
    }
    let switch = server.switch.clone();
    let late = tokio::spawn(async move {
        switch.command("luarun", "golden/s/sleeper.lua", None).await.unwrap()
    });
    while server.scripts.sandbox().statistics().waiting == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.command("unload -f mod_lua").await, "+OK\n");
    assert!(late.await.unwrap().starts_with("+OK "));
    assert!(list(&server).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_name_is_one_line_of_an_answer() {
    let server = server().await;
    for verb in ["kill", "wait"] {
        let line = "golden/s/x\n+OK/../sleeper.lua";
        let started = server.switch.command("luarun", line, None).await.unwrap();
        let job = started.strip_prefix("+OK ").unwrap().trim();
        let answer = server.command(&format!("script {verb} {job} 1")).await;
        assert_eq!(answer.lines().count(), 2, "{answer}");
        assert!(answer.contains(" golden/s/x?+OK/../sleeper.lua"), "{answer}");
        server.command("script kill all").await;
        server.command(&format!("script wait {job}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_run_is_named() {
    let server = server().await;
    let folder = server.local("/opt/peers/fsrun2/scripts");
    // Of the right name and another type.
    let other = wat::parse_str(
        r#"(component
             (core module $m (func (export "run") (result i32) i32.const 1))
             (core instance $i (instantiate $m))
             (func (export "run") (result u32) (canon lift (core func $i "run"))))"#,
    );
    for (file, bytes) in [
        ("other.wasm", &*other.unwrap()),
        ("core.wasm", &b"\0asm\x01\0\0\0"[..]),
        ("text.wasm", b"not a component"),
        ("empty.wasm", b"\0asm\x0d\0\x01\0"),
    ] {
        std::fs::write(format!("{folder}/{file}"), bytes).unwrap();
    }
    for (line, parts) in [
        ("core.wasm", &["core.wasm", "it is a core module"][..]),
        ("text.wasm", &["text.wasm", "not a WebAssembly component"]),
        ("empty.wasm", &["empty.wasm", "no export `run` found"]),
        ("other.wasm", &["other.wasm", "does not fit this server", "`run`"]),
        ("none.wasm", &["cannot open ", "/none.wasm: No such file or directory\n"]),
        ("none.lua", &["cannot open ", "/none.lua", "No such file"]),
        ("script.py", &["\"script.py\"", ".lua for Lua"]),
    ] {
        let answer = server.command(&format!("script run {line}")).await;
        assert!(answer.starts_with("-ERR "), "{line}: {answer}");
        for part in parts {
            assert!(answer.contains(part), "no {part:?} in {answer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn versions_are_listed() {
    let server = server().await;
    assert_eq!(server.command("script versions json").await, "[]\n");
    run(&server, "sleeper").await;
    server.snippet("broken", "x = = 1");
    let refused = server.command("luarun golden/s/broken.lua").await;
    assert!(refused.starts_with("-ERR ") && refused.contains("broken.lua:1:"), "{refused}");
    let text = server.command("script versions sleeper.lua").await;
    assert!(text.contains("/golden/s/sleeper.lua") && text.ends_with("\n1 total.\n"), "{text}");
    let text = server.command("script versions broken.lua").await;
    assert!(text.contains("  none ") && !text.contains("  current "), "{text}");
    let versions = server.command("script versions json").await;
    let versions: Vec<Value> = serde_json::from_str(&versions).unwrap();
    let of = |name: &str| {
        versions.iter().find(|version| version["script"].as_str().unwrap().ends_with(name)).unwrap()
    };
    let (sleeper, broken) = (of("sleeper.lua"), of("broken.lua"));
    assert_eq!((&sleeper["current"], &sleeper["running"]), (&true.into(), &1.into()));
    let job = list(&server).await.remove(0);
    assert_eq!(sleeper["version"], job["version"]);
    assert!(broken["fault"].as_str().unwrap().contains("broken.lua:1:"), "{broken}");
    let nobody = server.command("script versions nobody.lua").await;
    assert!(nobody.starts_with("-ERR no script"), "{nobody}");
    let reloaded = server.command("reload mod_lua").await;
    assert!(reloaded.contains("+OK module reloaded\n2 scripts, 0 changed\n"), "{reloaded}");
}
