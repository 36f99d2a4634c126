//! The recorded dialplan cases, executed on a whole switch: what ran, with which data, and how the
//! call ended.

use std::time::{Duration, SystemTime};

use chrono::NaiveDateTime;
use ringfence_media::Media;
use ringfence_rim::{Clock, Network};
use ringfence_switch::config::Configuration;
use ringfence_switch::event::{EventName, Filter};
use ringfence_switch::variable::Variables;
use ringfence_switch::{Setup, Switch, xml};
use serde_json::Value;

use crate::rig::until;
use crate::support::{Report, cases, corpus};

/// Applications that come later; a case that needs one is not run.
const LATER: &[&str] = &[
    "bridge",
    "lua",
    "set_user",
    "limit",
    "check_acl",
    "verbose_events",
    "strftime",
    "set_name",
    "sched_transfer",
    "sched_hangup",
    "presence",
    "park_state",
    "capture",
    "break",
];

fn switch(case: &Value) -> Switch {
    // One file that includes the others, as the recorded configuration did.
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<String> = (0..5).map(|number| format!("dialplan{number}.xml")).collect();
    if !case["in"]["setup"].is_null() {
        files.push("global-context.xml".into());
    }
    let includes = files.iter().map(|file| {
        let path = corpus(&format!("xml/{file}"));
        format!("<X-PRE-PROCESS cmd=\"include\" data=\"{}\"/>\n", path.display())
    });
    let text = format!(
        "<document>\n<section name=\"dialplan\">\n{}</section></document>",
        includes.collect::<String>()
    );
    let main = folder.path().join("freeswitch.xml");
    std::fs::write(&main, text).unwrap();
    let mut globals = Variables::new();
    for (name, value) in [("gdomain", "example.com"), ("g1", "globalone"), ("gref", "g1")] {
        globals.set(name, value).unwrap();
    }
    let mut faults = Vec::new();
    let root = xml::load(&main, &mut globals, &mut faults).unwrap();
    let mut configuration = Configuration::read(root, globals, &mut faults);
    configuration.switch.max_sessions = 1000;
    configuration.switch.sessions_per_second = 1000;
    let now = match case["in"]["now"].as_str() {
        Some(now) => {
            NaiveDateTime::parse_from_str(now, "%Y-%m-%d %H:%M:%S").unwrap().and_utc().into()
        }
        None => SystemTime::now(),
    };
    Switch::new(Setup {
        configuration,
        directory: None,
        sip: None,
        media: Media::simulated(Default::default(), Network::new()).unwrap(),
        clock: Clock::simulated(now),
        hostname: "test".into(),
    })
}

/// Runs a case; answers what was executed and the cause, none when it is still up.
async fn run(case: &Value) -> (String, Option<String>) {
    let switch = switch(case);
    let answer = switch.command("originate", "{origination_uuid=U}null/x &park()", None).await;
    assert_eq!(answer.unwrap(), "+OK U\n");
    let session = switch.session("U").unwrap();
    until(|| session.state().name() == "CS_EXECUTE").await;
    for (name, value) in case["in"]["vars"].as_object().into_iter().flatten() {
        session.set_variable(name, value.as_str()).unwrap();
    }
    let text = |name: &str| case["in"][name].as_str();
    for field in ["caller_id_number", "caller_id_name"] {
        if let Some(value) = text(field) {
            session.set_field(field, value);
        }
    }
    if !case["in"]["now"].is_null() && session.own_variable("timezone").is_none() {
        session.set_variable("timezone", Some("UTC")).unwrap();
    }
    let filter = Filter::none().with(EventName::ChannelExecute);
    let mut events = switch.events().subscribe(filter, 10_000);
    let words = ["dest", "dialplan", "context"].map(|name| text(name).unwrap_or_default());
    let line = format!("U {}", words.join(" "));
    let answer = switch.command("uuid_transfer", &line, None).await.unwrap();
    assert_eq!(answer, "+OK\n", "{line}");
    let ended = tokio::time::timeout(Duration::from_secs(8), session.gone()).await.is_ok();
    let mut executed = Vec::new();
    while let Some(delivery) = events.try_next() {
        let of = |name: &str| delivery.event.header(name).unwrap_or_default().into_owned();
        executed.push(vec![of("Application"), of("Application-Data")]);
    }
    let cause = ended.then(|| session.hangup_cause().name().to_owned());
    (serde_json::to_string(&executed).unwrap(), cause)
}

#[tokio::test(start_paused = true)]
async fn the_dialplan_runs_as_recorded() {
    let mut report = Report::default();
    for case in cases("dialplan.jsonl") {
        let text = case.to_string();
        let later = LATER.iter().any(|name| text.contains(&format!("[\"{name}\"")))
            // Asks the directory, which there is none of.
            || case["id"] == "dg020";
        if crate::support::is_free(&case) || later || case["out"]["executed"].is_null() {
            report.skip();
            continue;
        }
        let (executed, cause) = run(&case).await;
        let seen = format!("{executed} {}", cause.as_deref().unwrap_or("up"));
        let out = &case["out"];
        let expected = format!(
            "{} {}",
            serde_json::to_string(&out["executed"]).unwrap(),
            out["hangup_cause"].as_str().unwrap_or("up")
        );
        report.case(&case, &seen, &expected);
    }
    report.finish(200);
}
