use ringfence_tests::{Caller, Configuration, Server, eventually};

/// An extension whose script is killed, under a profile with this end policy.
fn killed(conf: &Configuration, number: &str, policy: &str) {
    conf.profile(&format!("of_{number}"), &format!("test_{number}.lua"), &[("on-end", policy)])
        .lua_and_tell(number, "session:answer() while true do session:sleep(600000) end");
}

fn kill_the_script_of(server: &Server, number: &str) -> Caller {
    let mut caller = Caller::new(server.port());
    caller.invite(number);
    caller.answered();
    let job = server.job(&format!("test_{number}.lua"));
    let answer = server.api(&format!("script kill {} because of a test", job.id()));
    assert!(answer.starts_with("+OK"), "{answer}");
    caller
}

#[test]
fn by_default_the_dialplan_goes_on() {
    let server = Server::start(|conf| killed(conf, "6000", "continue"));
    let mut caller = kill_the_script_of(&server, "6000");
    let told = server.told("6000");
    assert_eq!(told.result, "killed");
    assert!(told.error.contains("because of a test"), "{told:?}");
    caller.ended();
}

#[test]
fn a_profile_may_hang_up_with_a_cause() {
    let server = Server::start(|conf| killed(conf, "6001", "hangup USER_BUSY"));
    let mut caller = kill_the_script_of(&server, "6001");
    let bye = caller.ended();
    let reason = bye.header("reason").unwrap_or_default();
    assert!(reason.contains("cause=17"), "{bye:?}");
    assert!(server.log.with("[told 6001]").is_empty(), "the dialplan went on");
}

#[test]
fn a_profile_may_transfer() {
    let server = Server::start(|conf| {
        killed(conf, "6002", "transfer 6003");
        conf.extension(
            "6003",
            r#"<action application="log" data="CONSOLE caught: ${script_result} ${script_job} ${script_error}"/>
               <action application="echo"/>"#,
        );
    });
    let mut caller = kill_the_script_of(&server, "6002");
    server.log.wait_for(&["caught: killed", "because of a test"]);
    assert!(server.log.with("[told 6002]").is_empty(), "the dialplan went on");
    caller.say(&[0x55; 800]);
    caller.hears(2);
    assert_eq!(caller.bye().status(), Some(200));
}

#[test]
fn a_script_that_fails_by_itself_is_not_ended() {
    let server = Server::start(|conf| {
        conf.profile("strict", "test_6004.lua", &[("on-end", "hangup USER_BUSY")])
            .lua_and_tell("6004", "session:answer() error('of its own')");
    });
    let mut caller = Caller::new(server.port());
    caller.invite("6004");
    caller.answered();
    let told = server.told("6004");
    assert_eq!(told.result, "error");
    assert!(told.error.contains("of its own"), "{told:?}");
    caller.ended();
}

#[test]
fn a_hangup_leaves_a_time_of_grace_and_no_more() {
    let after_hangup = [
        "function gone() work() while true do end end session:setHangupHook('gone') session:sleep(600000)",
        "session:sleep(600000) work() while true do end",
        "session:sleep(600000) work() while true do pcall(freeswitch.msleep, 600000) end",
        "session:sleep(600000) work() while true do session:sleep(600000) end",
    ];
    let mut server = Server::start(|conf| {
        conf.profile(
            "brief",
            "test_61*.lua",
            &[("hangup-grace", "1"), ("burst-limit", "unlimited")],
        );
        for (index, script) in after_hangup.iter().enumerate() {
            conf.lua(
                &format!("61{index:02}"),
                &format!(
                    "function work() freeswitch.consoleLog('notice', 'still here {index}\\n') end\n\
                     session:answer()\n{script}"
                ),
            );
        }
    });
    for (index, script) in after_hangup.iter().enumerate() {
        let name = format!("test_61{index:02}.lua");
        let mut caller = Caller::new(server.port());
        caller.invite(&format!("61{index:02}"));
        caller.answered();
        let job = server.job(&name);
        assert_eq!(caller.bye().status(), Some(200));
        server.log.wait_for(&[&format!("still here {index}")]);
        let line = server.log.wait_for(&["hangup-grace", &name, job.id()]);
        assert!(line.contains(&format!("{name}:")), "{script}: {line}");
        // It is counted a moment after it is logged.
        eventually("the count", || (server.ended_as(&name, "hangup-grace") == 1).then_some(()));
    }
    server.no_job();
    server.assert_serves();
}

#[test]
fn what_is_done_in_time_is_not_ended() {
    let server = Server::start(|conf| {
        conf.lua(
            "6190",
            r#"function gone() freeswitch.msleep(300) end
               session:answer()
               session:setHangupHook("gone")
               session:sleep(600000)
               freeswitch.consoleLog("notice", "all is written\n")"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("6190");
    caller.answered();
    server.job("test_6190.lua");
    caller.bye();
    server.log.wait_for(&["all is written"]);
    server.no_job();
    assert_eq!(server.ended_as("test_6190.lua", "hangup-grace"), 0);
}
