//! `ringfence check` names every fault at once, each with its place.

#![expect(clippy::expect_used, reason = "a test that cannot be prepared fails")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// A configuration folder of these files, written anew.
fn conf(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// The exit code and what was printed.
fn check(folder: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args(["check".as_ref(), "--conf".as_ref(), folder.as_os_str()])
        // Shared by all tests and runs of them: compiling takes seconds.
        .env("RINGFENCE_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests"))
        .output()
        .expect("the binary runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

const ROOT: &str = r#"<document>
  <section name="configuration">
    <configuration name="sofia.conf"><profiles>
      <X-PRE-PROCESS cmd="include" data="profile.xml"/>
    </profiles></configuration>
  </section>
  <section name="dialplan"><X-PRE-PROCESS cmd="include" data="plan.xml"/></section>
</document>"#;
const PROFILE: &str = r#"<profile name="internal"><settings>
  <param name="sip-ip" value="127.0.0.1"/><param name="context" value="default"/>
</settings></profile>"#;
const PLAN: &str = r#"<context name="default">
  <extension name="a"><condition><action application="answer"/></condition></extension>
</context>"#;

#[test]
fn files_that_are_no_xml_are_all_named_and_scripts_too() {
    let folder = conf(
        "check-no-xml",
        &[
            ("freeswitch.xml", ROOT),
            ("profile.xml", "<profile>\n<settings>\n</profile>"),
            ("plan.xml", "<context>\n\n<extension>\n</context>"),
            ("scripts/broken.lua", "x = = 1"),
        ],
    );
    let (code, text) = check(&folder);
    assert_eq!(code, Some(1), "{text}");
    for part in
        ["profile.xml:3: ", "plan.xml:4: ", "broken.lua:1: ", "1 script: 3 errors, 0 warnings"]
    {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
}

#[test]
fn what_serve_would_refuse_is_a_fault() {
    let folder = conf("check-nobody", &[("freeswitch.xml", "<document>\n</document>")]);
    let (code, text) = check(&folder);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("no SIP profile"), "{text}");
}

#[test]
fn profiles_that_grant_what_nobody_meant_are_faults() {
    let root = ROOT.replace(
        "</profiles></configuration>",
        "</profiles></configuration>\n\
         <X-PRE-PROCESS cmd=\"include\" data=\"sandbox.xml\"/><X-PRE-PROCESS cmd=\"include\" data=\"lua.xml\"/>",
    );
    let sandbox = "<configuration name=\"sandbox.conf\"><scripts>\n\
                   <script pattern=\"guests/*\" profile=\"thirdparty\"/>\n</scripts><profiles>\n\
                   <profile name=\"third-party\"><param name=\"cpu-limit\" value=\"0\"/></profile>\n\
                   </profiles></configuration>";
    let lua = "<configuration name=\"lua.conf\">\n<profiles><profile name=\"trusted\"/></profiles><settings>\n\
               <hook event=\"DTMF\" script=\"missing.lua a\"/></settings></configuration>";
    let folder = conf(
        "check-sandbox",
        &[
            ("freeswitch.xml", &root),
            ("profile.xml", PROFILE),
            ("plan.xml", PLAN),
            ("sandbox.xml", sandbox),
            ("lua.xml", lua),
            ("scripts/guests/a.lua", "x = 1"),
        ],
    );
    let (code, text) = check(&folder);
    assert_eq!(code, Some(1), "{text}");
    for part in [
        "sandbox.xml:2: profile=\"thirdparty\" is not a profile of sandbox.conf.xml (trusted, third-party)",
        "sandbox.xml:4: cpu-limit=\"0\" is not 1 to 31536000 seconds, or unlimited",
        "lua.xml:2: <profiles> belongs into autoload_configs/sandbox.conf.xml now",
        "lua.xml:3: there is no script ",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
}

#[test]
fn a_copied_extension_is_a_warning() {
    let twice = PLAN.replace("</context>", "<extension name=\"a\"/>\n</context>");
    let files = [("freeswitch.xml", ROOT), ("profile.xml", PROFILE), ("plan.xml", &twice)];
    let (code, text) = check(&conf("check-twice", &files));
    assert_eq!(code, Some(0), "{text}");
    let place = "plan.xml:3: warning: the extension \"a\" has the name of the one at ";
    assert!(text.contains(place) && text.contains("plan.xml:2; "), "{text}");
}

#[test]
fn an_action_without_an_application_is_told_once() {
    let plan = PLAN.replace("application=", "aplication=");
    let files = [("freeswitch.xml", ROOT), ("profile.xml", PROFILE), ("plan.xml", &plan)];
    let (code, text) = check(&conf("check-unnamed", &files));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("1 error, 1 warning"), "{text}");
}
