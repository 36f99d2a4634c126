//! `hash` and `db`: values for all calls together.

use std::time::SystemTime;

use ringfence_media::Media;
use ringfence_rim::{Clock, Network};
use ringfence_switch::config::Configuration;
use ringfence_switch::variable::Variables;
use ringfence_switch::{Setup, Switch, xml};

use crate::rig::until;
use crate::support::{Report, cases};

/// A server whose databases are in this folder.
fn switch(folder: &std::path::Path) -> Switch {
    let mut globals = Variables::new();
    globals.set("db_dir", folder.to_str().unwrap()).unwrap();
    let mut assembled = xml::Assembled::default();
    "<document type=\"freeswitch/xml\"/>".clone_into(&mut assembled.text);
    let configuration =
        Configuration::read(xml::parse(&assembled).unwrap(), globals, &mut Vec::new());
    Switch::new(Setup {
        configuration,
        directory: None,
        sip: None,
        media: Media::simulated(Default::default(), Network::new()).unwrap(),
        clock: Clock::simulated(SystemTime::now()),
        hostname: "test".into(),
    })
}

#[tokio::test(start_paused = true)]
async fn the_commands_answer_as_freeswitchs() {
    let folder = tempfile::tempdir().unwrap();
    let switch = switch(folder.path());
    let mut report = Report::default();
    for case in cases("commands.jsonl") {
        let line = case["in"]["cmd"].as_str().unwrap();
        let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
        // One line wants a counted call.
        let ours = matches!(case["state"].as_str(), Some("hash" | "db"));
        if ours && case["in"]["setup"].is_null() {
            let seen = switch.command(name, arguments.trim(), None).await.unwrap();
            report.case(&case, &seen, case["out"].as_str().unwrap());
        }
    }
    report.finish(60);
}

#[tokio::test(start_paused = true)]
async fn applications_set_what_expansions_read() {
    let folder = tempfile::tempdir().unwrap();
    let switch = switch(folder.path());
    let answer = switch.command("originate", "{origination_uuid=U}null/x &park()", None).await;
    assert_eq!(answer.unwrap(), "+OK U\n");
    let session = switch.session("U").unwrap();
    until(|| session.state().name() == "CS_EXECUTE").await;
    for name in ["hash", "db"] {
        session.execute(name, "insert/realm/key/it's here").await.unwrap();
        let read = format!("${{{name}(select/realm/key)}}");
        assert_eq!(session.expand(&read).await, "it's here");
        assert!(session.execute(name, "insert/realm").await.is_err());
    }
    // The database outlasts the server, and what is in memory does not.
    drop(switch);
    let next = self::switch(folder.path());
    assert_eq!(next.command("db", "select/realm/key", None).await.unwrap(), "it's here");
    assert_eq!(next.command("hash", "select/realm/key", None).await.unwrap(), "");
}
