//! What scripts require in place of native modules, and what they have of the system: in every version of
//! Lua, against a small HTTP server, real commands and a mailer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use ringfence_host::{LUA_VERSIONS, LuaVersion};
use support::profiled::Profiled;

const CONFIGURATION: &str = r#"<document type="freeswitch/xml">
  <section name="configuration">
    <configuration name="switch.conf"><settings>
      <param name="mailer-app" value="sh DIR/mailer"/>
    </settings></configuration>
    <configuration name="sandbox.conf">
      <scripts><script pattern="*" profile="guest"/></scripts>
      <profiles><profile name="guest">
        <param name="read" value="DIR/scripts"/>
        <param name="write" value="DIR/out"/>
        PARAMETERS
      </profile></profiles>
    </configuration>
  </section>
</document>"#;

/// Writes its arguments and the message into a file.
const MAILER: &str = "echo \"$@\" > DIR/out/mail; cat >> DIR/out/mail";

/// A server whose scripts have one profile.
struct Server(Profiled);

impl Server {
    /// Scripts are of that Lua, and have these parameters in their profile.
    async fn start(version: LuaVersion, parameters: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().to_str().unwrap();
        for name in ["scripts", "out"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("mailer"), MAILER.replace("DIR", directory)).unwrap();
        let folders = [("script_dir", "scripts")];
        let now = SystemTime::now();
        Self(Profiled::start(folder, CONFIGURATION, &folders, version, parameters, now).await)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// Runs a script; answers what it wrote to `stream`, and `-ERR …` when it failed.
    async fn run(&self, code: &str) -> String {
        // A new file each time: what was edited is looked at after a while only.
        let file =
            tempfile::Builder::new().suffix(".lua").tempfile_in(self.path("scripts")).unwrap();
        std::fs::write(file.path(), self.0.local(code)).unwrap();
        self.0.switch.command("lua", file.path().to_str().unwrap(), None).await.unwrap()
    }

    /// Runs a script that checks itself.
    async fn checks(&self, code: &str) {
        let said = self.run(&format!("{CHECKS}\n{}", told(code))).await;
        assert_eq!(said, "fine");
    }
}

/// A script that says `fine`, or what it raised.
fn told(code: &str) -> String {
    format!(
        "local ok, why = pcall(function()\n{code}\nend)\nstream:write(ok and 'fine' or tostring(why))"
    )
}

/// What the scripts below check with.
const CHECKS: &str = r#"
function same(seen, expected)
    if seen ~= expected then
        error("expected " .. tostring(expected) .. ", but got " .. tostring(seen), 2)
    end
end
function raises(text, call, ...)
    local done, why = pcall(call, ...)
    if done or not tostring(why):find(text, 1, true) then
        error("expected the error " .. text .. ", but got " .. tostring(why), 2)
    end
end
"#;

async fn in_every_version(parameters: &[(&str, &str)], code: &str) {
    for version in LUA_VERSIONS {
        let server = Server::start(version, parameters).await;
        let said = server.run(&format!("{CHECKS}\n{}", told(code))).await;
        assert_eq!(said, "fine", "Lua {version}");
    }
}

#[tokio::test(start_paused = true)]
async fn json() {
    in_every_version(&[], include_str!("libraries/json.lua")).await;
}

#[tokio::test(start_paused = true)]
async fn urls_filters_and_mime() {
    in_every_version(&[], include_str!("libraries/socket.lua")).await;
}

#[tokio::test(start_paused = true)]
async fn digests() {
    in_every_version(&[], include_str!("libraries/digests.lua")).await;
}

#[tokio::test(start_paused = true)]
async fn folders() {
    in_every_version(&[], include_str!("libraries/lfs.lua")).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_of_that_name_comes_first() {
    let server = Server::start(LuaVersion::default(), &[]).await;
    std::fs::write(server.path("scripts/json.lua"), "return { own = true }").unwrap();
    server.checks("same(require('json').own, true) same(require('cjson').own, nil)").await;
    let said = server.run(&told("require 'nosuch'")).await;
    for part in ["no file '", "no native module 'nosuch'", "no replacement of that name"] {
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn commands_by_a_shell() {
    in_every_version(&[("shell", "*")], include_str!("libraries/shell.lua")).await;
}

#[tokio::test(start_paused = true)]
async fn commands_of_a_list() {
    for version in LUA_VERSIONS {
        let server = Server::start(version, &[("shell", "echo"), ("shell", "sleep *")]).await;
        server
            .checks(
                r#"
                same(io.popen("echo 'a;b' '$HOME' 2>/dev/null"):read("*a"), "a;b $HOME\n")
                for _, line in ipairs({ "echo a; id", "echo `id`", "echo a > DIR/out/x" }) do
                    local pipe, why = io.popen(line)
                    same(pipe, nil)
                    assert(why:find("needs a shell, which only the permission shell=* gives", 1, true), why)
                end
                local done, why = os.execute("id")
                same(done, nil)
                assert(why:find("permission shell=id is missing in profile guest", 1, true), why)
                "#,
            )
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn commands_that_are_refused() {
    for version in LUA_VERSIONS {
        let server = Server::start(version, &[("api", "system"), ("api", "curl")]).await;
        server
            .checks(
                r#"
                local function refused(answer, why)
                    same(answer, nil)
                    if not why:find("may not run the command id: permission shell=id is missing in profile guest", 1, true) then
                        error(why)
                    end
                end
                refused(os.execute("id"))
                refused(io.popen("id"))
                raises("permission shell=id is missing in profile guest", function()
                    freeswitch.API():execute("system", "id")
                end)
                "#,
            )
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn limits_of_commands() {
    let limits = [("shell", "*"), ("commands", "2"), ("command-limit", "1")];
    let server = Server::start(LuaVersion::default(), &limits).await;
    server
        .checks(
            r#"
            local answer, why = os.execute("sleep 100")
            same(answer, nil)
            same(why, "sleep 100 took longer than 1 s and was killed")
            local a, b = io.popen("cat", "w"), io.popen("echo x")
            local c, why = io.popen("echo x")
            same(c, nil)
            same(why, "too many open commands: at most 2 at the same time")
            b:close()
            c = assert(io.popen("echo y"))
            same(c:read("*l"), "y")
            "#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_command_ends_with_its_script() {
    let server = Server::start(LuaVersion::default(), &[("shell", "*")]).await;
    for (name, call) in [("execute", "os.execute(line)"), ("popen", "io.popen(line):read('*a')")] {
        let pid = server.path(&format!("out/{name}"));
        let script = server.path(&format!("scripts/{name}.lua"));
        let line = format!("echo $$ > {}; sleep 1000; echo", pid.display());
        std::fs::write(script, format!("local line = '{line}' {call}")).unwrap();
        let job = server.0.switch.command("luarun", &format!("{name}.lua"), None).await.unwrap();
        let job = job.trim().strip_prefix("+OK ").unwrap().to_owned();
        let number = || std::fs::read_to_string(&pid).unwrap_or_default().trim().to_owned();
        until(|| !number().is_empty()).await;
        let killed = server.0.switch.command("script", &format!("kill {job}"), None).await.unwrap();
        assert!(killed.starts_with("+OK"), "{killed}");
        let state = format!("/proc/{}/stat", number());
        until(|| std::fs::read_to_string(&state).map_or(true, |stat| stat.contains(") Z "))).await;
    }
}

/// Waits in real time: the server's clock stands while a command runs.
async fn until(there: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !there() {
        assert!(began.elapsed() < Duration::from_secs(60), "it did not come");
        std::thread::sleep(Duration::from_millis(5));
        tokio::task::yield_now().await;
    }
}

/// A server that answers by the path; a thread of its own, as the clock of the test stands.
fn http() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    address
}

/// One request, one answer.
fn serve(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).unwrap_or(0) > 0 {}
    let length = head
        .to_ascii_lowercase()
        .split_once("content-length: ")
        .map_or(0, |(_, rest)| rest.split("\r\n").next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, more, answer) = match path.as_str() {
        "/moved" => ("302 Found", "Location: /hello\r\n", String::new()),
        "/none" => ("404 Not Found", "", "none".to_owned()),
        "/echo" => ("200 OK", "", format!("{head}{}", String::from_utf8_lossy(&body))),
        "/binary" => ("200 OK", "", "\0a\u{fc}".to_owned()),
        "/slow" => {
            std::thread::sleep(Duration::from_secs(30));
            return;
        }
        _ => ("200 OK", "X-A: 1\r\nX-A: 2\r\n", "hello".to_owned()),
    };
    let length = answer.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n{answer}"
    );
    // A client that does not wait is not this thread's business.
    let _ = stream.get_mut().write_all(text.as_bytes());
}

#[tokio::test(start_paused = true)]
async fn requests() {
    let address = http();
    let code = include_str!("libraries/http.lua").replace("HERE", &address.to_string());
    in_every_version(&[("http", "127.0.0.1"), ("api", "curl")], &code).await;
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_refused() {
    let server =
        Server::start(LuaVersion::default(), &[("http", "*.example"), ("api", "curl")]).await;
    server
        .checks(
            r#"
            local body, why = require("socket.http").request("http://127.0.0.1:1/")
            same(body, nil)
            if not why:find("may not reach 127.0.0.1:1: permission http=127.0.0.1 is missing in profile guest", 1, true) then
                error(why)
            end
            raises("permission http=127.0.0.1 is missing", function()
                freeswitch.API():execute("curl", "http://127.0.0.1:1/")
            end)
            "#,
        )
        .await;
}

#[tokio::test(start_paused = true)]
async fn mail() {
    let parameters = [("email", "*@example.com"), ("shell", "cp")];
    let server = Server::start(LuaVersion::default(), &parameters).await;
    server
        .checks(
            r#"
            local function sent()
                return io.open("DIR/out/mail"):read("*a")
            end
            same(freeswitch.email("a@example.com", "f@x", "Subject: s\n", "hello"), true)
            same(sent(), "-f f@x -t a@example.com\nSubject: s\n\n\nhello")
            local file = io.open("DIR/out/a.wav", "w")
            file:write("sound")
            file:close()
            same(freeswitch.email("a@example.com", "f@x", "", "", "DIR/out/a.wav", "cp", "mp3"), true)
            assert(sent():find('name="a.mp3"', 1, true) and sent():find("\nc291bmQ=\n", 1, true))
            same(io.open("DIR/out/a.mp3"), nil)
            same(freeswitch.email("a@example.com", "", "", "", "/nosuch"), false)
            same(freeswitch.email("", ""), false)
            raises("send mail to b@x: permission email=b@x is missing in profile guest", function()
                freeswitch.email("a@example.com,b@x", "f@x")
            end)
            "#,
        )
        .await;
}
