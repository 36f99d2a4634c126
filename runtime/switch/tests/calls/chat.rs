//! Messages go through the chatplan.

use ringfence_switch::chat::{ChatApplication, Flow, Message};
use ringfence_switch::event::EventName;
use ringfence_switch::{Module, Switch};

use crate::rig::{Rig, configuration, soon};
use crate::support::{Report, cases};

fn rig(plan: &str) -> Rig {
    let text =
        format!("</section><section name=\"chatplan\"><context name=\"default\">{plan}</context>");
    Rig::with(configuration(&text))
}

#[tokio::test(start_paused = true)]
async fn the_command_answers_as_freeswitchs() {
    let rig = rig("");
    let mut report = Report::default();
    for case in cases("commands.jsonl") {
        let line = case["in"]["cmd"].as_str().unwrap();
        if line == "chat" || line.starts_with("chat ") {
            report.case(&case, &rig.api(line).await, case["out"].as_str().unwrap());
        }
    }
    report.finish(2);
}

#[tokio::test(start_paused = true)]
async fn the_chatplan_runs_its_applications() {
    let rig = rig("<extension name=\"bot\"><condition field=\"to_user\" expression=\"^(b.t)$\"/>\
         <condition field=\"_body\" expression=\"^hi (.*)$\">\
         <action application=\"set\" data=\"seen=$1 from ${from_host}, ${DP_MATCH[0]}\"/>\
         <action application=\"set\" data=\"gone=1\"/><action application=\"unset\" data=\"gone\"/>\
         <action application=\"nosuch\"/>\
         <action application=\"shout\" data=\"${seen}\"/>\
         <action application=\"fire\"/><action application=\"stop\"/>\
         <action application=\"set\" data=\"after=1\"/><action application=\"fire\"/></condition></extension>");
    let shout =
        ChatApplication::new("shout", "", "", async |_: Switch, message: Message, data: String| {
            let mut event = message.event();
            event.set_body(data.to_uppercase());
            message.replace(event);
            Ok(Flow::Next)
        });
    rig.switch.register(Module {
        name: "mod_test",
        chat_applications: vec![shout],
        ..Module::default()
    });
    let mut events = rig.listen(&[EventName::Message]);
    assert_eq!(rig.api("chat sip|alice@a.org|bot@b.org|hi there|text/html").await, "Sent");
    let event = soon(events.next()).await.event;
    let header = |name: &str| event.header(name).map(|value| value.into_owned());
    assert_eq!(header("seen").as_deref(), Some("there from a.org, hi there"));
    assert_eq!((header("gone"), header("after")), (None, None));
    assert_eq!(header("type").as_deref(), Some("text/html"));
    assert_eq!(event.body(), Some("THERE FROM A.ORG, HI THERE"));
    assert!(events.try_next().is_none());
    assert_eq!(rig.api("chat sip|alice@a.org|bot@b.org|bye").await, "Error! Message Not Sent");
    assert_eq!(rig.api("chat sip|alice@a.org|else@b.org|hi").await, "Error! Message Not Sent");
}
