//! What scripts with fewer rights than the server may have done for them: each permission granted, and
//! refused.

use std::path::Path;
use std::sync::Arc;

use ringfence_switch::config::{Names, Permissions};
use ringfence_switch::event::EventName;
use ringfence_switch::{Authority, Failure, Operation, Play, Record, Session};

use crate::rig::{Rig, soon, until};

/// The authority of a profile that permits only what `permit` adds.
fn authority(permit: impl FnOnce(&mut Permissions)) -> Arc<Authority> {
    let mut permissions = Permissions::default();
    permit(&mut permissions);
    Authority::new("guest.lua", "third-party", &permissions).unwrap()
}

fn names(names: &[&str]) -> Names {
    Names(names.iter().map(|name| (*name).to_owned()).collect())
}

/// The refusal that a script is told, without the words that are in each.
fn refused(authority: &Authority) -> String {
    let text = authority.take_refusal().expect("something was refused");
    let text = text.strip_prefix("script guest.lua may not ").expect("who may not");
    text.strip_suffix(" is missing in profile third-party").expect("which profile").to_owned()
}

fn play(path: &Path) -> Operation {
    let path = path.display().to_string();
    Operation::Play(Play { path, offset: 0, input: false })
}

fn record(path: &Path) -> Operation {
    let path = path.display().to_string();
    let limit = 1;
    Operation::Record(Record {
        path,
        limit,
        silence_threshold: 0,
        silence_seconds: 0,
        input: false,
    })
}

#[test]
fn a_profile_that_permits_everything_needs_no_authority() {
    let permissions = Permissions::trusted(&ringfence_switch::variable::Variables::new());
    assert!(Authority::new("a.lua", "trusted", &permissions).is_none());
}

#[tokio::test(start_paused = true)]
async fn aliases_that_others_would_run() {
    let rig = Rig::new(&[]);
    let authority = authority(|permissions| permissions.api = names(&["alias"]));
    let answer = authority.under(rig.api("alias add status system id")).await;
    assert!(answer.starts_with("-ERR"), "{answer}");
    assert_eq!(refused(&authority), "define the alias status: permission api=*");
    assert_eq!(rig.switch.alias("status", ""), None);
    assert_eq!(rig.api("alias add st status").await, "+OK\n");
    assert_eq!(authority.under(rig.api("alias del st")).await, "+OK\n");
}

#[tokio::test(start_paused = true)]
async fn commands() {
    let rig = Rig::new(&[]);
    let authority = authority(|permissions| permissions.api = names(&["to*", "EVAL"]));
    let api = |line| authority.under(rig.api(line));
    assert_eq!(api("toupper a").await, "A");
    assert_eq!(api("eval ${toupper(b)}").await, "B");
    assert_eq!(authority.take_refusal(), None);
    let answer = api("status").await;
    assert!(answer.starts_with("-ERR script guest.lua may not"), "{answer}");
    assert_eq!(refused(&authority), "run the API command status: permission api=status");
    // Within an expansion, however deep.
    let answer = api("eval a ${eval(${create_uuid()})} b").await;
    assert_eq!(refused(&authority), "run the API command create_uuid: permission api=create_uuid");
    assert!(!answer.contains("-4"), "{answer}");
    // And outside of it everything is as before.
    assert!(rig.api("status").await.contains("session"));
}

/// The operator's dialplan would expand it, with the server's rights.
#[tokio::test(start_paused = true)]
async fn no_text_that_is_expanded_later_is_kept() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let authority = authority(|permissions| {
        permissions.api = names(&["hash", "db"]);
        permissions.application = names(&["hash", "db"]);
    });
    let refusal = "hand on a text with ${…}, which the server would expand: permission api=*";
    for name in ["hash", "db"] {
        let answer = authority.under(rig.api(&format!("{name} insert/r/k/$\\{{status()}}"))).await;
        assert!(answer.starts_with("-ERR script guest.lua may not"), "{name}: {answer}");
        assert_eq!(refused(&authority), refusal, "{name}");
        let order = authority.under(session.execute(name, "insert/r/k/$\\{status()}")).await;
        assert!(matches!(order, Err(Failure::Refused(_))), "{name}: {order:?}");
        assert_eq!(refused(&authority), refusal, "{name}");
    }
    assert_eq!(authority.under(rig.api("hash insert/r/k/v")).await, "+OK\n");
    assert_eq!(authority.take_refusal(), None);
}

#[tokio::test(start_paused = true)]
async fn applications() {
    let rig = Rig::new(&[("77", "set by=operator\nset_global seen=77")]);
    let session = rig.null().await;
    let authority =
        authority(|permissions| permissions.application = names(&["set", "execute_extension"]));
    let execute = |application, data| authority.under(session.execute(application, data));
    execute("set", "a=1").await.unwrap();
    assert_eq!(session.variable("a").as_deref(), Some("1"));
    let failure = execute("set_global", "a=1").await.unwrap_err();
    assert!(matches!(failure, Failure::Refused(_)), "{failure:?}");
    assert_eq!(
        refused(&authority),
        "run the application set_global: permission application=set_global"
    );
    // The operator's extension acts with the server's rights.
    execute("execute_extension", "77").await.unwrap();
    assert_eq!(session.variable("by").as_deref(), Some("operator"));
    assert_eq!(rig.switch.variables().text("seen").as_deref(), Some("77"));
    assert_eq!(authority.take_refusal(), None);
    // One that the script writes itself does not.
    execute("execute_extension", "set:b=2,set_global:evil=1 inline").await.unwrap_err();
    assert_eq!(session.variable("b").as_deref(), Some("2"));
    assert_eq!(rig.switch.variables().text("evil"), None);
    assert!(refused(&authority).starts_with("run the application set_global"));
}

#[tokio::test(start_paused = true)]
async fn what_would_be_expanded_later() {
    let rig = Rig::new(&[("77", "set x=1")]);
    let session = rig.null().await;
    let narrow = authority(|permissions| {
        permissions.application = Names::all();
        permissions.api = names(&["status"]);
    });
    let set = |value: &str| {
        let session = session.clone();
        narrow.under_now(|| session.set_variable("v", Some(value)))
    };
    set("plain $ { }").unwrap();
    set("${status()}").unwrap_err();
    assert!(refused(&narrow).ends_with("permission api=*"));
    for application in ["set", "push", "unshift", "export", "set_profile_var", "multiset"] {
        let data = "caller_id_name=${status()}";
        let done = narrow.under(session.execute(application, data)).await;
        done.expect_err(application);
        assert!(refused(&narrow).contains("${…}"), "{application}");
    }
    for (extension, dialplan, context) in [
        ("${status()}", None, None),
        ("77", Some("${status()}"), None),
        ("77", None, Some("${status()}")),
        ("set_global:a=1", Some("inline"), None),
        ("77", Some("XML:/tmp/own.xml"), None),
    ] {
        let done = narrow.under_now(|| session.transfer(extension, dialplan, context));
        assert!(matches!(done, Err(Failure::Refused(_))), "{extension} {dialplan:?}: {done:?}");
        refused(&narrow);
    }
    narrow.under_now(|| session.transfer("77", Some("XML"), Some("default"))).unwrap();
    assert_eq!(narrow.take_refusal(), None);
    // Who may run all commands may hand them on.
    let wide = authority(|permissions| permissions.api = Names::all());
    let other = rig.null().await;
    wide.under_now(|| other.set_variable("v", Some("${status()}"))).unwrap();
}

#[tokio::test(start_paused = true)]
async fn global_variables() {
    let rig = Rig::new(&[]);
    let authority = authority(|permissions| {
        permissions.api = names(&["global_setvar"]);
        permissions.global_variable = names(&["quiz_*"]);
    });
    assert_eq!(authority.under(rig.api("global_setvar quiz_round=2")).await, "+OK");
    assert_eq!(rig.switch.variables().text("quiz_round").as_deref(), Some("2"));
    let answer = authority.under(rig.api("global_setvar sounds_dir=/")).await;
    assert!(answer.starts_with("-ERR"), "{answer}");
    assert_eq!(
        refused(&authority),
        "set the global variable sounds_dir: permission global-variable=sounds_dir"
    );
    assert_eq!(rig.switch.variables().text("sounds_dir"), None);
}

/// `granted/a.ul`, `other/b.ul`, `granted/link` to `other`.
fn folders() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [("granted", "a.ul"), ("other", "b.ul")] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join(file), [0xff; 800]).unwrap();
    }
    std::os::unix::fs::symlink(folder.path().join("other"), folder.path().join("granted/link"))
        .unwrap();
    folder
}

/// What a script with that authority gets for an operation.
async fn perform(
    authority: &Arc<Authority>,
    session: &Session,
    operation: Operation,
) -> Result<(), Failure> {
    soon(authority.under(session.perform(operation))).await.map(|_| ())
}

#[tokio::test(start_paused = true)]
async fn files_that_are_played() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let folder = folders();
    let at = |name: &str| folder.path().join(name);
    for grant in ["play", "read", "write"] {
        let authority = authority(|permissions| match grant {
            "play" => permissions.play.push(at("granted")),
            "read" => permissions.read.push(at("granted")),
            _ => permissions.write.push(at("granted")),
        });
        perform(&authority, &session, play(&at("granted/a.ul"))).await.unwrap();
        perform(&authority, &session, play(Path::new("tone_stream://%(20,0,440)"))).await.unwrap();
        assert_eq!(authority.take_refusal(), None, "{grant}");
        for path in ["other/b.ul", "granted/../other/b.ul", "granted/link/b.ul", "none/c.ul"] {
            let failure = perform(&authority, &session, play(&at(path))).await.unwrap_err();
            assert!(matches!(failure, Failure::Refused(_)), "{grant} {path}: {failure:?}");
            let told = refused(&authority);
            assert!(
                told.starts_with("play ") && told.ends_with("permission play or read"),
                "{told}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn files_that_are_recorded() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let folder = folders();
    let at = |name: &str| folder.path().join(name);
    for grant in ["record", "write"] {
        let authority = authority(|permissions| match grant {
            "record" => permissions.record.push(at("granted")),
            _ => permissions.write.push(at("granted")),
        });
        perform(&authority, &session, record(&at("granted/new/er.wav"))).await.unwrap();
        assert!(at("granted/new/er.wav").is_file(), "{grant}");
        std::fs::remove_dir_all(at("granted/new")).unwrap();
        for path in
            ["other/n.wav", "granted/../other/n.wav", "granted/link/n.wav", "granted/x/../../n.wav"]
        {
            let failure = perform(&authority, &session, record(&at(path))).await.unwrap_err();
            assert!(matches!(failure, Failure::Refused(_)), "{grant} {path}: {failure:?}");
            assert!(refused(&authority).starts_with("record to "), "{path}");
        }
    }
    // To be read, or played, is not to be written.
    let authority = authority(|permissions| {
        permissions.read.push(at("granted"));
        permissions.play.push(at("granted"));
    });
    perform(&authority, &session, record(&at("granted/n.wav"))).await.unwrap_err();
    let left: Vec<_> = std::fs::read_dir(at("other")).unwrap().collect();
    assert_eq!((left.len(), at("granted/n.wav").exists()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn what_a_script_orders_is_done_on_its_authority() {
    let rig = Rig::new(&[]);
    let session = rig.null().await;
    let folder = folders();
    let (good, bad) = (folder.path().join("granted/a.ul"), folder.path().join("other/b.ul"));
    let authority = authority(|permissions| {
        permissions.api = names(&["uuid_broadcast", "originate"]);
        permissions.application = names(&["playback", "park"]);
        permissions.originate = names(&["null/x"]);
        permissions.play.push(folder.path().join("granted"));
    });
    let mut events = rig.listen(&[EventName::PlaybackStart, EventName::ChannelExecuteComplete]);
    // The bad ones first: that they did not play is known once the good one does.
    for path in [&bad, &good] {
        let line = format!("uuid_broadcast {} {}", session.uuid(), path.display());
        assert!(authority.under(rig.api(&line)).await.starts_with("+OK"));
    }
    let line = format!("uuid_broadcast {} log::info", session.uuid());
    assert!(authority.under(rig.api(&line)).await.contains("may not run the application log"));
    let played = loop {
        let event = soon(events.next()).await.event;
        if event.name() == EventName::PlaybackStart {
            break event.header("Playback-File-Path").unwrap().into_owned();
        }
    };
    assert_eq!(played, good.display().to_string());
    refused(&authority);
    // Whom it calls, and what an originated leg runs.
    let answer = authority.under(rig.api("originate null/y &park()")).await;
    assert_eq!(answer, "-ERR OUTGOING_CALL_BARRED\n");
    assert!(refused(&authority).contains("originate=null/y"));
    let answer = authority.under(rig.api("originate null/x &set_global(evil=1)")).await;
    let uuid = answer.strip_prefix("+OK ").unwrap().trim().to_owned();
    until(|| rig.switch.session(&uuid).is_none()).await;
    assert_eq!(rig.switch.variables().text("evil"), None);
    assert!(refused(&authority).contains("set_global"));
}
