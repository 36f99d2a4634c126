use ringfence_tests::{Caller, Configuration, Server, eventually};

fn server(destinations: impl FnOnce(&Configuration) -> String) -> Server {
    Server::start(|conf| {
        super::install(conf);
        let destinations = destinations(conf);
        super::extension(conf, "7613", &format!("ring_group.lua {destinations}"));
        conf.extension("7614", r#"<action application="sleep" data="200"/><action application="answer"/><action application="playback" data="tone_stream://%(2000,0,600)"/>"#)
            .extension("7615", r#"<action application="sleep" data="60000"/>"#)
            .extension("7616", r#"<action application="hangup" data="USER_BUSY"/>"#);
    })
}

fn sip(conf: &Configuration, number: &str) -> String {
    format!("sofia/internal/{number}@127.0.0.1:{}", conf.port)
}

fn channels(server: &Server) -> String {
    server.api("show channels count").trim().to_owned()
}

#[test]
fn the_first_that_answers_gets_the_call() {
    let server = server(|conf| {
        let [slow, quick, busy] = ["7615", "7614", "7616"].map(|number| sip(conf, number));
        format!("{slow} {quick} {busy} error/USER_BUSY")
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7613");
    caller.answered();
    assert!(caller.hears(20).iter().any(|octet| *octet != 0xff), "silence");
    server.log.wait_for(&["ring_group.lua: SUCCESS"]);
    server.log.wait_for(&["ring_group.lua: ready true"]);
    caller.ended();
    // The leg that rang longer went with the race.
    eventually("an empty server", || (channels(&server) == "0 total.").then_some(()));
}

#[test]
fn when_all_are_busy_the_fallback_is_called() {
    let server = server(|conf| {
        let [busy, quick] = ["7616", "7614"].map(|number| sip(conf, number));
        format!("{busy} error/USER_BUSY {quick}")
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7613");
    caller.answered();
    server.log.wait_for(&["ring_group.lua: USER_BUSY"]);
    server.log.wait_for(&["ring_group.lua: fallback SUCCESS"]);
    caller.ended();
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let server = server(|conf| format!("{} error/USER_BUSY", sip(conf, "7615")));
    let mut caller = Caller::new(server.port());
    caller.invite("7613");
    // The caller's, the leg to 7615, and the call that arrives there.
    eventually("three channels", || (channels(&server) == "3 total.").then_some(()));
    caller.cancel();
    eventually("an empty server", || (channels(&server) == "0 total.").then_some(()));
    server.log.wait_for(&["ring_group.lua: ready false"]);
}
