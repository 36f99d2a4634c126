use std::path::Path;

use super::*;

fn load(files: &[(&str, &str)]) -> (Configuration, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let (configuration, faults) = Configuration::load(folder.path()).unwrap();
    let prefix = format!("{}/", folder.path().display());
    (configuration, faults.iter().map(|fault| fault.to_string().replace(&prefix, "")).collect())
}

/// A root around sections.
fn root(configuration: &str, dialplan: &str) -> String {
    format!(
        "<document>\n<section name=\"configuration\">\n{configuration}\n</section>\n\
         <section name=\"dialplan\">{dialplan}</section>\n</document>"
    )
}

fn settings(file: &str, params: &str) -> String {
    format!("<configuration name=\"{file}\"><settings>\n{params}\n</settings></configuration>")
}

#[test]
fn what_is_not_set_has_its_default() {
    let (configuration, faults) = load(&[(ROOT, "<document/>")]);
    assert_eq!(faults, [""; 0]);
    let switch = &configuration.switch;
    assert_eq!((switch.max_sessions, switch.sessions_per_second), (1000, 30));
    assert_eq!(switch.rtp_ports, 16384..=32768);
    assert_eq!(configuration.lua.version, "5.4");
    assert_eq!(configuration.lua.profile, "trusted");
    let names: Vec<_> =
        configuration.sandbox.profiles.iter().map(|profile| &*profile.name).collect();
    assert_eq!(names, ["trusted", "third-party"]);
    assert!(configuration.profiles.is_empty());
}

#[test]
fn every_default_of_the_tables_is_what_the_reader_takes() {
    // A default that its own reader refuses would be replaced in silence.
    let params: String = switch::PARAMETERS
        .iter()
        .filter(|parameter| !parameter.default.is_empty())
        .map(|p| format!("<param name=\"{}\" value=\"{}\"/>\n", p.name, p.default))
        .collect();
    let profile: String = sofia::PARAMETERS
        .iter()
        .filter(|parameter| !parameter.default.is_empty())
        .map(|p| format!("<param name=\"{}\" value=\"{}\"/>\n", p.name, p.default))
        .collect();
    let sandbox: String = sandbox::PARAMETERS
        .iter()
        .map(|p| format!("<param name=\"{}\" value=\"{}\"/>\n", p.name, p.default))
        .collect();
    let sofia = format!(
        "<configuration name=\"sofia.conf\"><profiles><profile name=\"p\"><settings>{profile}\
         </settings></profile></profiles></configuration>"
    );
    let text = root(
        &format!(
            "{}{}{sofia}",
            settings("switch.conf", &params),
            settings("sandbox.conf", &sandbox)
        ),
        "<context name=\"default\"/>",
    );
    let (_, faults) = load(&[(ROOT, &text)]);
    assert_eq!(faults, [""; 0]);
}

#[test]
fn every_fault_is_told_with_its_line() {
    let switch = settings(
        "switch.conf",
        "<param name=\"max-sessions\" value=\"many\"/>\n<param name=\"max_sessions\" value=\"1\"/>\n\
         <param name=\"colorize-console\" value=\"true\"/>\n<param name=\"rtp-start-port\" value=\"40000\"/>\n\
         <param name=\"loglevel\" value=\"loud\"/>\n<param name=\"switchname\"/>",
    );
    let (configuration, faults) = load(&[(ROOT, &root(&switch, ""))]);
    assert_eq!(
        faults,
        [
            "freeswitch.xml:5: warning: there is no parameter max_sessions; it is ignored; did you mean max-sessions?",
            "freeswitch.xml:6: warning: the parameter colorize-console of FreeSWITCH has no effect here",
            "freeswitch.xml:9: <param> needs name and value: <param name=\"…\" value=\"…\"/>",
            "freeswitch.xml:7: rtp-end-port 32768 must be above rtp-start-port 40000; 16384 to 32768 hold",
            "freeswitch.xml:4: max-sessions=\"many\" is not a number of calls, 1 or more; 1000 holds",
            "freeswitch.xml:8: loglevel=\"loud\" is not one of console, alert, crit, err, warning, notice, info, debug; info holds",
        ]
    );
    assert_eq!(configuration.switch.max_sessions, 1000);
}

#[test]
fn sip_profiles() {
    let sofia = "<configuration name=\"sofia.conf\"><profiles>\n\
        <profile name=\"a\"><settings><param name=\"sip-ip\" value=\"192.0.2.1\"/>\
        <param name=\"ext-rtp-ip\" value=\"198.51.100.7\"/><param name=\"codec-prefs\" value=\"PCMA,OPUS\"/>\
        <param name=\"dtmf-type\" value=\"info\"/><param name=\"context\" value=\"nosuch\"/></settings></profile>\n\
        <profile name=\"a\"/>\n<profile name=\"b\"><settings><param name=\"sip-ip\" value=\"192.0.2.1\"/></settings></profile>\n\
        <profile/>\n<profile name=\"c\"><settings><param name=\"sip-ip\" value=\"::1\"/>\
        <param name=\"rtp-ip\" value=\"::\"/><param name=\"sip-port\" value=\"0\"/></settings></profile>\n\
        </profiles></configuration>";
    let (configuration, faults) = load(&[(ROOT, &root(sofia, "<context name=\"default\"/>"))]);
    let names: Vec<_> = configuration.profiles.iter().map(|profile| &*profile.name).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(faults.len(), 5, "{faults:#?}");
    for part in [
        "OPUS is not supported",
        "a second SIP profile a",
        "already listened at",
        "needs a name",
        "context nosuch",
    ] {
        assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:#?}");
    }
    let a = configuration.sip_profile("a").unwrap();
    assert_eq!(a.capabilities().codecs, [ringfence_media::Codec::Pcma]);
    assert_eq!(a.dtmf, None);
    assert_eq!(
        a.advertised_media("192.0.2.1:4000".parse().unwrap()),
        "198.51.100.7:4000".parse().unwrap()
    );
    assert_eq!(a.advertised_media("[::1]:4000".parse().unwrap()), "[::1]:4000".parse().unwrap());
    let c = configuration.sip_profile("c").unwrap();
    let local = "::1".parse().unwrap();
    assert_eq!(c.media_address(local), local);
}

#[test]
fn scripts_choose_lua_and_profile_by_pattern() {
    let lua = "<configuration name=\"lua.conf\"><settings><param name=\"lua-version\" value=\"5.3\"/></settings>\
        <scripts>\n<script pattern=\"legacy/*.lua\" lua=\"5.1\"/>\n<script pattern=\"*\" profile=\"small\"/>\n\
        <script pattern=\"x\" lua=\"6\"/>\n<script lua=\"5.1\"/>\n</scripts></configuration>";
    let sandbox = "<configuration name=\"sandbox.conf\"><profiles><profile name=\"small\"/></profiles></configuration>";
    let (configuration, faults) = load(&[(ROOT, &root(&format!("{lua}{sandbox}"), ""))]);
    assert_eq!(faults.len(), 2, "{faults:#?}");
    let lua = &configuration.lua;
    assert_eq!((lua.version_of("legacy/a.lua"), lua.version_of("a.lua")), ("5.1", "5.3"));
    assert_eq!(lua.version_of(&format!("{}/legacy/a.lua", lua.folder.display())), "5.1");
    assert_eq!(lua.profile_of("a.lua"), Some("small"));
}

/// A sandbox.conf with these profiles, and what it is read as.
fn profiles(xml: &str) -> (SandboxSettings, Vec<String>) {
    let text = format!(
        "<configuration name=\"sandbox.conf\"><profiles>\n{xml}\n</profiles></configuration>"
    );
    let (configuration, faults) = load(&[(ROOT, &root(&text, ""))]);
    (configuration.sandbox, faults)
}

#[test]
fn the_profiles_that_are_always_there() {
    let (sandbox, faults) = profiles("");
    assert_eq!(faults, [""; 0]);
    let trusted = sandbox.profile("trusted").unwrap();
    assert!(trusted.permissions.everything());
    assert_eq!(trusted.limits, Limits::trusted());
    assert!(trusted.permissions.read.iter().any(|folder| folder.ends_with("scripts")));
    let third_party = sandbox.profile("third-party").unwrap();
    assert_eq!(third_party.permissions, Permissions::default());
    assert_eq!(third_party.limits, Limits::third_party());
    assert_eq!(third_party.on_end, OnEnd::Continue);
}

#[test]
fn a_profile_is_what_it_is_based_on_and_what_it_says() {
    let (sandbox, faults) = profiles(
        "<profile name=\"trusted\"><param name=\"cpu-limit\" value=\"7\"/></profile>\
         <profile name=\"own\" base=\"trusted\"><param name=\"api\" value=\"uuid_*\"/>\
         <param name=\"api\" value=\"status\"/><param name=\"memory\" value=\"128\"/>\
         <param name=\"play\" value=\"/a\"/><param name=\"on-end\" value=\"hangup USER_BUSY\"/></profile>\
         <profile name=\"alone\"><param name=\"environment\" value=\"A=1\"/>\
         <param name=\"wall-limit\" value=\"unlimited\"/></profile>",
    );
    assert_eq!(faults, [""; 0]);
    let seven = Some(std::time::Duration::from_secs(7));
    assert_eq!(sandbox.profile("trusted").unwrap().limits.cpu, seven);
    let own = sandbox.profile("own").unwrap();
    // A list that is named replaces the whole list.
    assert_eq!(own.permissions.api, Names(vec!["uuid_*".into(), "status".into()]));
    assert_eq!(own.permissions.play, [Path::new("/a")]);
    assert_eq!(own.permissions.application, Names::all());
    assert_eq!((own.limits.cpu, own.limits.memory), (seven, 128 << 20));
    assert_eq!(own.on_end, OnEnd::Hangup(crate::cause::Cause::USER_BUSY));
    let alone = sandbox.profile("alone").unwrap();
    assert_eq!(alone.permissions.environment, [("A".to_owned(), "1".to_owned())]);
    assert_eq!((alone.limits.wall, alone.limits.memory), (None, 16 << 20));
    assert_eq!(sandbox.largest_memory(), 128 << 20);
}

#[test]
fn every_fault_of_a_profile_is_told_and_loses_nothing_else() {
    let (sandbox, faults) = profiles(
        "<profile name=\"a\">\n<param name=\"memory\" value=\"0\"/>\n<param name=\"cpu-limit\" value=\"soon\"/>\n\
         <param name=\"read\" value=\"relative\"/>\n<param name=\"on-end\" value=\"stop\"/>\n\
         <param name=\"cpu_limit\" value=\"1\"/>\n<param name=\"files\" value=\"3\"/></profile>\n\
         <profile name=\"a\"/>\n<profile/>\n<profile name=\"b\" base=\"none\"/>\n<profil/>",
    );
    assert_eq!(
        faults,
        [
            "freeswitch.xml:14: warning: <profil> is ignored here; there are profile",
            "freeswitch.xml:9: warning: there is no parameter cpu_limit; it is ignored; did you mean cpu-limit?",
            "freeswitch.xml:5: memory=\"0\" is not 1 to 4095 MiB; the profile's default holds",
            "freeswitch.xml:6: cpu-limit=\"soon\" is not 1 to 31536000 seconds, or unlimited; the profile's default holds",
            "freeswitch.xml:7: read=\"relative\" is not a folder's full path; it is left out",
            "freeswitch.xml:8: on-end=\"stop\" is not continue, hangup <cause> or transfer <extension> [dialplan [context]]; the profile's default holds",
            "freeswitch.xml:11: a second profile a; the one at freeswitch.xml:4 holds",
            "freeswitch.xml:12: a script <profile> needs a name",
            "freeswitch.xml:13: base=\"none\" is not a profile that stands before this one: trusted, third-party, a; the profile b is left out",
        ]
    );
    let a = sandbox.profile("a").unwrap();
    assert_eq!((a.limits.memory, a.limits.files), (16 << 20, 3));
    assert!(a.permissions.read.is_empty());
}

#[test]
fn scripts_whose_profile_is_not_there_get_no_other_one() {
    let text = "<configuration name=\"sandbox.conf\"><scripts>\n<script pattern=\"a/*\" profile=\"narow\"/>\n\
                <script pattern=\"b/*\"/>\n<script pattern=\"*.lua\" profile=\"third-party\"/>\n\
                </scripts></configuration>\
                <configuration name=\"lua.conf\"><scripts>\n<script pattern=\"c/*\" profile=\"narrow\"/>\n</scripts></configuration>";
    let (configuration, faults) = load(&[(ROOT, &root(text, ""))]);
    assert_eq!(
        faults,
        [
            "freeswitch.xml:4: profile=\"narow\" is not a profile of sandbox.conf.xml (trusted, third-party); scripts of this pattern cannot run",
            "freeswitch.xml:5: <script> needs a pattern and a profile: <script pattern=\"guests/*\" profile=\"third-party\"/>",
            "freeswitch.xml:8: profile=\"narrow\" is not a profile of sandbox.conf.xml (trusted, third-party); scripts of this pattern cannot run",
        ]
    );
    let folder = &configuration.lua.folder;
    let of = |script: &str| configuration.sandbox.profile_of(folder, script);
    assert_eq!(
        (of("a/x.lua"), of("x.lua"), of("x.wasm")),
        (Some("narow"), Some("third-party"), None)
    );
    assert_eq!(of(&folder.join("a/x").to_string_lossy()), Some("narow"));
    // However it is named, it is the same file.
    for name in ["./a/x", "b/../a/x", "a//x", "a/b/../x", "a/./x"] {
        assert_eq!(of(name), Some("narow"), "{name}");
        assert_eq!(of(&folder.join(name).to_string_lossy()), Some("narow"), "{name}");
    }
    assert_eq!(configuration.lua.profile_of("c/x.lua"), Some("narrow"));
}

#[test]
fn profiles_in_lua_conf_say_where_they_belong() {
    let text = "<configuration name=\"lua.conf\">\n<profiles><profile name=\"trusted\"/></profiles></configuration>";
    let (_, faults) = load(&[(ROOT, &root(text, ""))]);
    assert_eq!(
        faults,
        [
            "freeswitch.xml:4: <profiles> belongs into autoload_configs/sandbox.conf.xml now; what stands here grants and limits nothing"
        ]
    );
}

#[test]
fn without_a_folder_there_is_no_configuration() {
    let faults = Configuration::load(Path::new("no/such/folder")).unwrap_err();
    assert!(faults[0].message.contains("no such configuration folder"), "{faults:?}");
    let folder = tempfile::tempdir().unwrap();
    let faults = Configuration::load(folder.path()).unwrap_err();
    assert!(faults[0].to_string().contains("freeswitch.xml"), "{faults:?}");
}

#[test]
fn the_shipped_configuration_has_no_fault() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conf");
    let (configuration, faults) = Configuration::load(&folder).unwrap();
    assert_eq!(faults, []);
    assert!(configuration.dialplan.context("default").is_ok());
    assert!(!configuration.profiles.is_empty());
}
