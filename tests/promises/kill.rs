use ringfence_tests::state::{self, Phone, STATES};
use ringfence_tests::{Caller, Peer, Server, eventually};

/// A server with an extension a state, and the phone that rings in one of them.
fn states() -> (Server, Peer) {
    let mut phone = None;
    let server = Server::start(|conf| {
        phone = Some(state::configure(conf));
    });
    (server, phone.expect("it was started"))
}

#[test]
fn one_command_ends_a_script_in_any_state() {
    let (mut server, _phone) = states();
    for (index, state) in STATES.iter().enumerate() {
        let mut caller = state::busy(&server, index);
        let job = server.job(&format!("test_{}.lua", state::number(index))).id().to_owned();
        let answer = server.api(&format!("script kill {job} the operator's wish"));
        assert!(answer.starts_with("+OK"), "{}: {answer}", state.name);
        server.no_job();
        server.log.wait_for(&["the operator's wish", &job]);
        // A call that has hung up has no dialplan to go on with.
        if state.phone != Phone::HangsUp {
            let told = server.told(&state::number(index));
            assert_eq!((&*told.result, &*told.job), ("killed", &*job), "{}: {told:?}", state.name);
            caller.ended();
        }
    }
    // What was recorded so far can be heard: the header tells the length that the file has.
    let file = server.file("recordings/killed.wav");
    let reader = hound::WavReader::open(&file).expect("a finished file");
    let octets = std::fs::metadata(&file).unwrap().len();
    assert_eq!(u64::from(reader.len()) * 2 + 44, octets, "the header of {}", file.display());
    server.assert_serves();
}

#[test]
fn uuid_kill_ends_a_call_at_once_whatever_its_script_does() {
    let (mut server, _phone) = states();
    for (index, state) in
        STATES.iter().enumerate().filter(|(_, state)| state.phone != Phone::HangsUp)
    {
        let mut caller = state::busy(&server, index);
        let job = server.job(&format!("test_{}.lua", state::number(index)));
        let call = job.text("call").expect("the uuid of its call");
        let answer = server.api(&format!("uuid_kill {call} CALL_REJECTED"));
        assert!(answer.starts_with("+OK"), "{}: {answer}", state.name);
        let bye = caller.ended();
        // CALL_REJECTED is Q.850 cause 21.
        let reason = bye.header("reason").unwrap_or_default();
        assert!(reason.contains("cause=21"), "{}: {bye:?}", state.name);
        // The script may have ended by itself: all that waits comes back.
        server.api(&format!("script kill {}", job.id()));
        server.no_job();
    }
    server.assert_serves();
}

#[test]
fn all_scripts_of_a_name_and_all_scripts_at_all() {
    let mut server = Server::start(|conf| {
        state::unlimited(conf);
        conf.lua("6100", "session:answer() session:sleep(600000)")
            .lua("6101", "session:answer() while true do end");
    });
    let call = |number: &str| {
        let mut caller = Caller::new(server.port());
        caller.invite(number);
        caller.answered();
        caller
    };
    let mut callers: Vec<Caller> =
        ["6100", "6101", "6100", "6101", "6100"].iter().map(|number| call(number)).collect();
    eventually("five jobs", || (server.jobs().len() == 5).then_some(()));
    let answer = server.api("script kill test_6100.lua");
    assert!(answer.starts_with("+OK") && answer.contains('3'), "{answer}");
    eventually("the sleeping ones to end", || (server.jobs().len() == 2).then_some(()));
    assert!(server.jobs().iter().all(|job| job.runs("test_6101.lua")));
    let answer = server.api("script kill all enough");
    assert!(answer.starts_with("+OK") && answer.contains('2'), "{answer}");
    server.no_job();
    for caller in &mut callers {
        caller.ended();
    }
    server.assert_serves();
}

#[test]
fn scripts_that_start_scripts_end_with_one_command() {
    let mut server = Server::start(|conf| {
        conf.profile(
            "fertile",
            "*.lua",
            &[("owner-instances", "20"), ("host-call-limit", "unlimited")],
        );
        // Each starts another before it goes, so that the last one is never the last.
        conf.script(
            "chain.lua",
            "while freeswitch.API():execute('luarun', 'chain.lua'):sub(1, 3) ~= '+OK' do freeswitch.msleep(1) end\n\
             freeswitch.msleep(20)",
        )
        .script(
            "bomb.lua",
            "while true do freeswitch.API():execute('luarun', 'bomb.lua') freeswitch.msleep(1) end",
        );
    });
    for script in ["chain.lua", "bomb.lua"] {
        let answer = server.api(&format!("luarun {script}"));
        assert!(answer.starts_with("+OK"), "{answer}");
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(server.jobs().len() <= 20, "owner-instances does not hold");
        let answer = server.api(&format!("script kill {script}"));
        assert!(answer.starts_with("+OK"), "{answer}");
        // Nothing comes back.
        server.no_job();
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(server.jobs().is_empty(), "{script} lives on: {:?}", server.jobs());
    }
    server.assert_serves();
}

#[test]
fn what_killed_scripts_had_comes_back() {
    let mut server = Server::start(|conf| {
        state::unlimited(conf);
        conf.lua(
            "6200",
            r#"local files, held = {}, {}
               for i = 1, 20 do files[i] = io.open(argv[0]) end
               for i = 1, 100 do held[i] = ("x"):rep(100000) .. i end
               session:answer()
               session:recordFile(freeswitch.getGlobalVariable("recordings_dir") .. "/" .. session:get_uuid() .. ".wav", 600)"#,
        );
    });
    let round = || {
        let mut callers: Vec<Caller> = (0..20)
            .map(|_| {
                let mut caller = Caller::new(server.port());
                caller.invite("6200");
                caller.answered();
                caller
            })
            .collect();
        eventually("20 jobs", || (server.jobs().len() == 20).then_some(()));
        server.api("script kill all");
        server.no_job();
        for caller in &mut callers {
            caller.ended();
        }
    };
    // The first rounds fill pools and caches.
    round();
    round();
    let (memory, open) = (server.resident(), server.descriptors());
    for _ in 0..4 {
        round();
    }
    // 80 scripts with 10 MiB each would be 800 MB, and 20 files each 1,600.
    eventually("memory and files to come back", || {
        (server.resident() < memory + 64_000 && server.descriptors() < open + 20).then_some(())
    });
    server.assert_serves();
}
