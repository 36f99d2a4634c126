//! `user/…`: users of the directory.

use ringfence_switch::config::Configuration;
use ringfence_switch::variable::Variables;
use ringfence_switch::xml;

use crate::rig::{Rig, header, respond};

const DIRECTORY: &str = r#"
<domain name="example.com">
  <params><param name="dial-string" value="{place=${dialed_domain}}sofia/test/${dialed_user}@192.0.2.2"/></params>
  <groups><group name="sales"><users>
    <user id="1000"/>
    <user id="1001"><params><param name="dial-string" value="error/user_not_registered,"/></params></user>
    <user id="1002"><params><param name="dial-string" value="user/1002@example.com"/></params></user>
    <user id="1003"><params><param name="dial-string" value="error/USER_BUSY|user/1000@example.com"/></params></user>
  </users></group></groups>
</domain>
<domain name="many.example">
  <params><param name="dial-string" value="user/1@many.example,user/1@many.example,user/1@many.example"/></params>
  <user id="1"/>
</domain>
<domain name="users.example">
  <user id="2000"><variables><variable name="toll_allow" value="domestic"/></variables></user>
</domain>
<domain name="empty.example"><user id="1"/></domain>"#;

fn rig() -> Rig {
    let text = format!(
        "<document><section name=\"configuration\">\
         <configuration name=\"sofia.conf\"><profiles><profile name=\"test\"><settings>\
         <param name=\"sip-ip\" value=\"192.0.2.1\"/><param name=\"sip-port\" value=\"5060\"/>\
         </settings></profile></profiles></configuration></section>\
         <section name=\"directory\">{DIRECTORY}</section></document>"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("freeswitch.xml");
    std::fs::write(&path, text).unwrap();
    let (mut faults, mut globals) = (Vec::new(), Variables::new());
    globals.set("domain", "example.com").unwrap();
    let root = xml::load(&path, &mut globals, &mut faults).unwrap();
    Rig::with(Configuration::read(root, globals, &mut faults))
}

#[tokio::test(start_paused = true)]
async fn a_user_is_called_where_the_directory_says() {
    let rig = rig();
    for user in ["1000@example.com", "1000", "1003"] {
        let call = format!("originate {{sip_h_X-Tag=one}}user/{user} &park()");
        let (answer, ()) = tokio::join!(rig.api(&call), async {
            let invite = rig.peer.expect("INVITE sip:1000@192.0.2.2").await;
            assert_eq!(header(&invite, "X-Tag").as_deref(), Some("one"));
            let session = rig.only().await;
            let variable = |name: &str| session.own_variable(name);
            assert_eq!(variable("dialed_user").as_deref(), Some("1000"), "{user}");
            assert_eq!(variable("place").as_deref(), Some("example.com"));
            rig.peer.send(&respond(&invite, "486 Busy Here", "", ""));
        });
        assert_eq!(answer, "-ERR USER_BUSY\n", "{user}");
        rig.empty().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_that_cannot_be_called_is_a_cause() {
    let rig = rig();
    for (user, cause) in [
        ("2000@example.com", "SUBSCRIBER_ABSENT"),
        ("1000@nowhere.example", "SUBSCRIBER_ABSENT"),
        ("", "SUBSCRIBER_ABSENT"),
        ("1@empty.example", "MANDATORY_IE_MISSING"),
        ("1001", "USER_NOT_REGISTERED"),
        ("1002", "EXCHANGE_ROUTING_ERROR"),
        // 3 to the power of 8 users, were it not bounded.
        ("1@many.example", "EXCHANGE_ROUTING_ERROR"),
        ("${echo(1000)}@example.com", "SUBSCRIBER_ABSENT"),
    ] {
        let answer = rig.api(&format!("originate user/{user} &park()")).await;
        assert_eq!(answer, format!("-ERR {cause}\n"), "{user}");
    }
    rig.empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_may_have_what_the_directory_says_of_a_user() {
    let rig = rig();
    let session = rig.null().await;
    session.execute("set_user", "2000@users.example").await.unwrap();
    let variable = |name: &str| session.own_variable(name);
    assert_eq!(variable("toll_allow").as_deref(), Some("domestic"));
    assert_eq!(variable("user_name").as_deref(), Some("2000"));
    assert_eq!(variable("domain_name").as_deref(), Some("users.example"));
    session.execute("set_user", "2000@users.example b_").await.unwrap();
    assert_eq!(variable("b_toll_allow").as_deref(), Some("domestic"));
    let why = session.execute("set_user", "nobody@users.example").await.unwrap_err();
    assert!(why.to_string().contains("no user nobody@users.example"), "{why}");
    assert!(session.up());
}
