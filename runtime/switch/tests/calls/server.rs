//! The server as a whole: commands on calls, limits, reload, shutdown, events, manuals.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ringfence_switch::event::EventName;
use ringfence_switch::{Cause, documentation};

use crate::rig::{Dialog, OFFER, Rig, soon, until};
use crate::support::{Report, cases};

/// The recorded answers of the commands that act on calls; others are in tests/commands.rs.
#[tokio::test(start_paused = true)]
async fn commands_answer_as_recorded() {
    const OURS: &[&str] = &[
        "uuid_exists",
        "uuid_getvar",
        "uuid_setvar",
        "uuid_setvar_multi",
        "uuid_broadcast",
        "uuid_break",
        "uuid_kill",
        "uuid_transfer",
        "uuid_send_dtmf",
        "uuid_recv_dtmf",
        "uuid_flush_dtmf",
        "originate",
        "hupall",
        "show",
        "version",
    ];
    let rig = Rig::new(&[]);
    rig.switch.variables().set("g1", Some("globalone")).unwrap();
    let mut report = Report::default();
    let mut uuid = None;
    for case in cases("commands.jsonl") {
        let line = case["in"]["cmd"].as_str().unwrap().trim_start().to_owned();
        let name = line.split(' ').next().unwrap().to_owned();
        let Some(expected) = case["out"].as_str() else { continue };
        if !OURS.contains(&name.as_str()) {
            continue;
        }
        // Lists of things that Ringfence has none of, or that other modules bring: the dialplan `LUA` runs in
        // ringfence-host.
        if line.starts_with("show ")
            && ["timer", "chat", "tasks", "dialplan"].iter().any(|list| line.contains(list))
        {
            report.skip();
            continue;
        }
        let line = match case["in"]["setup"].as_str() {
            None => line,
            Some(setup) => {
                let id = "11111111-2222-3333-4444-555555555555";
                if uuid.is_none() {
                    rig.api(&setup.replace("$UUID", id)).await;
                    uuid = Some(id);
                }
                line.replace("$UUID", id)
            }
        };
        // What it does counts for the lines after it.
        let seen = rig.api(&line).await.replace("11111111-2222-3333-4444-555555555555", "$UUID");
        if name == "show" || name == "hupall" {
            uuid = None;
        }
        if line.starts_with("show channels") || line.starts_with("show calls") {
            rig.switch.hangup_all(Cause::NORMAL_CLEARING, |_| true);
            rig.empty().await;
            report.case(&case, &rig.api(&line).await, expected);
            continue;
        }
        if crate::support::is_free(&case) {
            report.skip();
        } else {
            report.case(&case, &seen, expected);
        }
    }
    report.finish(50);
}

#[tokio::test(start_paused = true)]
async fn show_tells_of_calls() {
    let rig = Rig::new(&[("5000", "answer\npark")]);
    let _dialog = rig.peer.call_up("5000").await;
    let session = rig.only().await;
    until(|| session.state().name() == "CS_EXECUTE").await;
    let channels = rig.api("show channels").await;
    let row = channels.lines().nth(1).unwrap();
    let uuid = session.uuid();
    assert!(
        channels.starts_with("uuid,direction,created,created_epoch,name,state,cid_name"),
        "{channels}"
    );
    assert!(row.starts_with(&format!("{uuid},inbound,")), "{row}");
    assert!(row.contains(",sofia/test/1000@192.0.2.2,CS_EXECUTE,Alice,1000,192.0.2.2,5000,park,,XML,default,PCMU,8000,64000,PCMU,8000,64000,,"), "{row}");
    assert!(row.ends_with(",Alice,1000,192.0.2.2,5000,XML,default"), "{row}");
    assert!(channels.ends_with("\n\n1 total.\n"));
    assert_eq!(rig.api("show channels count").await, "\n1 total.\n");
    assert_eq!(rig.api("show channels like nomatch").await, "\n0 total.\n");
    assert!(rig.api("show channels like Alice").await.ends_with("\n1 total.\n"));
    let json = rig.api("show calls as json").await;
    assert!(
        json.starts_with(&format!("{{\"row_count\":1,\"rows\":[{{\"uuid\":\"{uuid}\"")),
        "{json}"
    );
    assert!(rig.api("show channels as xml").await.contains("<callstate>ACTIVE</callstate>"));
    assert_eq!(rig.api("show channels as nosuch").await, "-ERR Cannot find format nosuch\n");
    assert!(rig.api("show nosuch").await.starts_with("-USAGE: codec|"));
    assert_eq!(
        rig.api("show application sleep").await,
        "name,description,syntax,ikey\nsleep,Pause a channel,<pausemilliseconds>,mod_dptools\n\n1 total.\n"
    );
    assert_eq!(rig.api("show applications sleep").await, rig.api("show application sleep").await);
    for list in ["show applications", "show api", "show apis"] {
        let name = if list.contains("app") { "\nplay_and_get_digits," } else { "\nuuid_kill," };
        assert!(rig.api(list).await.contains(name), "{list}");
    }
    let dump = rig.api(&format!("uuid_dump {uuid} plain")).await;
    for line in [
        "Event-Name: [CHANNEL_DATA]",
        "Channel-State: [CS_EXECUTE]",
        "Answer-State: [answered]",
        "Caller-Caller-ID-Number: [1000]",
        "Channel-Read-Codec-Name: [PCMU]",
        "variable_sip_from_user: [1000]",
    ] {
        assert!(dump.contains(line), "{line} is missing in {dump}");
    }
    assert!(
        rig.api(&format!("uuid_dump {uuid} json"))
            .await
            .starts_with("{\"Event-Name\":\"CHANNEL_DATA\"")
    );
    assert!(rig.api("status").await.contains("1 session(s) - peak 1"));
    rig.api("hupall").await;
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn status_tells_time_and_sessions() {
    let rig = Rig::new(&[]);
    let _session = rig.null().await;
    let start =
        "UP 0 years, 1 days, 1 hours, 1 minutes, 1 seconds, 5 milliseconds, 0 microseconds\n";
    tokio::time::sleep(Duration::from_millis(90_061_005) - rig.switch.started().elapsed()).await;
    let status = rig.api("status").await;
    assert!(status.starts_with(start), "{status}");
    assert!(status.contains("\n1 session(s) since startup\n1 session(s) - peak 1\n"), "{status}");
}

#[tokio::test(start_paused = true)]
async fn one_call_too_many_is_503() {
    let rig = Rig::new(&[("5000", "park")]);
    for _ in 0..50 {
        rig.null().await;
    }
    let dialog = Dialog::new("5000");
    rig.peer.send(&dialog.invite(OFFER));
    let (response, _) = rig.peer.final_response(&dialog).await;
    assert!(response.starts_with("SIP/2.0 503"), "{response}");
    assert!(response.contains("Retry-After: 5"), "{response}");
    assert_eq!(rig.api("originate null/x &park()").await, "-ERR SWITCH_CONGESTION\n");
    assert_eq!(rig.switch.statistics().refused, 2);
    assert_eq!(rig.switch.sessions().len(), 50);
    rig.switch.hangup_all(Cause::NORMAL_CLEARING, |_| true);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_and_then_hangs_up() {
    let rig = Rig::new(&[("5000", "answer\npark"), ("short", "answer\nsleep 2000")]);
    let _dialog = rig.peer.call_up("5000").await;
    let session = rig.only().await;
    let start = tokio::time::Instant::now();
    let (switch, peer) = (rig.switch.clone(), &rig.peer);
    let ((), ()) = tokio::join!(switch.shutdown(Duration::from_secs(10)), async {
        let dialog = Dialog::new("short");
        let invite = dialog.invite(OFFER).replace("Call-ID: call", "Call-ID: other");
        peer.send(&invite.replace("INVITE1", "INVITEother"));
        peer.expect("SIP/2.0 503").await;
        let bye = peer.expect("BYE").await;
        assert_eq!(start.elapsed().as_secs(), 10);
        peer.answer(&bye, "200 OK");
    });
    assert_eq!(session.hangup_cause(), Cause::SYSTEM_SHUTDOWN);
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_as_soon_as_all_calls_have() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let switch = rig.switch.clone();
    let start = tokio::time::Instant::now();
    let ((), ()) = tokio::join!(switch.shutdown(Duration::from_secs(3600)), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        session.hangup(Cause::NORMAL_CLEARING);
    });
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_shutdown_command_is_told_to_who_waits() {
    let rig = Rig::new(&[]);
    assert_eq!(rig.api("shutdown now").await, "+OK\n");
    assert_eq!(soon(rig.switch.shutdown_asked()).await, ringfence_switch::Shutdown::Now);
}

#[tokio::test(start_paused = true)]
async fn events_tell_the_life_of_a_call_in_order() {
    let rig = Rig::new(&[("5000", "answer\nhangup")]);
    let mut events = rig.listen(&[
        EventName::ChannelState,
        EventName::ChannelCreate,
        EventName::ChannelExecute,
        EventName::ChannelExecuteComplete,
        EventName::ChannelAnswer,
        EventName::ChannelHangup,
        EventName::ChannelCallstate,
        EventName::ChannelHangupComplete,
        EventName::ChannelDestroy,
    ]);
    let _dialog = rig.peer.call_up("5000").await;
    rig.empty().await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let mut seen = Vec::new();
    while let Some(delivery) = events.try_next() {
        let event = delivery.event;
        let of = |name: &str| event.header(name).unwrap_or_default().into_owned();
        seen.push(match event.name() {
            EventName::ChannelState => of("Channel-State"),
            EventName::ChannelCallstate => of("Channel-Call-State"),
            EventName::ChannelExecute => format!("execute {}", of("Application")),
            EventName::ChannelExecuteComplete => format!("complete {}", of("Application")),
            name => name.as_str().to_owned(),
        });
    }
    assert_eq!(
        seen,
        [
            "CS_NEW",
            "CS_INIT",
            "CHANNEL_CREATE",
            "RINGING",
            "CS_ROUTING",
            "CS_EXECUTE",
            "execute answer",
            "CHANNEL_ANSWER",
            "ACTIVE",
            "complete answer",
            "execute hangup",
            "CHANNEL_HANGUP",
            "complete hangup",
            "CS_HANGUP",
            "HANGUP",
            "CS_REPORTING",
            "CHANNEL_HANGUP_COMPLETE",
            "CHANNEL_DESTROY",
            "CS_DESTROY",
        ]
    );
}

/// A switch that serves the configuration in a folder, and reads it again when it is told to.
fn served(folder: &Path) -> ringfence_switch::Switch {
    let (configuration, _) = ringfence_switch::config::Configuration::load(folder).unwrap();
    let network = ringfence_rim::Network::new();
    ringfence_switch::Switch::new(ringfence_switch::Setup {
        configuration,
        directory: Some(folder.to_owned()),
        sip: None,
        media: ringfence_media::Media::simulated(Default::default(), network).unwrap(),
        clock: ringfence_rim::Clock::System,
        hostname: "test".into(),
    })
}

#[tokio::test]
async fn reload_keeps_the_old_configuration_when_the_new_one_has_faults() {
    let folder = tempfile::tempdir().unwrap();
    let write = |extension: &str| {
        let text = format!(
            "<document>\n<section name=\"dialplan\"><context name=\"default\">\n{extension}\n\
             </context></section></document>"
        );
        std::fs::write(folder.path().join("freeswitch.xml"), text).unwrap();
    };
    let good = |value: &str| {
        format!(
            "<extension name=\"a\"><condition field=\"destination_number\" expression=\"^a$\">\
             <action application=\"set\" data=\"v={value}\"/>\
             <action application=\"park\"/></condition></extension>"
        )
    };
    write(&good("one"));
    let switch = served(folder.path());
    let call = async |expected: &str| {
        switch.command("originate", "{origination_uuid=r}null/x a", None).await.unwrap();
        let session = switch.session("r").unwrap();
        until(|| session.variable("v").is_some()).await;
        assert_eq!(session.variable("v").as_deref(), Some(expected));
        session.hangup(Cause::NORMAL_CLEARING);
        soon(session.gone()).await;
    };
    call("one").await;
    write(
        "<extension name=\"a\"><condition field=\"destination_number\" expression=\"(\"/></extension>",
    );
    let answer = switch.command("reloadxml", "", None).await.unwrap();
    assert!(answer.starts_with("-ERR"), "{answer}");
    assert!(answer.contains("freeswitch.xml:3: "), "{answer}");
    call("one").await;
    write("<extension");
    let answer = switch.command("reloadxml", "", None).await.unwrap();
    assert!(answer.starts_with("-ERR") && answer.contains("freeswitch.xml:"), "{answer}");
    call("one").await;
    write(&good("two"));
    let answer = switch.command("reloadxml", "", None).await.unwrap();
    assert!(answer.starts_with("+OK [Success]\n"), "{answer}");
    call("two").await;
}

#[tokio::test]
async fn commands_that_run_commands_are_not_nested_for_ever() {
    let rig = Rig::new(&[]);
    let nested = |depth: usize| format!("{}echo hi", "xml_wrap ".repeat(depth));
    assert_eq!(rig.api(&nested(10)).await.matches("<result>").count(), 1);
    for line in [nested(7000), "expand xml_wrap ".repeat(3000)] {
        let answer = rig.api(&line).await;
        assert!(answer.contains("nested too deep"), "{}", answer.len());
    }
    let json = |inner: &str| {
        let request =
            serde_json::json!({ "command": "fsapi", "data": { "cmd": "json", "arg": inner } });
        request.to_string()
    };
    let status = (0..4).fold(r#"{"command": "status"}"#.to_owned(), |inner, _| json(&inner));
    assert!(rig.api(&format!("json {status}")).await.contains("systemStatus"));
}

/// What is said of a fault is what happens: one hook that is wrong keeps nothing else out, and of what is
/// refused as a whole nothing is said to hold.
#[tokio::test]
async fn a_reload_does_what_it_says_of_each_fault() {
    let folder = tempfile::tempdir().unwrap();
    let write = |settings: &str, switch: &str| {
        let text = format!(
            "<document>\n<section name=\"configuration\"><configuration name=\"lua.conf\"><settings>\n\
             {settings}\n</settings></configuration>\n<configuration name=\"switch.conf\"><settings>\n\
             {switch}\n</settings></configuration></section></document>"
        );
        std::fs::write(folder.path().join("freeswitch.xml"), text).unwrap();
    };
    write("", "");
    let switch = served(folder.path());
    let hooks = || switch.configuration().lua.hooks.len();
    write("<hook event=\"NOSUCH\" script=\"a.lua\"/>\n<hook event=\"DTMF\" script=\"b.lua\"/>", "");
    let answer = switch.command("reloadxml", "", None).await.unwrap();
    assert!(answer.starts_with("+OK [Success]\n"), "{answer}");
    let warned = "freeswitch.xml:3: warning: there is no event NOSUCH; this <hook> is left out\n";
    assert!(answer.contains(warned), "{answer}");
    assert_eq!(hooks(), 1);

    write(
        "<hook event=\"NOSUCH\" script=\"a.lua\"/>",
        "<param name=\"max-sessions\" value=\"x\"/>",
    );
    let answer = switch.command("reloadxml", "", None).await.unwrap();
    assert!(answer.starts_with("-ERR the old configuration stays:\n"), "{answer}");
    assert!(
        answer.contains(":6: max-sessions=\"x\" is not a number of calls, 1 or more\n"),
        "{answer}"
    );
    assert_eq!(hooks(), 1);
}

/// docs/applications.md and docs/commands.md say what the tables say. The host crate, which knows all
/// modules, writes them.
#[tokio::test]
async fn the_manuals_are_up_to_date() {
    let rig = Rig::new(&[]);
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let manuals = [
        ("applications.md", documentation::applications(&rig.switch.applications())),
        ("commands.md", documentation::commands(&rig.switch.commands())),
    ];
    for (name, text) in manuals {
        let file = std::fs::read_to_string(docs.join(name)).unwrap_or_default();
        for section in text.split("\n### ") {
            assert!(
                file.contains(section),
                "docs/{name} is out of date; UPDATE_DOCS=1 cargo test -p ringfence-host --test manuals writes it. Missing: {section}"
            );
        }
    }
    assert!(rig.api("help playback").await.contains("playback_terminators"));
    assert!(rig.api("help").await.starts_with("\nValid Commands:\n\n"));
}
