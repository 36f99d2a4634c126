use ringfence_tests::{Caller, Server, Sipp};

#[test]
fn the_lua_ivr_greets_takes_a_choice_and_hangs_up() {
    let server = Server::shipped();
    let call = server.call("5000", ["--press", "2s 1 9s 9 9s 9 9s 9", "--timeout", "60"]);
    call.assert(0, &[]);
    server.log.wait_for(&["ivr: choice: 1"]);
    server.log.wait_for(&["ivr: choice: none"]);
}

#[test]
fn choice_three_goes_to_the_echo_and_runs_the_hangup_hook() {
    let server = Server::shipped();
    let call = server.call("5000", ["--press", "2s 3", "--hangup-after", "8"]);
    call.assert(0, &[]);
    server.log.wait_for(&["ivr: choice: 3"]);
    server.log.wait_for(&["ivr: the caller is gone (transfer)"]);
}

#[test]
fn a_hangup_in_the_menu_runs_the_hangup_hook() {
    let server = Server::shipped();
    server.call("5000", ["--hangup-after", "2"]).assert(0, &[]);
    server.log.wait_for(&["ivr: the caller is gone (hangup)"]);
}

#[test]
fn choice_two_records_and_plays_back() {
    let server = Server::shipped();
    let folder = server.file("recordings");
    let call = server.call("5000", ["--press", "2s 2 6s 5", "--hangup-after", "11"]);
    call.assert(0, &[]);
    server.log.wait_for(&["ivr: recording ended by key 5"]);
    // The script removes what it recorded.
    let left: Vec<_> = folder
        .read_dir()
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "wav"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_same_ivr_works_as_a_plain_dialplan() {
    let server = Server::shipped();
    let call = server.call("5001", ["--press", "2s 3", "--hangup-after", "8"]);
    call.assert(0, &[]);
    assert!(server.log.with("ERROR").is_empty());
}

#[test]
fn the_echo_says_back_what_it_hears() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    let sound: Vec<u8> = (0..50 * 160).map(|index| (index % 251) as u8).collect();
    caller.say(&sound);
    let heard = caller.hears(20);
    // Octet for octet: a piece of what was said is found in what was heard.
    let piece = &heard[heard.len() - 320..];
    assert!(sound.windows(320).any(|window| window == piece), "something else came back");
    caller.bye();
}

#[test]
fn the_music_plays_until_the_caller_hangs_up() {
    let server = Server::shipped();
    let mut caller = Caller::new(server.port());
    caller.invite("9664");
    caller.answered();
    let sound = caller.hears(100);
    assert!(sound.iter().any(|octet| *octet != 0xff && *octet != 0x7f), "only silence");
    caller.bye();
}

#[test]
fn many_calls_at_once() {
    let mut server = Server::start(|conf| {
        conf.lua("7000", "session:answer() session:sleep(200) session:hangup()");
    });
    let run = Sipp::calls(&server, "call_until_bye.xml", "7000").with(&["-m", "200", "-r", "50"]);
    let statistics = run.passes();
    assert_eq!((statistics.successful, statistics.failed), (200, 0));
    server.assert_serves();
}
