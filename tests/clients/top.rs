use ringfence_tests::{Caller, Server, binary, eventually, ringfence};

use crate::tmux::Terminal;

fn server() -> Server {
    Server::start(|conf| {
        conf.lua("7702", "session:answer()\nsession:sleep(600000)")
            .script("spin.lua", "while true do end")
            .profile("spins", "spin.lua", &[("burst-limit", "unlimited")]);
    })
}

#[test]
fn calls_and_scripts_are_shown_and_killed() {
    let server = server();
    let mut caller = Caller::new(server.port());
    caller.invite("7702");
    caller.answered();
    server.job("test_7702.lua");
    server.api("luarun spin.lua");
    server.job("spin.lua");
    let port = server.configuration.event_socket;
    let terminal = Terminal::run(&format!(
        "{} top -H 127.0.0.1 -P {port} --interval 0.2",
        binary::path().display()
    ));
    for text in ["1 calls, 2 scripts", "spin.lua", "test_7702.lua:2", "session.", "7702", "ACTIVE"]
    {
        terminal.shows(text);
    }
    // And it is what is chosen.
    eventually("what computes to come first", || {
        let screen = terminal.screen();
        (screen.find("spin.lua")? < screen.find("test_7702.lua")?).then_some(())
    });
    terminal.types("k");
    terminal.shows("? y does it");
    terminal.types("y");
    eventually("the script to end", || {
        server.jobs().iter().all(|job| !job.runs("spin.lua")).then_some(())
    });
    terminal.shows("1 calls, 1 scripts");
    // The other table.
    terminal.presses("Tab");
    terminal.types("k");
    terminal.shows("uuid_kill");
    terminal.types("y");
    terminal.shows("0 calls, 0 scripts");
    terminal.types("q");
    terminal.ended();
}

#[test]
fn once_is_text_for_a_pipe() {
    let server = server();
    server.api("luarun spin.lua");
    server.job("spin.lua");
    let port = server.configuration.event_socket.to_string();
    let finished = ringfence(["top", "-H", "127.0.0.1", "-P", &port, "--once"]);
    finished.assert(0, &["0 calls, 1 scripts", "\tspin.lua\t", "uuid\tdirection\tfrom"]);
    let nobody = ringfence_tests::ports::free().to_string();
    ringfence(["top", "-H", "127.0.0.1", "-P", &nobody, "--once"]).assert(1, &["cannot connect"]);
}
