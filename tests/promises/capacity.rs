use ringfence_tests::{Caller, Server, eventually};

const SLEEPS: &str = "session:answer() session:sleep(600000)";

fn call(server: &Server, number: &str) -> Caller {
    let mut caller = Caller::new(server.port());
    caller.invite(number);
    caller.answered();
    caller
}

#[test]
fn one_run_too_many_waits_a_bounded_time_and_fails_by_name() {
    let mut server = Server::start(|conf| {
        conf.set("sandbox", "instances", "3").set("sandbox", "start-wait", "300");
        conf.lua("6000", SLEEPS).script("wait.lua", "freeswitch.msleep(600000)").extension(
            "6001",
            r#"<action application="answer"/>
               <action application="lua" data="test_6000.lua"/>
               <action application="log" data="CONSOLE too many: ${script_result}"/>
               <action application="echo"/>"#,
        );
    });
    let mut running: Vec<Caller> = (0..3).map(|_| call(&server, "6000")).collect();
    eventually("three jobs", || (server.jobs().len() == 3).then_some(()));
    let mut fourth = call(&server, "6001");
    server.log.wait_for(&["too many: capacity"]);
    server.log.wait_for(&["test_6000.lua", "capacity", "not started"]);
    assert_eq!(server.refused_as("capacity"), 1);
    let answer = server.api("luarun wait.lua");
    assert!(answer.starts_with("-ERR") && answer.contains("capacity"), "{answer}");
    assert_eq!(server.refused_as("capacity"), 2);
    // Its call goes on, and the others never noticed.
    fourth.say(&[0x55; 800]);
    fourth.hears(2);
    assert_eq!(fourth.bye().status(), Some(200));
    for caller in &mut running {
        assert_eq!(caller.bye().status(), Some(200));
    }
    server.no_job();
    let mut again = call(&server, "6000");
    server.job("test_6000.lua");
    assert_eq!(again.bye().status(), Some(200));
    server.assert_serves();
}

#[test]
fn a_place_that_becomes_free_in_time_is_given_to_who_waits() {
    let mut server = Server::start(|conf| {
        conf.set("sandbox", "instances", "1").set("sandbox", "start-wait", "60000");
        conf.lua("6000", SLEEPS);
    });
    let mut first = call(&server, "6000");
    let first_job = server.job("test_6000.lua");
    let mut second = Caller::new(server.port());
    second.invite("6000");
    eventually("the second one to wait", || (server.waiting() == 1).then_some(()));
    assert_eq!(first.bye().status(), Some(200));
    second.answered();
    eventually("the second one alone", || {
        let jobs = server.jobs();
        (jobs.len() == 1 && jobs[0].id() != first_job.id()).then_some(())
    });
    assert_eq!(server.refused_as("capacity"), 0);
    assert_eq!(second.bye().status(), Some(200));
    server.assert_serves();
}

#[test]
fn who_hangs_up_while_it_waits_leaves_the_queue() {
    let mut server = Server::start(|conf| {
        conf.set("sandbox", "instances", "1").set("sandbox", "start-wait", "60000");
        conf.lua("6000", SLEEPS).extension(
            "6001",
            r#"<action application="answer"/><action application="lua" data="test_6000.lua"/>"#,
        );
    });
    let mut first = call(&server, "6000");
    server.job("test_6000.lua");
    let mut second = call(&server, "6001");
    eventually("the second one to wait", || (server.waiting() == 1).then_some(()));
    assert_eq!(second.bye().status(), Some(200));
    eventually("nobody to wait", || (server.waiting() == 0).then_some(()));
    assert_eq!(first.bye().status(), Some(200));
    server.no_job();
    server.assert_serves();
}
