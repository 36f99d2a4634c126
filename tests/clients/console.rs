use ringfence_tests::{Server, binary, eventually, ringfence};

use crate::tmux::Terminal;

/// `ringfence console` for that server, with a history of its own.
fn console(server: &Server, arguments: &str) -> Terminal {
    let port = server.configuration.event_socket;
    let state = server.file("state");
    Terminal::run(&format!(
        "XDG_STATE_HOME={} {} console -H 127.0.0.1 -P {port} -p ClueCon {arguments}",
        state.display(),
        binary::path().display()
    ))
}

#[test]
fn commands_are_typed_completed_and_remembered() {
    let server = Server::shipped();
    let terminal = console(&server, "");
    terminal.shows("Connected to 127.0.0.1:");
    terminal.line("echo hello from the console");
    terminal.shows("\nhello from the console\n");
    terminal.line("nosuch");
    terminal.shows("-ERR nosuch Command not found!");

    // TAB asks the server.
    terminal.types("url_dec");
    terminal.presses("Tab");
    terminal.shows("> url_decode ");
    terminal.types("a%20b");
    terminal.presses("Enter");
    terminal.shows("\na b\n");
    // So it does for what comes behind a name.
    terminal.types("show channels co");
    terminal.presses("Tab");
    terminal.shows("> show channels count ");
    terminal.gives_up();
    terminal.types("/noe");
    terminal.presses("Tab");
    terminal.shows("> /noevents ");
    terminal.gives_up();

    // Lines that were typed come back.
    terminal.presses("Up");
    terminal.presses("Up");
    terminal.shows("> nosuch");
    terminal.gives_up();

    terminal.line("/nosuch");
    terminal.shows("-ERR there is no /nosuch");
    terminal.line("/help");
    terminal.shows("/logfilter");
    terminal.line("/quit");
    terminal.ended();
    // The next console knows what was typed.
    let terminal = console(&server, "");
    terminal.shows("Connected to");
    terminal.presses("Up");
    terminal.shows("> /quit");
    terminal.presses("C-d");
}

#[test]
fn the_log_and_events_come_as_they_happen() {
    let server = Server::shipped();
    let terminal = console(&server, "");
    terminal.shows("Connected to");
    server.api("log err something is wrong");
    terminal.shows("something is wrong");
    // Errors are red, and nobody's text steers the terminal.
    eventually("red", || terminal.coloured().contains("\u{1b}[31m").then_some(()));
    terminal.line("/nolog");
    terminal.shows("+OK no longer logging");
    server.api("log err unheard");
    terminal.line("/event plain CUSTOM test::console");
    terminal.shows("+OK event listener enabled plain");
    server.configuration.script(
        "fire.lua",
        "local e = freeswitch.Event('CUSTOM', 'test::console') e:addHeader('Told', 'a b') e:fire()",
    );
    server.api("lua fire.lua");
    let screen = terminal.shows("Told: a b");
    assert!(screen.contains("RECV EVENT") && !screen.contains("unheard"), "{screen}");
    terminal.presses("C-d");
    terminal.ended();
}

#[test]
fn a_console_outlives_its_server() {
    let mut server = Server::shipped();
    let terminal = console(&server, "");
    terminal.shows("Connected to");
    terminal.line("/event plain CUSTOM test::again");
    terminal.shows("+OK event listener enabled plain");
    server.signal("TERM");
    server.ended();
    terminal.shows("lost");
    terminal.line("status");
    terminal.shows("-ERR not connected to");
    // The same server again, at the same port.
    let configuration =
        std::mem::replace(&mut server.configuration, ringfence_tests::Configuration::shipped());
    let server = Server::serve(configuration, |_| {});
    terminal.shows(&format!(":{} again.", server.configuration.event_socket));
    server.configuration.script(
        "fire.lua",
        "local e = freeswitch.Event('CUSTOM', 'test::again') e:addHeader('Told', 'once more') e:fire()",
    );
    server.api("lua fire.lua");
    terminal.shows("Told: once more");
    terminal.presses("C-d");
    terminal.ended();
}

#[test]
fn one_command_for_scripts() {
    let server = Server::shipped();
    let port = server.configuration.event_socket.to_string();
    let run = |password: &str, command: &str| {
        ringfence(["console", "-H", "127.0.0.1", "-P", &port, "-p", password, "-x", command])
    };
    let finished = run("ClueCon", "echo one\ttwo");
    finished.assert(0, &[]);
    assert_eq!(finished.output(), "one\ttwo\n");
    run("ClueCon", "uuid_kill nobody").assert(1, &["-ERR No such channel!"]);
    run("wrong", "status").assert(1, &["refuses the password", "-p"]);
    // What the configuration on this machine says is found by itself.
    let conf = server.configuration.path().to_string_lossy().into_owned();
    ringfence(["console", "--conf", &conf, "-x", "echo found"]).assert(0, &["found"]);
    let nobody = ringfence_tests::ports::free().to_string();
    ringfence(["console", "-H", "127.0.0.1", "-P", &nobody, "-x", "status"])
        .assert(1, &["cannot connect to 127.0.0.1:", "-P"]);
}
