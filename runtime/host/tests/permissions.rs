//! What scripts see of their profile: each permission granted, each refused, and the limits that are an
//! error first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::{cell::Cell, path::PathBuf, time::UNIX_EPOCH};

use ringfence_host::{LUA_VERSIONS, LuaVersion};
use ringfence_switch::Session;
use support::profiled::Profiled;

/// The default dialplan has one extension; all scripts have the profile `guest`.
const CONFIGURATION: &str = r#"<document type="freeswitch/xml">
  <section name="configuration">
    <configuration name="sandbox.conf">
      <scripts><script pattern="*" profile="guest"/></scripts>
      <profiles><profile name="guest">
        <param name="read" value="DIR/scripts"/>
        PARAMETERS
      </profile></profiles>
    </configuration>
  </section>
  <section name="dialplan">
    <context name="default"><extension name="op"><condition field="destination_number" expression="^op$">
      <action application="set_global" data="operator=was here"/>
    </condition></extension></context>
  </section>
</document>"#;

/// A server whose scripts have one profile, and a call for them.
struct Server {
    profiled: Profiled,
    session: Session,
    /// Counts scripts: each has a file of its own.
    scripts: Cell<u32>,
}

impl Server {
    /// With these parameters of the profile; `DIR` is the server's folder.
    async fn start(parameters: &[(&str, &str)]) -> Self {
        Self::with(LuaVersion::default(), parameters).await
    }

    /// The same for scripts of that Lua.
    async fn with(version: LuaVersion, parameters: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["scripts", "granted", "other"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in ["granted/a.ul", "other/b.ul"] {
            std::fs::write(folder.path().join(name), [0xff; 160]).unwrap();
        }
        std::os::unix::fs::symlink("../other", folder.path().join("granted/link")).unwrap();
        let folders = [("script_dir", "scripts"), ("recordings_dir", "granted")];
        let profiled =
            Profiled::start(folder, CONFIGURATION, &folders, version, parameters, UNIX_EPOCH).await;
        let switch = &profiled.switch;
        let answer = switch.command("originate", "null/x &park()", None).await.unwrap();
        let session = switch.session(answer.strip_prefix("+OK ").unwrap().trim()).unwrap();
        Self { profiled, session, scripts: Cell::new(0) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.profiled.path(name)
    }

    /// Runs a script on the call; answers what it wrote to `stream`, and `-ERR …` when it failed.
    async fn run(&self, code: &str) -> String {
        let number = self.scripts.get();
        self.scripts.set(number + 1);
        let name = format!("s{number}.lua");
        std::fs::write(self.path("scripts").join(&name), self.profiled.local(code)).unwrap();
        self.profiled.switch.command("lua", &name, Some(&self.session)).await.unwrap()
    }

    /// What a piece of code raises, without its place; `fine` when it raises nothing.
    async fn raises(&self, code: &str) -> String {
        let code = format!(
            "local ok, why = pcall(function()\n{code}\nend)\nstream:write(ok and 'fine' or why)"
        );
        let said = self.run(&code).await;
        let number = self.scripts.get() - 1;
        let own = format!("script s{number}.lua may not ");
        match said.split_once(&own) {
            None => said,
            Some((place, what)) => {
                assert!(place.ends_with(&format!("/scripts/s{number}.lua:2: ")), "{said}");
                let what = what.strip_suffix(" is missing in profile guest");
                what.unwrap_or_else(|| panic!("no profile in: {said}")).to_owned()
            }
        }
    }

    fn global(&self, name: &str) -> Option<String> {
        self.profiled.switch.variables().text(name)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.session.variable(name)
    }
}

#[tokio::test(start_paused = true)]
async fn what_needs_no_permission() {
    let server = Server::start(&[]).await;
    let code = "session:answer() session:setVariable('a', '1') assert(session:getVariable('a') == '1') \
                assert(session:streamFile('tone_stream://%(20,0,440)') == 1) session:sleep(10) \
                freeswitch.consoleLog('info', 'hello\\n') assert(freeswitch.getGlobalVariable('script_dir')) \
                assert(io.open('DIR/scripts/s0.lua')) assert(freeswitch.API():getTime()) \
                session:getDigits(1, '', 10)";
    assert_eq!(server.raises(code).await, "fine");
}

#[tokio::test(start_paused = true)]
async fn commands() {
    let server = Server::start(&[("api", "to*"), ("api", "EVAL"), ("application", "set")]).await;
    let granted = "local api = freeswitch.API() assert(api:execute('toupper', 'a') == 'A') \
                   assert(api:executeString('eval ${tolower(B)}') == 'b')";
    assert_eq!(server.raises(granted).await, "fine");
    let refused = "run the API command status: permission api=status";
    for code in [
        "freeswitch.API():execute('status')",
        "freeswitch.API():executeString('STATUS')",
        "freeswitch.API(session):execute('eval', '${toupper(${status()})}')",
        "session:execute('set', 'x=${status()}')",
    ] {
        assert_eq!(server.raises(code).await, refused, "{code}");
    }
    assert_eq!(server.variable("x"), None);
    // A name that there is not is no secret.
    let unknown = "assert(freeswitch.API():execute('nosuch') == 'INVALID COMMAND!\\n')";
    assert_eq!(server.raises(unknown).await, "fine");
}

#[tokio::test(start_paused = true)]
async fn refusals_have_their_place_in_every_version_of_lua() {
    for version in LUA_VERSIONS {
        let server = Server::with(version, &[]).await;
        for (code, what) in [
            (
                "freeswitch.API():execute('status')",
                "run the API command status: permission api=status",
            ),
            ("session:streamFile('/a.wav')", "play /a.wav: permission play or read"),
            ("session:recordFile('/a.wav')", "record to /a.wav: permission record or write"),
            (
                "freeswitch.setGlobalVariable('a', 'b')",
                "set the global variable a: permission global-variable=a",
            ),
        ] {
            assert_eq!(server.raises(code).await, what, "{version}: {code}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn applications() {
    let server =
        Server::start(&[("application", "set"), ("application", "execute_extension")]).await;
    assert_eq!(server.raises("session:execute('set', 'a=1')").await, "fine");
    assert_eq!(server.variable("a").as_deref(), Some("1"));
    for code in [
        "session:execute('set_global', 'evil=1')",
        "session:execute('execute_extension', 'set_global:evil=1 inline')",
    ] {
        let refused = "run the application set_global: permission application=set_global";
        assert_eq!(server.raises(code).await, refused, "{code}");
    }
    assert_eq!(server.raises("session:execute('execute_extension', 'op')").await, "fine");
    assert_eq!(server.global("operator").as_deref(), Some("was here"));
    let transfer = "run the application transfer: permission application=transfer";
    for code in [
        "session:transfer('op')",
        "session:playAndGetDigits(1, 1, 1, 10, '', '', '', '5', '', 0, 'op XML default')",
    ] {
        assert_eq!(server.raises(code).await, transfer, "{code}");
    }
    assert_eq!(server.global("evil"), None);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_is_granted_goes_to_the_operators_dialplan_only() {
    let server = Server::start(&[("application", "transfer")]).await;
    for (code, what) in [
        ("session:transfer('set_global:evil=1', 'inline')", "use the dialplan inline"),
        ("session:transfer('x', 'XML:DIR/own.xml')", "use the dialplan XML:DIR/own.xml"),
        ("session:transfer('${status()}')", "hand on a text with ${…}"),
        ("session:setVariable('x', '${status()}')", "hand on a text with ${…}"),
        // Becomes a `${…}` when it is expanded for the first time.
        (r"session:setVariable('x', [[$\'{status()}]])", "hand on a text with ${…}"),
    ] {
        let what = server.profiled.local(what);
        let said = server.raises(code).await;
        assert!(said.starts_with(&what), "{code}: {said}");
    }
    assert!(server.session.ready(), "it was not transferred");
    assert_eq!(server.raises("session:transfer('op', 'XML', 'default')").await, "fine");
}

#[tokio::test(start_paused = true)]
async fn an_error_is_nothing_to_expand() {
    let server = Server::start(&[]).await;
    for text in ["${toupper(evil)}", r"$\'{toupper(evil)}"] {
        server.run(&format!("error([[{text}]], 0)")).await;
        let error = server.variable("script_error").unwrap();
        assert!(error.contains("toupper"), "{error}");
        // As the operator's dialplan does, and again.
        let once = server.session.expand("${script_error}").await;
        let twice = server.session.expand(&once).await;
        assert!(twice.contains("toupper(evil)") && !twice.contains("EVIL"), "{twice}");
    }
}

#[tokio::test(start_paused = true)]
async fn global_variables() {
    let server = Server::start(&[("global-variable", "quiz_*")]).await;
    assert_eq!(server.raises("freeswitch.setGlobalVariable('quiz_round', '2')").await, "fine");
    assert_eq!(server.global("quiz_round").as_deref(), Some("2"));
    assert_eq!(
        server.raises("freeswitch.setGlobalVariable('sounds_dir', '/')").await,
        "set the global variable sounds_dir: permission global-variable=sounds_dir"
    );
    assert_eq!(server.global("sounds_dir"), None);
}

#[tokio::test(start_paused = true)]
async fn calls_of_its_own() {
    let server = Server::start(&[("originate", "null/*")]).await;
    let made =
        "local other = freeswitch.Session('{a=1}null/y') assert(other:ready()) other:destroy()";
    assert_eq!(server.raises(made).await, "fine");
    assert_eq!(
        server.raises("freeswitch.Session('[a=1]error/USER_BUSY')").await,
        "call error/USER_BUSY: permission originate=error/USER_BUSY"
    );
    let own = "assert(freeswitch.Session(session:get_uuid()):ready())";
    assert_eq!(server.raises(own).await, "fine");
    let answer = server.profiled.switch.command("originate", "null/z &park()", None).await.unwrap();
    let other = answer.strip_prefix("+OK ").unwrap().trim();
    let take = format!("assert(freeswitch.Session('{other}'):ready())");
    assert_eq!(
        server.raises(&take).await,
        format!("take hold of the call {other}: permission call={other}")
    );
    let server = Server::start(&[("originate", "*"), ("call", "*"), ("calls", "1")]).await;
    let two = "local a, b = freeswitch.Session('null/a'), freeswitch.Session('null/b') \
               assert(a:ready() and not b:ready()) a:destroy() \
               assert(freeswitch.Session('null/c'):ready())";
    assert_eq!(server.raises(two).await, "fine");
}

#[tokio::test(start_paused = true)]
async fn events() {
    let server = Server::start(&[("fire", "CUSTOM mine::*"), ("consume", "DTMF")]).await;
    let fire = |subclass: &str| format!("freeswitch.Event('CUSTOM', '{subclass}'):fire()");
    assert_eq!(server.raises(&fire("mine::a")).await, "fine");
    assert_eq!(
        server.raises(&fire("other")).await,
        "fire the event CUSTOM other: permission fire=CUSTOM other"
    );
    assert_eq!(server.raises("freeswitch.EventConsumer('DTMF')").await, "fine");
    assert_eq!(
        server.raises("freeswitch.EventConsumer('all')").await,
        "consume the event all: permission consume=all"
    );
    // A third party has one queue.
    let two = "local a, b = freeswitch.EventConsumer('DTMF'), freeswitch.EventConsumer('DTMF') \
               assert(a:bind('DTMF') == 1 and b:bind('DTMF') == 0) a:cleanup() \
               assert(freeswitch.EventConsumer('DTMF'):bind('DTMF') == 1)";
    assert_eq!(server.raises(two).await, "fine");
}

#[tokio::test(start_paused = true)]
async fn files_that_are_played() {
    let server = Server::start(&[("play", "DIR/granted"), ("application", "playback")]).await;
    for code in [
        "assert(session:streamFile('DIR/granted/a.ul') == 1)",
        "session:execute('playback', 'DIR/granted/../granted/a.ul')",
        "session:read(1, 1, 'DIR/granted/a.ul', 10, '#')",
    ] {
        assert_eq!(server.raises(code).await, "fine", "{code}");
    }
    for path in
        ["DIR/other/b.ul", "DIR/granted/../other/b.ul", "DIR/granted/link/b.ul", "/no/such.ul"]
    {
        for code in [
            format!("session:streamFile('{path}')"),
            format!("session:streamFile('file_string://DIR/granted/a.ul!{path}')"),
            format!("session:execute('playback', '{path}')"),
            format!("session:read(1, 1, '{path}', 10, '#')"),
            format!("session:playAndGetDigits(1, 1, 1, 10, '', '{path}', '', '.')"),
        ] {
            let path = server.profiled.local(path);
            let refused = format!("play {path}: permission play or read");
            assert_eq!(server.raises(&code).await, refused, "{code}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_are_recorded() {
    let server = Server::start(&[("record", "DIR/granted"), ("application", "record")]).await;
    for code in [
        "assert(session:recordFile('DIR/granted/new/a.wav', 1) == 1)",
        "session:execute('record', 'relative.wav 1')",
    ] {
        assert_eq!(server.raises(code).await, "fine", "{code}");
    }
    for name in ["new/a.wav", "relative.wav"] {
        assert!(server.path("granted").join(name).is_file(), "{name}");
    }
    for path in
        ["DIR/other/n.wav", "DIR/granted/../other/n.wav", "DIR/granted/link/n.wav", "DIR/n.wav"]
    {
        for code in [
            format!("session:recordFile('{path}', 1)"),
            format!("session:execute('record', '{path} 1')"),
        ] {
            let path = server.profiled.local(path);
            let refused = format!("record to {path}: permission record or write");
            assert_eq!(server.raises(&code).await, refused, "{code}");
        }
    }
    assert_eq!(std::fs::read_dir(server.path("other")).unwrap().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn files_of_io_and_os() {
    let server = Server::start(&[("read", "DIR/scripts"), ("write", "DIR/granted")]).await;
    let granted = "local f = assert(io.open('DIR/granted/n', 'w')) f:write('x') f:close() \
                   assert(io.open('DIR/granted/n'):read('*a') == 'x') assert(os.remove('DIR/granted/n'))";
    assert_eq!(server.raises(granted).await, "fine");
    for code in [
        "io.open('DIR/other/b.ul')",
        "io.open('DIR/granted/../other/b.ul')",
        "io.open('DIR/granted/link/b.ul')",
        "io.open('DIR/scripts/n', 'w')",
        "io.open('/etc/passwd')",
        "io.open('/proc/self/environ')",
        "os.remove('DIR/other/b.ul')",
        "os.rename('DIR/granted/a.ul', 'DIR/other/a.ul')",
        "os.execute('true')",
        "io.popen('true')",
    ] {
        let said = server.run(&format!("stream:write(tostring((select(2, {code}))))")).await;
        let known = ["is missing in profile guest", "Permission denied", "Operation not permitted"];
        assert!(known.iter().any(|words| said.contains(words)), "{code}: {said}");
    }
    assert!(server.path("other/b.ul").is_file() && server.path("granted/a.ul").is_file());
}

/// A file that is kept from a script reads as every other refusal, in the shape that Lua gives it.
#[tokio::test(start_paused = true)]
async fn a_file_that_is_kept_reads_as_other_refusals() {
    for version in LUA_VERSIONS {
        let granted = &[("write", "DIR/granted")];
        let server = Server::with(version, granted).await;
        for (code, what) in [
            ("io.open('DIR/other/b.ul')", "read DIR/other/b.ul: permission read or write"),
            ("io.open('DIR/scripts/n', 'w')", "write DIR/scripts/n: permission write"),
            ("io.open('DIR/other/../other/n', 'a')", "write DIR/other/n: permission write"),
            ("os.remove('DIR/other/b.ul')", "write DIR/other/b.ul: permission write"),
            (
                "os.rename('DIR/other/b.ul', 'DIR/granted/b')",
                "write DIR/other/b.ul: permission write",
            ),
            ("os.rename('DIR/granted/a.ul', 'DIR/other/a')", "write DIR/other/a: permission write"),
            ("require('lfs').attributes('DIR/other')", "read DIR/other: permission read or write"),
            ("require('lfs').mkdir('DIR/other/n')", "write DIR/other/n: permission write"),
        ] {
            let code = format!(
                "local result, why, number = {code}\nstream:write(tostring(result) .. ' ' .. why .. ' ' .. number)"
            );
            let said = server.run(&code).await;
            let number = server.scripts.get() - 1;
            let expected =
                format!("nil script s{number}.lua may not {what} is missing in profile guest 13");
            assert_eq!(said, server.profiled.local(&expected), "{version}");
        }
        for (code, what) in [
            ("io.lines('DIR/other/b.ul')", "read DIR/other/b.ul: permission read or write"),
            ("io.output('DIR/other/n')", "write DIR/other/n: permission write"),
        ] {
            let what = server.profiled.local(what);
            assert_eq!(server.raises(code).await, what, "{version}");
        }
        assert_eq!(server.raises("assert(io.open('DIR/granted/a.ul'))").await, "fine");
    }
}

#[tokio::test(start_paused = true)]
async fn one_open_file_too_many_is_an_error_that_can_be_handled() {
    for version in LUA_VERSIONS {
        let server = Server::with(version, &[("files", "3")]).await;
        // What nothing refers to is closed when a place is needed.
        let code = "for i = 1, 10 do assert(io.open('DIR/scripts/s0.lua')) end";
        assert_eq!(server.raises(code).await, "fine");
        let code = "local open = {} local file, why, number \
                repeat file, why, number = io.open('DIR/scripts/s1.lua') open[#open + 1] = file until not file \
                local ok, raised = pcall(io.lines, 'DIR/scripts/s1.lua') \
                open[1]:close() assert(io.open('DIR/scripts/s1.lua')) \
                stream:write(#open .. ' ' .. why .. ' ' .. number .. '\\n' .. raised)";
        let said = server.run(code).await;
        let path = server.path("scripts/s1.lua");
        let why = format!("{}: too many open files: profile guest allows no more", path.display());
        let (opened, raised) = said.split_once('\n').unwrap();
        assert_eq!(opened, format!("3 {why} 24"), "{version}");
        assert!(raised.ends_with(&why), "{version}: {raised}");
        assert_eq!(server.variable("script_result").as_deref(), Some("ok"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_environment() {
    let server = Server::start(&[("environment", "GRANTED=yes"), ("environment", "PATH")]).await;
    let code = "assert(os.getenv('GRANTED') == 'yes') assert(os.getenv('PATH')) \
                assert(os.getenv('HOME') == nil)";
    assert_eq!(server.raises(code).await, "fine");
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_trying_is_ended() {
    let server = Server::start(&[("refused-limit", "3")]).await;
    let code = "for i = 1, 10 do pcall(function() freeswitch.API():execute('status') end) \
                stream:write(i) end";
    let said = server.run(code).await;
    assert_eq!(said, "123-ERR Cannot execute script\n");
    assert_eq!(server.variable("script_result").as_deref(), Some("refused-limit"));
    let error = server.variable("script_error").unwrap();
    assert!(error.contains("after 3 refusals") && error.contains("status"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_script_that_logs_too_much_is_told_first() {
    let server = Server::start(&[("log-limit", "1")]).await;
    let code = "local lines = 0\n\
                local ok, why = pcall(function() while true do freeswitch.consoleLog('info', ('x'):rep(99)) \
                lines = lines + 1 end end) stream:write(lines .. ' ' .. why)";
    let said = server.run(code).await;
    let (lines, why) = said.split_once(' ').unwrap();
    assert!((5..=10).contains(&lines.parse::<u32>().unwrap()), "{said}");
    assert!(why.contains("s0.lua:2: log-limit: script s0.lua") && why.contains("guest"), "{said}");
    assert_eq!(server.variable("script_result").as_deref(), Some("ok"));
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_logging_is_ended() {
    let server = Server::start(&[("log-limit", "1")]).await;
    let code = "while true do pcall(freeswitch.consoleLog, 'info', ('x'):rep(99)) end";
    assert!(server.run(code).await.contains("-ERR"));
    assert_eq!(server.variable("script_result").as_deref(), Some("log-limit"));
}
