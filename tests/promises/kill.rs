use ringfence_tests::{Caller, Configuration, Server};

/// Runs an API command; the script logs its answer.
const COMMAND: &str = r#"
    session:answer()
    local uuid = freeswitch.getGlobalVariable("victim")
    local answer = freeswitch.API():execute("uuid_kill", uuid .. " CALL_REJECTED")
    freeswitch.consoleLog("notice", "uuid_kill: " .. answer .. "\n")
    session:hangup()"#;

fn victim(conf: &Configuration, number: &str, busy: &str) {
    conf.lua(
        number,
        &format!(
            r#"session:answer()
               freeswitch.setGlobalVariable("victim", session:get_uuid())
               freeswitch.consoleLog("notice", "victim at work\n")
               {busy}"#
        ),
    );
}

#[test]
fn uuid_kill_ends_a_call_whatever_its_script_does() {
    let states = [
        "session:sleep(600000)",
        "while true do end",
        "while true do pcall(error) end",
        "session:execute('echo')",
        "session:getDigits(1, '', 600000)",
    ];
    let mut server = Server::start(|conf| {
        conf.lua("6000", COMMAND);
        for (index, busy) in states.iter().enumerate() {
            victim(conf, &format!("67{index:02}"), busy);
        }
    });
    for (index, busy) in states.iter().enumerate() {
        let mut caller = Caller::new(server.port());
        caller.invite(&format!("67{index:02}"));
        caller.answered();
        ringfence_tests::eventually("the victim", || {
            (server.log.with("victim at work").len() > index).then_some(())
        });
        server.call("6000", ["--timeout", "30"]).assert(0, &[]);
        let bye = caller.ended();
        // CALL_REJECTED is Q.850 cause 21.
        let reason = bye.header("reason").unwrap_or_default();
        assert!(reason.contains("cause=21"), "{busy}: {bye:?}");
    }
    assert_eq!(server.log.with("uuid_kill: +OK").len(), states.len());
    server.assert_serves();
}
