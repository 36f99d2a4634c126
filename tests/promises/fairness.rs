use std::time::Duration;

use ringfence_tests::{Caller, Receiver, Server, eventually};

/// Calls that play, half of them by a script.
const PLAYING: usize = 20;
/// What the sandbox holds.
const INSTANCES: usize = 40;
/// How long each part is measured.
const PART: Duration = Duration::from_secs(4);
/// How much later a packet may be with all guests spinning, on a machine that runs other tests
/// too. bench/ prints the figure of a quiet one; what would fail here is a server whose media
/// waits for guests.
const ALLOWANCE: Duration = Duration::from_millis(150);

#[test]
fn guests_that_spin_on_every_place_leave_media_signalling_and_commands_alone() {
    let sound = "tone_stream://%(1000,0,440);loops=-1";
    let mut server = Server::start(|conf| {
        conf.set("sandbox", "instances", &INSTANCES.to_string())
            .set("sandbox", "start-wait", "500")
            .lua("6000", &format!("session:answer() session:streamFile('{sound}')"))
            .extension(
                "6001",
                &format!(
                    r#"<action application="answer"/><action application="playback" data="{sound}"/>"#
                ),
            )
            .script("spin.lua", "while true do end")
            .profile("spinning", "spin.lua", &[("burst-limit", "unlimited")]);
    });
    let receiver = Receiver::start(4);
    let mut playing: Vec<Caller> = (0..PLAYING)
        .map(|index| {
            let mut caller = Caller::new(server.port());
            caller.offer = receiver.offer(index);
            caller.invite(if index % 2 == 0 { "6000" } else { "6001" });
            caller.answered();
            caller
        })
        .collect();
    std::thread::sleep(Duration::from_secs(1));
    let quiet = receiver.now();
    std::thread::sleep(PART);
    let quiet = quiet..receiver.now();

    let spinning = INSTANCES - PLAYING / 2;
    for _ in 0..spinning {
        let answer = server.api("luarun spin.lua");
        assert!(answer.starts_with("+OK"), "{answer}");
    }
    let answer = server.api("luarun spin.lua");
    assert!(answer.contains("capacity"), "{answer}");
    eventually("all to spin", || (server.jobs().len() == INSTANCES).then_some(()));
    let loud = receiver.now();
    std::thread::sleep(PART);
    // Meanwhile a new call is answered and heard.
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    caller.say(&[0x55; 1600]);
    caller.hears(5);
    assert_eq!(caller.bye().status(), Some(200));
    let loud = loud..receiver.now();

    // One command ends them all, and the scripts that play go on.
    let answer = server.api("script kill spin.lua");
    assert!(answer.starts_with("+OK") && answer.contains(&spinning.to_string()), "{answer}");
    eventually("the spinning ones to end", || (server.jobs().len() == PLAYING / 2).then_some(()));
    for caller in &mut playing {
        assert_eq!(caller.bye().status(), Some(200));
    }
    server.no_job();

    let arrivals = receiver.stop();
    let rate = |part: &std::ops::Range<Duration>| {
        let packets = arrivals.lateness(part.start, part.end).packets();
        packets as f64 / (part.end - part.start).as_secs_f64()
    };
    assert!(rate(&loud) > rate(&quiet) * 0.95, "{} of {} packets/s", rate(&loud), rate(&quiet));
    let late = |part: &std::ops::Range<Duration>| arrivals.lateness(part.start, part.end).at(990);
    assert!(late(&loud) < late(&quiet) + ALLOWANCE, "{:?}, {:?}", late(&loud), late(&quiet));
    server.assert_serves();
}

#[test]
fn guests_that_spin_leave_other_guests_alone() {
    let mut server = Server::start(|conf| {
        conf.script("spin.lua", "while true do end")
            .profile("spinning", "spin.lua", &[("burst-limit", "unlimited")])
            .lua_and_tell("6000", "session:answer() for i = 1, 100 do session:sleep(1) end");
    });
    for _ in 0..16 {
        server.api("luarun spin.lua");
    }
    let mut caller = Caller::new(server.port());
    caller.invite("6000");
    caller.answered();
    // Each of its hundred steps waits for its turn among sixteen.
    assert_eq!(server.told("6000").result, "ok");
    caller.ended();
    let answer = server.api("script kill all");
    assert!(answer.contains("16"), "{answer}");
    server.no_job();
    server.assert_serves();
}
