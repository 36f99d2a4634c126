//! What holds in every version of Lua: limits, files, modules, the way out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use ringfence_host::{LUA_VERSIONS, LuaVersion};
use support::Server;

/// Runs `test` on a server for each version, on a paused clock.
fn each<F>(test: impl Fn(LuaVersion, Server) -> F)
where
    F: Future<Output = ()>,
{
    for version in LUA_VERSIONS {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async { test(version, Server::start(version).await).await });
    }
}

#[test]
fn a_script_runs_with_its_version() {
    each(|version, server| async move {
        let said = server.command("lua ~stream:write(_VERSION)").await;
        assert_eq!(said, format!("Lua {version}"));
    });
}

#[test]
fn running_out_of_memory_is_an_error_that_can_be_caught() {
    each(|version, server| async move {
        let said = server
            .command(
                "lua ~local t = {} \
                 local ok, message = pcall(function() while true do t[#t + 1] = (' '):rep(2^20) .. #t end end) \
                 t = nil collectgarbage() stream:write(tostring(ok) .. ' ' .. tostring(message))",
            )
            .await;
        assert!(
            said.starts_with("false ") && said.contains("not enough memory"),
            "{version}: {said}"
        );
    });
}

#[test]
fn endless_recursion_is_an_error() {
    each(|version, server| async move {
        let said = server
            .command(
                "lua ~local function f() return 1 + f() end local ok, message = pcall(f) \
                 stream:write(tostring(ok) .. ' ' .. message)",
            )
            .await;
        // Lua 5.2's stack takes all memory before it is too deep.
        let message = said.strip_prefix("false ").unwrap_or_else(|| panic!("{version}: {said}"));
        let told =
            ["stack overflow", "not enough memory"].iter().any(|text| message.contains(text));
        assert!(told, "{version}: {said}");
    });
}

#[test]
fn exit_ends_the_script_through_pcall_and_writes_its_files() {
    each(|version, server| async move {
        let path = server.local("/opt/peers/fsrun2/written.txt");
        let said = server
            .command(&format!(
                "lua ~stream:write('before') file = io.open('{path}', 'w') file:write('kept') \
                 pcall(function() os.exit(1) end) stream:write('after')"
            ))
            .await;
        assert_eq!(said, "before", "{version}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "kept", "{version}");
    });
}

#[test]
fn files_left_open_are_written() {
    each(|version, server| async move {
        let path = server.local("/opt/peers/fsrun2/left.txt");
        let said =
            server.command(&format!("lua ~file = io.open('{path}', 'w') file:write('kept')")).await;
        assert_eq!(said, "", "{version}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "kept", "{version}");
    });
}

#[test]
fn what_is_not_granted_names_the_permission() {
    each(|version, server| async move {
        let said =
            server.command("lua ~local _, file = io.open('/etc/passwd') stream:write(file)").await;
        let refusal = "script inline may not read /etc/passwd: permission read or write is missing in \
                       profile trusted";
        assert_eq!(said, refusal, "{version}");
    });
}

#[test]
fn modules_are_found_and_bytecode_is_refused() {
    each(|version, server| async move {
        server.snippet("module", "return { word = 'found' }");
        let said = server
            .command(
                "lua ~local _, message = (loadstring or load)(string.dump(function() end)) \
                 stream:write(require('golden.s.module').word .. ' ' .. message)",
            )
            .await;
        assert_eq!(
            said, "found attempt to load a binary chunk: only source text is loaded",
            "{version}"
        );
    });
}

#[test]
fn random_numbers_differ_from_run_to_run() {
    each(|version, server| async move {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..5 {
            seen.insert(server.command("lua ~stream:write(math.random(2^30) .. '')").await);
        }
        assert!(seen.len() > 1, "{version}: {seen:?}");
    });
}

#[test]
fn waiting_works_in_coroutines_and_comparisons() {
    each(|version, server| async move {
        let said = server
            .command(
                "lua ~local wait = coroutine.wrap(function(n) freeswitch.msleep(n) n = coroutine.yield(n) return n end) \
                 wait(10) stream:write(wait('a')) local t = {3, 1, 2} \
                 table.sort(t, function(a, b) freeswitch.msleep(1) return a < b end) \
                 stream:write(table.concat(t))",
            )
            .await;
        assert_eq!(said, "a123", "{version}");
    });
}

#[test]
fn errors_have_file_and_line_and_no_frames_of_ours() {
    each(|version, server| async move {
        server.snippet("broken", "local function f()\n  session.x = 1\nend\nf()");
        let path = server.local("/opt/peers/fsrun2/scripts/golden/s/broken.lua");
        assert_eq!(
            server.command("lua golden/s/broken.lua").await,
            "-ERR Cannot execute script\n",
            "{version}"
        );
        let said = server
            .command(&format!(
                "lua ~local ok, message = xpcall(function() dofile('{path}') end, debug.traceback) stream:write(message)"
            ))
            .await;
        assert!(said.starts_with(&format!("{path}:2: ")), "{version}: {said}");
        assert!(said.contains(&format!("{path}:4: in ")), "{version}: {said}");
    });
}

#[test]
fn a_script_that_starts_itself_is_stopped() {
    // `nested-limit` of the profile trusted.
    const NESTED: usize = 16;
    each(|version, server| async move {
        server.snippet(
            "itself",
            "stream:write('x' .. freeswitch.API():execute('lua', 'golden/s/itself.lua'))",
        );
        let said = server.command("lua golden/s/itself.lua").await;
        let expected = "x".repeat(NESTED) + "-ERR Cannot execute script\n";
        assert_eq!(said, expected, "{version}");
    });
}

#[test]
fn require_finds_and_fails_as_in_lua() {
    each(|version, server| async move {
        server.snippet(
            "counts",
            "count = (count or 0) + 1 return { place = debug.getinfo(1, 'S').source }",
        );
        server.snippet("broken", "return ]");
        server.snippet("fails", "\nerror('on purpose')");
        let folder = server.local("/opt/peers/fsrun2/scripts");
        let said = async |code: &str| server.command(&format!("lua ~{code}")).await;

        let code = "local a = require('golden.s.counts') local b = require('golden.s.counts') \
                    package.loaded['golden.s.counts'] = nil require('golden.s.counts') \
                    stream:write(count .. ' ' .. tostring(a == b) .. ' ' .. a.place)";
        assert_eq!(said(code).await, format!("2 true @{folder}/golden/s/counts.lua"), "{version}");

        let code =
            "package.path = './golden/s/?.lua;/nosuch/?.lua' stream:write(require('counts').place)";
        assert_eq!(said(code).await, "@./golden/s/counts.lua", "{version}");

        let code = "package.preload.mine = function(name) return name .. '!' end stream:write((require('mine')))";
        assert_eq!(said(code).await, "mine!", "{version}");

        let code = "local _, message = pcall(require, 'golden.s.broken') stream:write(message)";
        let path = format!("{folder}/golden/s/broken.lua");
        let expected = format!(
            "error loading module 'golden.s.broken' from file '{path}':\n\t{path}:1: unexpected symbol near ']'"
        );
        assert_eq!(said(code).await, expected, "{version}");

        let code = "local _, message = pcall(require, 'golden.s.fails') stream:write(message)";
        assert_eq!(
            said(code).await,
            format!("{folder}/golden/s/fails.lua:2: on purpose"),
            "{version}"
        );

        let code = "package.path = '/a/?.lua;/b/?/init.lua' local _, message = pcall(require, 'x.y') stream:write(message)";
        let text = said(code).await;
        let expected = "module 'x.y' not found:\n\tno field package.preload['x.y']\n\tno file '/a/x/y.lua'\n\t\
                        no file '/b/x/y/init.lua'\n\tno native module 'x.y'";
        assert!(text.starts_with(expected), "{version}: {text}");
    });
}

#[test]
fn bytecode_in_a_module_is_refused() {
    each(|version, server| async move {
        let path = server.local("/opt/peers/fsrun2/scripts/golden/s");
        for (name, mark) in [("plain", ""), ("marked", "\\239\\187\\191"), ("commented", "#\\n")] {
            let said = server
                .command(&format!(
                    "lua ~local file = io.open('{path}/{name}.lua', 'wb') \
                     file:write('{mark}' .. string.dump(function() return 42 end)) file:close() \
                     local done, message = pcall(require, 'golden.s.{name}') \
                     stream:write(tostring(done) .. ' ' .. message)"
                ))
                .await;
            assert!(said.starts_with("false error loading module"), "{version} {name}: {said}");
        }
    });
}

#[test]
fn load_takes_text_as_in_lua() {
    each(|version, server| async move {
        let said = async |code: &str| server.command(&format!("lua ~{code}")).await;
        let pieces = "local pieces = {'return ', 4, '2'} \
                      local f = load(function() return table.remove(pieces, 1) end) stream:write(f())";
        assert_eq!(said(pieces).await, "42", "{version}");
        let name =
            "local _, message = (loadstring or load)('x =', '@given.lua') stream:write(message)";
        assert!(said(name).await.starts_with("given.lua:1: "), "{version}");
        let own = "local _, message = (loadstring or load)('x =') stream:write(message)";
        assert!(said(own).await.starts_with("[string \"x =\"]:1: "), "{version}");
        let reader = "local f, message = load(function() error('from the reader', 0) end) stream:write(tostring(f) .. message)";
        assert_eq!(said(reader).await, "nilfrom the reader", "{version}");
        let wrong = "local f, message = load(function() return {} end) stream:write(tostring(f) .. message)";
        assert_eq!(said(wrong).await, "nilreader function must return a string", "{version}");
        let argument = "local _, message = pcall(load, true) stream:write(message)";
        let expected = "bad argument #1 to 'load' (function expected, got boolean)";
        assert!(said(argument).await.ends_with(expected), "{version}");
        if version != LuaVersion::V51 {
            let own = "local f = load('return x', 'name', 't', { x = 'own' }) stream:write(f())";
            assert_eq!(said(own).await, "own", "{version}");
            let none =
                "local f = load('return x', 'name', 't', nil) stream:write(tostring(pcall(f)))";
            assert_eq!(said(none).await, "false", "{version}");
        }
    });
}
