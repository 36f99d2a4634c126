use ringfence_tests::{Caller, Server};

/// Calls an extension that answers, does something that fails, and goes on to its next action:
/// logs it, and hangs up.
fn dialplan(faulty: &str) -> String {
    format!(
        r#"<action application="answer"/>
           {faulty}
           <action application="log" data="NOTICE the dialplan goes on"/>
           <action application="hangup"/>"#
    )
}

fn call(server: &Server, number: &str) {
    let mut caller = Caller::new(server.port());
    caller.invite(number);
    caller.answered();
    caller.ended();
}

#[test]
fn a_missing_script() {
    let mut server = Server::start(|conf| {
        conf.extension("7700", &dialplan(r#"<action application="lua" data="none.lua"/>"#));
    });
    call(&server, "7700");
    server.log.wait_for(&["ERROR", "none.lua", "call="]);
    server.log.wait_for(&["the dialplan goes on"]);
    server.assert_serves();
}

#[test]
fn a_script_that_does_not_compile() {
    let mut server = Server::start(|conf| {
        conf.script("broken.lua", "session:answer()\nlocal x = = 1\n")
            .extension("7701", &dialplan(r#"<action application="lua" data="broken.lua"/>"#));
    });
    call(&server, "7701");
    server.log.wait_for(&["ERROR", "broken.lua:2:"]);
    server.log.wait_for(&["the dialplan goes on"]);
    server.assert_serves();
}

#[test]
fn a_script_that_fails_tells_where() {
    let mut server = Server::start(|conf| {
        conf.script(
            "fails.lua",
            "local function deep()\n  local a = nil\n  a.b = 1\nend\ndeep()\n",
        )
        .extension("7702", &dialplan(r#"<action application="lua" data="fails.lua"/>"#));
    });
    call(&server, "7702");
    server.log.wait_for(&["ERROR", "fails.lua:3:"]);
    // The traceback names the caller, too.
    server.log.wait_for(&["fails.lua:5:"]);
    server.log.wait_for(&["the dialplan goes on"]);
    server.assert_serves();
}

#[test]
fn wrong_arguments_name_function_position_and_type() {
    let server = Server::start(|conf| {
        conf.script("wrong.lua", "session:setVariable({}, 1)\n")
            .extension("7703", &dialplan(r#"<action application="lua" data="wrong.lua"/>"#));
    });
    call(&server, "7703");
    let line = server.log.wait_for(&["wrong.lua:1:"]);
    assert!(line.contains("setVariable (arg 2), expected 'char *' got 'table'"), "{line}");
}

#[test]
fn an_unknown_application_ends_this_call_only() {
    let mut server = Server::start(|conf| {
        conf.extension("7704", &dialplan(r#"<action application="no_such_app" data="x"/>"#));
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7704");
    caller.answered();
    let bye = caller.ended();
    // DESTINATION_OUT_OF_ORDER is Q.850 cause 27.
    assert!(bye.header("reason").is_some_and(|reason| reason.contains("cause=27")), "{bye:?}");
    server.log.wait_for(&["ERROR", "no_such_app"]);
    assert!(server.log.with("the dialplan goes on").is_empty());
    server.assert_serves();
}

#[test]
fn a_sound_file_that_cannot_be_read() {
    let mut server = Server::start(|conf| {
        conf.write("sounds/noise.wav", "this is not a WAV file").lua(
            "7705",
            r#"session:answer()
               local sounds = freeswitch.getGlobalVariable("sounds_dir")
               for _, name in ipairs({ "/none.wav", "/noise.wav", "", "/none.mp3" }) do
                   local played = session:streamFile(sounds .. name)
                   freeswitch.consoleLog("notice", "played: " .. tostring(played) .. "\n")
               end
               session:hangup()"#,
        );
    });
    call(&server, "7705");
    server.log.wait_for_lines(4, "played: 0");
    server.log.wait_for(&["none.wav"]);
    server.log.wait_for(&["noise.wav"]);
    server.assert_serves();
}

#[test]
fn transferring_for_ever_ends() {
    let mut server = Server::start(|conf| {
        conf.extension("7706", r#"<action application="transfer" data="7706 XML default"/>"#);
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7706");
    let response = caller.refused();
    assert!(response.status() >= Some(400), "{response:?}");
    server.assert_serves();
}

#[test]
fn an_extension_that_calls_itself_ends() {
    let mut server = Server::start(|conf| {
        conf.extension(
            "7707",
            r#"<action application="execute_extension" data="7707 XML default"/>"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7707");
    let response = caller.refused();
    assert!(response.status() >= Some(400), "{response:?}");
    server.assert_serves();
}

#[test]
fn what_a_caller_calls_himself_is_no_command() {
    let mut server = Server::start(|conf| {
        conf.extension(
            "7720",
            r#"<action application="log" data="NOTICE from [${caller_id_name}] [${sip_from_display}]"/>
               <action application="hangup"/>"#,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.name = "${global_setvar(seized=yes)}".to_owned();
    caller.invite("7720");
    caller.final_response();
    let text = "%{global_setvar(seized=yes)}";
    server.log.wait_for(&[&format!("from [{text}] [{text}]")]);
    assert_eq!(server.api("eval [$${seized}]"), "[]");
    server.assert_serves();
}

#[test]
fn an_unknown_application_is_logged_once_with_what_becomes_of_the_call() {
    let server = Server::start(|conf| {
        conf.extension("7720", r#"<action application="no_such_app" data="x"/>"#).lua(
            "7721",
            "session:answer()\nsession:execute('no_such_app', 'x')\nsession:execute('ivr', 'no_such_menu')\n",
        );
        conf.extension("7722", r#"<action application="ivr" data="no_such_menu"/>"#);
    });
    for number in ["7720", "7721", "7722"] {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.final_response();
    }
    let unknown =
        "Invalid Application no_such_app; the call is hung up with DESTINATION_OUT_OF_ORDER";
    server.log.wait_for(&["ERROR", unknown, "at=", "test_7720.xml:", "call="]);
    server.log.wait_for(&["ERROR", unknown, "at=", "test_7721.lua:2", "call="]);
    server.log.wait_for(&["ivr(no_such_menu): there is no menu no_such_menu", "test_7722.xml:"]);
    assert_eq!(server.log.with("Invalid Application").len(), 2, "{}", server.log);
}

#[test]
fn what_is_not_called_is_logged_with_the_dial_string_and_why() {
    let server = Server::start(|conf| {
        conf.extension("7723", r#"<action application="bridge" data="{secret=x}sofia/none/1@h"/>"#);
    });
    for (dial, cause, why) in [
        ("sofia/gateway/none/1", "INVALID_GATEWAY", "there are no gateways here"),
        ("sofia/none/1@h", "INVALID_PROFILE", "there is no SIP profile"),
        ("sofia/internal/", "USER_NOT_REGISTERED", "nobody registers here"),
        ("user/no_such_user", "SUBSCRIBER_ABSENT", "there is no user"),
        ("group/no_such_group", "NO_ROUTE_DESTINATION", "is in the group"),
        ("nosuch/1", "CHAN_NOT_IMPLEMENTED", "no endpoint"),
    ] {
        assert_eq!(server.api(&format!("originate {dial} &park")), format!("-ERR {cause}"));
        server.log.wait_for(&[dial, "is not called", cause, why]);
    }
    let mut caller = Caller::new(server.port());
    caller.invite("7723");
    caller.final_response();
    server.log.wait_for(&["sofia/none/1@h is not called (INVALID_PROFILE)", "call="]);
    server.log.wait_for(&["not connected to sofia/none/1@h (INVALID_PROFILE)", "call="]);
    server.log.wait_for(&["not bridged (INVALID_PROFILE), hanging up", "call="]);
    assert!(server.log.with("secret").is_empty(), "{}", server.log);
    // What has no value is left out.
    for empty in ["call= ", "call=\"\"", "at= ", "at=\"\""] {
        assert!(server.log.with(empty).is_empty(), "{empty} in:\n{}", server.log);
    }
}
