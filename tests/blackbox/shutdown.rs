use std::time::Duration;

use ringfence_tests::{Caller, Configuration, Server};

/// A server that lets running calls go on for so many seconds after the first signal.
fn server(grace: &str) -> Server {
    Server::serve(Configuration::shipped(), |command| {
        command.args(["--grace", grace]);
    })
}

#[test]
fn a_server_without_calls_ends_at_once_and_well() {
    let mut server = server("600");
    server.signal("TERM");
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn running_calls_may_end_and_new_ones_are_refused() {
    let mut server = server("600");
    let mut running = Caller::new(server.port());
    running.invite("9196");
    running.answered();
    server.signal("TERM");
    let mut refused = Caller::new(server.port());
    // The signal takes its way; a call that was answered before it arrived is not the test.
    let response = ringfence_tests::eventually("a refusal", || {
        refused = Caller::new(server.port());
        refused.invite("9196");
        let response = refused.final_response();
        refused.ack();
        if response.status() == Some(200) {
            refused.bye();
            return None;
        }
        Some(response)
    });
    assert_eq!(response.status(), Some(503), "{response:?}");
    running.say(&[0x55; 1600]);
    running.hears(3);
    assert!(!server.has_ended());
    assert_eq!(running.bye().status(), Some(200));
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn what_still_runs_at_the_limit_is_hung_up() {
    let mut server = server("1");
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    server.signal("TERM");
    caller.ended();
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut server = server("600");
    let mut caller = Caller::new(server.port());
    caller.invite("9196");
    caller.answered();
    server.signal("TERM");
    std::thread::sleep(Duration::from_millis(500));
    assert!(!server.has_ended());
    server.signal("TERM");
    server.ended();
}

#[test]
fn control_c_is_the_same() {
    let mut server = server("600");
    server.signal("INT");
    assert_eq!(server.ended().code(), Some(0));
}
