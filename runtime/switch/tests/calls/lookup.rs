//! Who answers for the XML: bindings in their order, then the files; and what the directory says.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ringfence_switch::config::{Names, ProfileSettings};
use ringfence_switch::lookup::{Answer, Binding, MAX_ANSWER, Request, Section, Unanswered};
use ringfence_switch::{Authority, Cause};

use crate::rig::{Rig, configuration, extensions, soon};
use crate::support::{Report, cases};

/// Answers always the same.
struct Fixed {
    answer: Result<Option<String>, String>,
    authority: Option<Arc<Authority>>,
    keep: Duration,
    asked: AtomicUsize,
}

impl Fixed {
    fn new(answer: Result<Option<&str>, &str>) -> Arc<Self> {
        Self::with(answer, None, Duration::ZERO)
    }

    fn with(
        answer: Result<Option<&str>, &str>,
        authority: Option<Arc<Authority>>,
        keep: Duration,
    ) -> Arc<Self> {
        let answer = answer.map(|xml| xml.map(str::to_owned)).map_err(str::to_owned);
        Arc::new(Self { answer, authority, keep, asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Binding for Fixed {
    fn name(&self) -> &str {
        "fixed.lua"
    }

    fn keep(&self) -> Duration {
        self.keep
    }

    fn fetch<'b>(&'b self, _: &'b Request) -> BoxFuture<'b, Result<Option<Answer>, Unanswered>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self
            .answer
            .clone()
            .map(|xml| xml.map(|xml| Answer { xml, authority: self.authority.clone() }));
        async { answer.map_err(Unanswered::new) }.boxed()
    }
}

fn bind(rig: &Rig, section: Section, bindings: &[&Arc<Fixed>]) {
    let all =
        bindings.iter().map(|binding| (vec![section], Arc::clone(binding) as Arc<dyn Binding>));
    rig.switch.bind("mod_test", all);
}

fn domain(name: &str, from: &str) -> String {
    format!(
        "<document><section name=\"directory\"><domain name=\"{name}\"><variables>\
         <variable name=\"from\" value=\"{from}\"/></variables></domain></section></document>"
    )
}

fn rig_with_directory() -> Rig {
    let mut configuration = configuration(&extensions(&[]));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/xml/directory.xml");
    let text = std::fs::read_to_string(path).unwrap();
    let assembled = ringfence_switch::xml::Assembled::of_text("directory.xml", text);
    configuration.root.children.push(ringfence_switch::xml::parse(&assembled).unwrap());
    Rig::with(configuration)
}

async fn from(rig: &Rig, domain: &str) -> String {
    rig.api(&format!("domain_data {domain} var from")).await
}

#[tokio::test(start_paused = true)]
async fn the_first_that_finds_something_wins() {
    let rig = rig_with_directory();
    let fails = Fixed::new(Err("of its own"));
    let nothing = Fixed::new(Ok(None));
    let other = domain("other.org", "first");
    let other = Fixed::new(Ok(Some(&other)));
    let second = domain("second.org", "second");
    let second = Fixed::new(Ok(Some(&second)));
    bind(&rig, Section::Directory, &[&fails, &nothing, &other, &second]);
    assert!(rig.switch.bound(Section::Directory) && !rig.switch.bound(Section::Dialplan));
    assert_eq!(from(&rig, "OTHER.org").await, "first");
    assert_eq!(second.asked(), 0);
    assert_eq!(from(&rig, "second.org").await, "second");
    // None of them has it: the files.
    assert_eq!(rig.api("domain_data example.com var dvar").await, "domainvar");
    assert_eq!((fails.asked(), nothing.asked(), other.asked(), second.asked()), (3, 3, 3, 2));
    bind(&rig, Section::Directory, &[]);
    assert_eq!(from(&rig, "other.org").await, "");
}

#[tokio::test(start_paused = true)]
async fn broken_answers_are_left_out() {
    let rig = rig_with_directory();
    let large = format!("<a>{}</a>", " ".repeat(MAX_ANSWER));
    let deep = "<a>".repeat(1000);
    for xml in
        ["", " ", "<a", "<document>", "no XML", "<a></b>", "\0", &large, &deep, "<document/>"]
    {
        bind(&rig, Section::Directory, &[&Fixed::new(Ok(Some(xml)))]);
        let answer = soon(rig.api("domain_exists second.org")).await;
        assert_eq!(answer, "true", "{:?}", xml.get(..20));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_kept_for_their_time() {
    let rig = rig_with_directory();
    let xml = domain("kept.org", "kept");
    let kept = Fixed::with(Ok(Some(&xml)), None, Duration::from_secs(60));
    bind(&rig, Section::Directory, &[&kept]);
    for _ in 0..3 {
        assert_eq!(from(&rig, "kept.org").await, "kept");
    }
    assert_eq!(kept.asked(), 1);
    // Nothing found is an answer, too.
    for _ in 0..3 {
        assert_eq!(rig.api("domain_exists example.com").await, "true");
    }
    assert_eq!(kept.asked(), 2);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(from(&rig, "kept.org").await, "kept");
    assert_eq!(kept.asked(), 3);
}

fn context(name: &str, actions: &str) -> String {
    format!(
        "<document><section name=\"dialplan\"><context name=\"{name}\"><extension name=\"x\">\
         <condition>{actions}</condition></extension></context></section></document>"
    )
}

#[tokio::test(start_paused = true)]
async fn calls_are_routed_by_answers() {
    let rig = Rig::new(&[("5000", "hangup NO_ANSWER")]);
    let busy = context("default", "<action application=\"hangup\" data=\"USER_BUSY\"/>");
    // Large enough to be parsed and compiled elsewhere.
    let large = busy.replace("<extension", &format!("{}<extension", " ".repeat(100_000)));
    for xml in [&busy, &large] {
        bind(&rig, Section::Dialplan, &[&Fixed::new(Ok(Some(xml)))]);
        let session = rig.null().await;
        session.transfer("5000", None, Some("default")).unwrap();
        rig.empty().await;
        assert_eq!(session.hangup_cause(), Cause::USER_BUSY);
    }
    let elsewhere = context("elsewhere", "<action application=\"answer\"/>");
    bind(&rig, Section::Dialplan, &[&Fixed::new(Ok(Some(&elsewhere)))]);
    let session = rig.null().await;
    session.transfer("5000", None, Some("default")).unwrap();
    rig.empty().await;
    assert_eq!(session.hangup_cause(), Cause::NO_ANSWER, "the files serve");
}

/// What a script with few rights answered runs with these rights.
#[tokio::test(start_paused = true)]
async fn an_answer_has_its_scripts_rights() {
    let rig = Rig::new(&[]);
    let mut permissions = ProfileSettings::third_party().permissions;
    permissions.application = Names(vec!["set".to_owned(), "hangup".to_owned()]);
    let authority = Authority::new("x.lua", "narrow", &permissions);
    assert!(authority.is_some());
    let xml = context(
        "default",
        "<action application=\"set\" data=\"seen=${global_setvar(evil=1)}\"/>\
         <action application=\"transfer\" data=\"x XML other\"/>\
         <action application=\"hangup\" data=\"USER_BUSY\"/>",
    );
    bind(&rig, Section::Dialplan, &[&Fixed::with(Ok(Some(&xml)), authority, Duration::ZERO)]);
    let session = rig.null().await;
    session.transfer("5000", None, Some("default")).unwrap();
    rig.empty().await;
    assert_eq!(rig.switch.variables().text("evil"), None);
    assert_eq!(session.hangup_cause(), Cause::USER_BUSY);
}

/// Nor may it leave to a call of others what it may not run itself.
#[tokio::test(start_paused = true)]
async fn variables_of_an_answered_user_have_its_scripts_rights() {
    let rig = Rig::new(&[]);
    let permissions = ProfileSettings::third_party().permissions;
    let authority = Authority::new("x.lua", "narrow", &permissions);
    let xml = "<document type=\"freeswitch/xml\"><section name=\"directory\"><domain name=\"d\">\
               <user id=\"1\"><variables><variable name=\"color\" value=\"red\"/>\
               <variable name=\"api_hangup_hook\" value=\"global_setvar evil=1\"/>\
               <variable name=\"later\" value=\"${global_setvar(evil=1)}\"/>\
               </variables></user></domain></section></document>";
    bind(&rig, Section::Directory, &[&Fixed::with(Ok(Some(xml)), authority, Duration::ZERO)]);
    let session = rig.null().await;
    session.execute("set_user", "1@d").await.unwrap();
    let variable = |name: &str| session.own_variable(name);
    assert_eq!(variable("color").as_deref(), Some("red"));
    assert_eq!((variable("api_hangup_hook"), variable("later")), (None, None));
    session.hangup(Cause::NORMAL_CLEARING);
    rig.empty().await;
    assert_eq!(rig.switch.variables().text("evil"), None);
}

/// Nor does the text of its dial strings come into a dial string of the operator.
#[tokio::test(start_paused = true)]
async fn a_group_that_was_answered_is_called_with_its_scripts_rights() {
    let rig = Rig::new(&[]);
    let mut permissions = ProfileSettings::third_party().permissions;
    permissions.originate = Names(vec!["null/*".to_owned()]);
    let user = |id: &str, string: &str| {
        format!(
            r#"<user id="{id}"><params><param name="dial-string" value="{string}"/></params></user>"#
        )
    };
    let evil = "{api_on_answer='global_setvar evil=1'}null/x";
    let users = [user("1", evil), user("2,{a=b}null/y", "null/z"), user("3", "null/z")];
    let xml = format!(
        r#"<document type="freeswitch/xml"><section name="directory"><domain name="d"><groups><group name="sales"><users>{}</users></group></groups></domain></section></document>"#,
        users.concat()
    );
    let authority = Authority::new("x.lua", "narrow", &permissions);
    bind(&rig, Section::Directory, &[&Fixed::with(Ok(Some(&xml)), authority, Duration::ZERO)]);
    let called = rig.api("group_call sales@d+F").await;
    assert_eq!(called, "user/1@d|user/3@d");
    let answer = rig.api(&format!("originate {called} &park")).await;
    assert!(answer.starts_with("+OK"), "{answer}");
    assert_eq!(rig.switch.variables().text("evil"), None);
    rig.api("hupall").await;
    rig.empty().await;
    assert_eq!(rig.switch.variables().text("evil"), None);
}

#[tokio::test(start_paused = true)]
async fn the_directory_is_asked_as_freeswitch_is() {
    const OURS: &[&str] = &[
        "user_exists",
        "user_data",
        "domain_data",
        "domain_exists",
        "xml_locate",
        "group_call",
        "in_group",
    ];
    let rig = rig_with_directory();
    let mut report = Report::default();
    for case in cases("commands.jsonl") {
        let line = case["in"]["cmd"].as_str().unwrap();
        if OURS.contains(&line.split(' ').next().unwrap()) {
            let seen = rig.api(line).await;
            report.case(&case, &seen, case["out"].as_str().unwrap());
        }
    }
    rig.switch.variables().set("gdomain", Some("example.com")).unwrap();
    let session = rig.null().await;
    for case in cases("expansion.jsonl") {
        let text = case["in"]["text"].as_str().unwrap();
        if text.contains("${user_data(") {
            let seen = match case["in"]["engine"].as_str() {
                Some("channel") => session.expand(text).await,
                _ => rig.api(&format!("eval {text}")).await,
            };
            report.case(&case, &seen, case["out"].as_str().unwrap());
        }
    }
    report.finish(48);
}

#[tokio::test(start_paused = true)]
async fn a_pointer_leads_to_its_user() {
    let rig = rig_with_directory();
    assert_eq!(
        rig.api("group_call support@example.com").await,
        "sofia/test/1001@127.0.0.1:15999,sofia/test/2000@127.0.0.1:15999"
    );
    assert_eq!(rig.api("user_data 7000@example.com attr id").await, "1000");
    let located = rig.api("xml_locate directory").await;
    assert!(located.starts_with("<section name=\"directory\">\n  <domain name=\"example.com\">\n"));
    assert!(located.contains("value=\"p&amp;w\""), "{located}");
    assert!(rig.api("xml_locate root").await.starts_with("<document>\n"));
}

#[tokio::test(start_paused = true)]
async fn the_users_of_a_group_are_called_at_once_or_in_turn() {
    let user = |id: &str, string: &str| {
        format!(
            r#"<user id="{id}"><params><param name="dial-string" value="{string}"/></params></user>"#
        )
    };
    let group = |name: &str, users: &[String]| {
        format!(r#"<group name="{name}"><users>{}</users></group>"#, users.concat())
    };
    let at = "null/${dialed_user}@${dialed_domain}";
    let groups = [
        group("sales", &[user("1", "error/USER_BUSY"), user("2", at)]),
        group("both", &[user("3", at), user("4", at)]),
        group("busy", &[user("5", "error/USER_BUSY"), user("6", "error/USER_BUSY")]),
        group("circle", &[user("7", "group/circle@d")]),
        group("nowhere", &[r#"<user id="8"/>"#.to_owned()]),
    ];
    let xml = format!(
        r#"<document type="freeswitch/xml"><section name="directory"><domain name="d"><groups>{}</groups></domain></section></document>"#,
        groups.concat()
    );
    let rig = Rig::new(&[]);
    bind(&rig, Section::Directory, &[&Fixed::new(Ok(Some(&xml)))]);
    let call = async |dial: &str| rig.api(&format!("originate {dial} &park")).await;
    let calls = || rig.switch.sessions().len();

    let answer = call("{mine=yes}group/sales@d").await;
    let uuid = answer.strip_prefix("+OK ").expect(&answer).trim().to_owned();
    for (name, value) in [
        ("dialed_user", "2"),
        ("dialed_domain", "d"),
        ("channel_name", "null/2@d"),
        ("mine", "yes"),
    ] {
        assert_eq!(rig.api(&format!("uuid_getvar {uuid} {name}")).await, value, "{name}");
    }
    rig.api("hupall").await;
    rig.empty().await;
    for (dial, cause) in [
        ("group/busy@d", "USER_BUSY"),
        ("group/busy@d+F", "USER_BUSY"),
        ("group/nosuch@d", "NO_ROUTE_DESTINATION"),
        ("group/nowhere@d", "NO_ROUTE_DESTINATION"),
        ("group/circle@d", "EXCHANGE_ROUTING_ERROR"),
    ] {
        assert_eq!(call(dial).await, format!("-ERR {cause}\n"), "{dial}");
    }
    assert_eq!(calls(), 0);
    // The first one that answers is the only one that is called.
    assert!(call("group/both@d+F").await.starts_with("+OK"));
    assert_eq!(calls(), 1);
    rig.api("hupall").await;
    rig.empty().await;
    assert!(call("group/sales@d|group/both@d").await.starts_with("+OK"));
}
