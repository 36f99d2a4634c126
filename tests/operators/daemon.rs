use ringfence_tests::{Caller, Control, Server};

#[test]
fn a_script_that_lives_with_the_server_counts_calls_and_answers() {
    let server = Server::start(|conf| {
        super::install(conf);
        conf.set("lua", "startup-script", "watch.lua tests");
    });
    server.log.wait_for(&["watch.lua: runs for tests"]);
    let mut control = Control::connect(&server);
    control.command("event json CUSTOM watch::answer");
    for number in 0..3 {
        let mut caller = Caller::new(server.port());
        caller.invite("9196");
        caller.answered();
        caller.bye();
        server.log.wait_for_lines(number + 1, "watch.lua: NORMAL_CLEARING");
    }
    let ask = "luarun ~local e=freeswitch.Event('CUSTOM','watch::question') e:addHeader('Question','how many') e:fire()";
    assert!(server.api(ask).starts_with("+OK"));
    let answer = control.event("the answer", |event| event["Question"] == "how many");
    assert_eq!(answer["Ended"], "3");
    assert!(server.jobs().iter().any(|job| job.runs("watch.lua")));
    server.api("luarun ~freeswitch.Event('CUSTOM','watch::stop'):fire()");
    server.log.wait_for(&["watch.lua: ended after 3"]);
    server.no_job();
}
