use ringfence_tests::{Baresip, Caller, Server, Sipp, audio};

/// Tells in the log which digits it got.
const COLLECT: &str = r##"
    session:answer()
    local digits = session:getDigits(4, "#", 20000, 10000)
    freeswitch.consoleLog("notice", "digits: [" .. digits .. "]\n")
    session:hangup()
"##;

fn server() -> Server {
    Server::start(|conf| {
        conf.lua("7200", COLLECT);
    })
}

#[test]
fn baresip_presses_keys() {
    let server = server();
    let mut phone = Baresip::start(&audio::tone(440.0, 1.0), "PCMU/8000/1");
    phone.dial(&server.uri("7200"));
    phone.event("CALL_ESTABLISHED");
    for digit in "42*#".chars() {
        phone.press(digit);
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    server.log.wait_for(&["digits: [42*]"]);
    phone.event("CALL_CLOSED");
}

#[test]
fn baresip_hears_keys() {
    let server = Server::start(|conf| {
        conf.lua(
            "7201",
            r#"session:answer()
               session:sleep(500)
               freeswitch.API():execute("uuid_send_dtmf", session:get_uuid() .. " 19*#")
               session:sleep(3000)"#,
        );
    });
    let mut phone = Baresip::start(&audio::tone(440.0, 1.0), "PCMU/8000/1");
    phone.dial(&server.uri("7201"));
    for digit in ["1", "9", "*", "#"] {
        assert_eq!(phone.event("CALL_DTMF_START"), digit);
    }
    phone.event("CALL_CLOSED");
}

#[test]
fn keys_by_sip_info() {
    let server = Server::start(|conf| {
        conf.lua("7200", &COLLECT.replace("(4, ", "(2, "));
    });
    Sipp::calls(&server, "info_digits.xml", "7200").passes();
    server.log.wait_for(&["digits: [42]"]);
}

#[test]
fn ringfence_call_presses_keys_both_ways() {
    let server = server();
    server.call("7200", ["--press", "500ms 12#"]).assert(0, &[]);
    server.log.wait_for(&["digits: [12]"]);
    server.call("7200", ["--press", "500ms 34#", "--info"]).assert(0, &[]);
    server.log.wait_for(&["digits: [34]"]);
}

#[test]
fn keys_that_come_faster_than_the_script_reads_wait_for_it() {
    let server = Server::start(|conf| {
        conf.lua(
            "7202",
            &COLLECT.replace("session:answer()", "session:answer() session:sleep(2500)"),
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7202");
    caller.answered();
    for digit in "1234".chars() {
        caller.press(digit);
    }
    server.log.wait_for(&["digits: [1234]"]);
    caller.ended();
}

#[test]
fn far_too_many_keys_do_not_grow_without_bound() {
    let mut server = Server::start(|conf| {
        conf.lua(
            "7203",
            r##"session:answer()
               session:sleep(20000)
               local digits = session:getDigits(128, "#", 1000)
               freeswitch.consoleLog("notice", "got " .. #digits .. " digits\n")
               session:hangup()"##,
        );
    });
    let mut caller = Caller::new(server.port());
    caller.invite("7203");
    caller.answered();
    // One packet a key, the end alone: legal (RFC 4733, 2.5.1.4 counts timestamps) and quick.
    for number in 0..500u32 {
        let payload = [5, 0x8a, 0x03, 0x20];
        let packet = ringfence_tests::caller::packet(101, number as u16, number * 960, &payload);
        caller.rtp.send_to(&packet, caller.remote_rtp()).unwrap();
        if number % 10 == 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    let line = server.log.wait_for(&["got", "digits"]);
    assert!(!line.contains("got 0 "), "{line}");
    caller.ended();
    server.assert_serves();
}
