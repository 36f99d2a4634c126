use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use ringfence_tests::{DEADLINE, Server, eventually};

/// A connection, byte by byte.
struct Wire(TcpStream);

impl Wire {
    fn connect(server: &Server) -> Self {
        let address = ("127.0.0.1", server.configuration.event_socket);
        let stream = eventually("the event socket", || TcpStream::connect(address).ok());
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(stream)
    }

    fn says(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    /// Exactly these bytes come next.
    #[track_caller]
    fn hears(&mut self, text: &str) {
        let mut bytes = vec![0; text.len()];
        self.0.read_exact(&mut bytes).expect("an answer");
        assert_eq!(String::from_utf8_lossy(&bytes), text);
    }

    /// Reads until that has come, and answers all of it.
    #[track_caller]
    fn reads(&mut self, end: &str) -> String {
        let mut heard = Vec::new();
        let mut byte = [0];
        while !heard.ends_with(end.as_bytes()) {
            if self.0.read_exact(&mut byte).is_err() {
                panic!("no {end:?} in {:?}", String::from_utf8_lossy(&heard));
            }
            heard.push(byte[0]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    }
}

/// What fs_cli does: log in, ask for the log, run commands as the console, complete with TAB, listen,
/// and leave.
#[test]
fn the_dialogue_of_fs_cli() {
    let server = Server::shipped();
    let mut wire = Wire::connect(&server);
    wire.hears("Content-Type: auth/request\n\n");
    wire.says("auth ClueCon\n\n");
    wire.hears("Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
    wire.says("log 7\n\n");
    wire.hears("Content-Type: command/reply\nReply-Text: +OK log level 7 [7]\n\n");

    wire.says("api echo hello\nconsole_execute: true\n\n");
    wire.hears("Content-Type: api/response\nContent-Length: 5\n\nhello");
    wire.says("api nosuch\nconsole_execute: true\n\n");
    wire.hears(
        "Content-Type: api/response\nContent-Length: 31\n\n-ERR nosuch Command not found!\n",
    );

    wire.says("api console_complete url_d\n\n");
    wire.hears(
        "Content-Type: api/response\nContent-Length: 46\n\n\n\n[          url_decode]\t\n\nwrite=5:url_decode ",
    );
    // The cursor is inside of the line.
    wire.says("api console_complete c=5;url_decode\n\n");
    wire.hears(
        "Content-Type: api/response\nContent-Length: 46\n\n\n\n[          url_decode]\t\n\nwrite=5:url_decode ",
    );

    wire.says("api log NOTICE a line\nconsole_execute: true\n\n");
    wire.hears("Content-Type: api/response\nContent-Length: 4\n\n+OK\n");
    let head = wire.reads("\n\n");
    for part in ["Content-Type: log/data\n", "\nLog-Level: 5\n", "\nUser-Data: \n"] {
        assert!(head.contains(part), "no {part:?} in {head:?}");
    }
    let line = wire.reads("\n");
    assert!(line.contains(" [NOTICE] ") && line.ends_with(" a line\n"), "{line}");

    wire.says("nolog\n\n");
    wire.hears("Content-Type: command/reply\nReply-Text: +OK no longer logging\n\n");
    wire.says("event plain CUSTOM conformance::test\n\n");
    wire.hears("Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n");
    wire.says("exit\n\n");
    wire.hears("Content-Type: command/reply\nReply-Text: +OK bye\n\n");
    wire.hears("Content-Type: text/disconnect-notice\nContent-Length: 67\n\n");
    wire.reads("http://www.cluecon.com/\n");
    let mut rest = Vec::new();
    wire.0.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
}

/// What is typed with a slash is sent as it is, without its end at first; the log without a level is
/// all of it; a line may have several commands, and aliases.
#[test]
fn lines_of_fs_cli() {
    let server = Server::shipped();
    let mut wire = Wire::connect(&server);
    wire.hears("Content-Type: auth/request\n\n");
    wire.says("auth ClueCon\n\n");
    wire.hears("Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
    let mut replies = |line: &str, reply: &str| {
        wire.says(line);
        wire.says("\n\n");
        let heard = wire.reads("\n\n");
        assert_eq!(
            heard,
            format!("Content-Type: command/reply\nReply-Text: {reply}\n\n"),
            "{line:?}"
        );
    };
    replies("log \n\n", "+OK log level  [7]");
    replies("nolog", "+OK no longer logging");
    replies("nolog", "-ERR not loging");
    replies("log console", "+OK log level console [0]");
    replies("log nosuch", "-ERR invalid log level");
    replies("nolog\r\n\r", "+OK no longer logging");
    replies("event", "-ERR no keywords supplied");
    replies("events json HEARTBEAT", "+OK event listener enabled json");
    replies("nixevents HEARTBEAT", "+OK events nixed");
    replies("filter", "-ERR command not found");
    replies("filter Event-Name HEARTBEAT", "+OK filter added. [Event-Name]=[HEARTBEAT]");
    replies("event plain HEARTBEAT", "+OK event listener enabled plain");
    replies("noevents", "+OK no longer listening for events");
    replies("noevents", "-ERR not listening for events");
    replies("/help", "-ERR command not found");

    let mut console = |line: &str, output: &str| {
        wire.says(&format!("api {line}\nconsole_execute: true\n\n"));
        let length = output.len();
        wire.hears(&format!("Content-Type: api/response\nContent-Length: {length}\n\n{output}"));
    };
    console("", "-ERR  Command not found!\n");
    console("nosuch a b", "-ERR nosuch a b Command not found!\n");
    console("echo a;;echo b", "ab");
    console("alias add say echo from", "+OK\n");
    console("alias add both say one;;echo two", "+OK\n");
    console(
        "both",
        "\nExpand Alias [both]->[say one;;echo two]\n\n\nExpand Alias [say]->[echo from one]\n\nfrom onetwo",
    );
    assert!(server.api("show aliases").contains("0,say,echo from,"));
    console("alias del say", "+OK\n");
    console("say it", "-ERR say it Command not found!\n");
    // Programs mean what they say.
    assert_eq!(server.api("echo a;;echo b"), "a;;echo b");
}

/// `fs_cli -x`: one command, and gone without a word.
#[test]
fn one_command_and_gone() {
    let mut server = Server::shipped();
    for number in 0..20 {
        let mut wire = Wire::connect(&server);
        wire.says(&format!("auth ClueCon\n\napi echo {number}\nconsole_execute: true\n\n"));
        let heard = wire.reads(&format!("\n\n{number}"));
        assert!(heard.contains("api/response"), "{heard}");
    }
    std::thread::sleep(Duration::from_millis(1));
    server.assert_serves();
}

/// Levels of the log, for all, for parts and for one call.
#[test]
fn what_is_logged_can_be_changed_while_calls_are_up() {
    let server = Server::start(|conf| {
        conf.extension("7701", r#"<action application="answer"/><action application="park"/>"#);
        conf.write(
            "autoload_configs/logfile.conf.xml",
            r#"<include><configuration name="logfile.conf"><profiles>
                <profile name="default"><settings>
                  <param name="logfile" value="$${conf_dir}/all.log"/>
                </settings></profile>
                <profile name="json"><settings>
                  <param name="logfile" value="$${conf_dir}/warnings.json"/>
                  <param name="format" value="json"/>
                  <param name="loglevel" value="warning"/>
                </settings></profile>
              </profiles></configuration></include>"#,
        );
    });
    let mut caller = ringfence_tests::Caller::new(server.port());
    caller.invite("7701");
    caller.answered();
    let channels = server.api("show channels as json");
    let channels: serde_json::Value = serde_json::from_str(&channels).expect(&channels);
    let uuid = channels["rows"][0]["uuid"].as_str().expect("the call").to_owned();

    let say = |text: &str| {
        let mut control = ringfence_tests::Control::connect(&server);
        control.api(&format!("log {text}"));
    };
    say("debug quiet-1");
    say("warning loud-1");
    assert_eq!(server.api("loglevel log=debug"), "+OK info,log=debug");
    say("debug heard-2");
    assert_eq!(server.api("loglevel reset"), "+OK info");
    say("debug quiet-3");
    assert_eq!(server.api("loglevel nosuch").get(..4), Some("-ERR"));
    // Of one call.
    let of_call = |text: &str| {
        let mut wire = Wire::connect(&server);
        wire.says("auth ClueCon\n\n");
        for (application, data) in
            [("log", format!("debug {text}")), ("set", format!("said={text}"))]
        {
            wire.says(&format!(
                "sendmsg {uuid}\ncall-command: execute\nexecute-app-name: {application}\n\
                 execute-app-arg: {data}\n\n"
            ));
        }
        // They run one after the other: what comes second tells that the first is done.
        eventually("the line to be written", || {
            (server.api(&format!("uuid_getvar {uuid} said")) == text).then_some(())
        });
    };
    of_call("quiet-4");
    assert_eq!(server.api(&format!("uuid_loglevel {uuid} debug")), "+OK");
    of_call("heard-5");
    // The terminal can show less; files are not concerned.
    assert_eq!(server.api("console loglevel err"), "+OK console log level set to ERR");
    say("warning only-in-files-6");

    let file = |name: &str| std::fs::read_to_string(server.file(name)).unwrap_or_default();
    eventually("the last line in both files", || {
        let last = "only-in-files-6";
        (file("all.log").contains(last) && file("warnings.json").contains(last)).then_some(())
    });
    let all = file("all.log");
    for heard in ["loud-1", "heard-2", "heard-5"] {
        assert!(all.contains(heard), "no {heard} in:\n{all}");
        server.log.wait_for(&[heard]);
    }
    for quiet in ["quiet-1", "quiet-3", "quiet-4"] {
        assert!(!all.contains(quiet), "{quiet} in:\n{all}");
    }
    assert!(server.log.with("only-in-files-6").is_empty(), "{}", server.log);
    for line in file("warnings.json").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect(line);
        assert!(matches!(line["level"].as_str(), Some("WARN" | "ERROR")), "{line}");
    }
    // The call is gone, and its level with it.
    caller.bye();
    // SIGHUP begins new files.
    server.signal("HUP");
    eventually("a new file", || {
        say("warning after-7");
        file("all.log.1").contains("only-in-files-6").then_some(())
    });
}
