use ringfence_tests::{Caller, Server};

fn server() -> Server {
    Server::start(|conf| {
        super::install(conf);
        let database = conf.file("pins.db");
        super::extension(conf, "7610", &format!("pin.lua {}", database.display()));
        conf.lua(
            "7611",
            r#"freeswitch.consoleLog("notice", "welcome " .. session:getVariable("user_name") .. "\n")
               session:hangup()"#,
        );
    })
}

#[test]
fn a_pin_from_a_database_opens_the_door() {
    let server = server();
    for visit in 0..2 {
        let mut caller = Caller::new(server.port());
        caller.invite("7610");
        caller.answered();
        "9999".chars().for_each(|digit| caller.press(digit));
        server.log.wait_for_lines(visit + 1, "pin.lua: try 1 failed");
        "4711".chars().for_each(|digit| caller.press(digit));
        server.log.wait_for(&[&format!("pin.lua: Ada, visits {visit}")]);
        server.log.wait_for_lines(visit + 1, "pin.lua: rows 1");
        server.log.wait_for_lines(visit + 1, "welcome Ada");
        caller.ended();
    }
}

#[test]
fn a_wrong_pin_is_turned_away() {
    let server = server();
    let mut caller = Caller::new(server.port());
    caller.invite("7610");
    caller.answered();
    for digits in ["1111", "2222", "3333"] {
        let before = server.log.with("failed").len();
        digits.chars().for_each(|digit| caller.press(digit));
        server.log.wait_for_lines(before + 1, "failed");
    }
    caller.ended();
}
