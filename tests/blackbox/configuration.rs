use std::fs;
use std::path::Path;

use ringfence_tests::binary::{Finished, command, finish};
use ringfence_tests::{Configuration, Server, ringfence};

fn serve(conf: &Path) -> Finished {
    ringfence(["serve", "--conf", conf.to_str().unwrap()])
}

fn check(conf: &Configuration) -> Finished {
    ringfence(["check", "--conf", conf.path().to_str().unwrap()])
}

#[test]
fn the_shipped_configuration_has_no_fault() {
    check(&Configuration::shipped()).assert(0, &[]);
}

#[test]
fn a_folder_that_is_not_there() {
    for command in ["serve", "check"] {
        let finished = ringfence([command, "--conf", "/no/such/folder"]);
        finished.assert(1, &["/no/such/folder"]);
        assert!(finished.output().lines().count() < 6, "{}", finished.output());
    }
}

#[test]
fn no_configuration_at_all_says_where_one_was_looked_for() {
    let empty = tempfile::tempdir().unwrap();
    let finished = finish(command().arg("serve").current_dir(empty.path()));
    assert_eq!(finished.code, Some(1));
    assert!(finished.output().contains("--conf"), "{}", finished.output());
}

#[test]
fn malformed_xml_is_named_by_file_and_line() {
    let conf = Configuration::shipped();
    conf.write(
        "dialplan/default/broken.xml",
        "<include>\n  <extension name=\"a\">\n    <condition>\n  </extension>\n</include>\n",
    );
    for finished in [serve(conf.path()), check(&conf)] {
        finished.assert(1, &["broken.xml:4"]);
    }
}

#[test]
fn each_fault_is_named_in_one_run() {
    let conf = Configuration::shipped();
    conf.script("broken.lua", "local x = \n")
        .script("deep/worse.lua", "x = 1\ny = = 2\n")
        .extension(
            "7600",
            "<action application=\"no_such_app\"/>\n      \
             <action application=\"lua\" data=\"missing.lua\"/>",
        )
        .extension("7601", "</condition><condition field=\"destination_number\" expression=\"(\">");
    let finished = check(&conf);
    finished.assert(
        1,
        &["broken.lua:", "worse.lua:2", "test_7600.xml:4", "no_such_app", "missing.lua"],
    );
    finished.assert(1, &["test_7601.xml:"]);
}

#[test]
fn parameters_are_checked() {
    for (name, value) in
        [("rtp-start-port", "abc"), ("rtp-start-port", "70000"), ("max-sessions", "-1")]
    {
        let conf = Configuration::shipped();
        conf.setting(name, value);
        check(&conf).assert(1, &["switch.conf.xml:", name, value]);
    }
}

#[test]
fn a_port_in_use_is_named() {
    let first = Server::shipped();
    let conf = Configuration::shipped();
    let (port, taken) = (conf.port.to_string(), first.port().to_string());
    conf.replace("vars.xml", &port, &taken);
    let finished = serve(conf.path());
    finished.assert(1, &[&taken, "in use"]);
}

#[test]
fn an_include_that_matches_nothing_is_not_fatal() {
    let mut server = Server::start(|conf| {
        fs::remove_dir_all(conf.file("dialplan/default")).unwrap();
    });
    server.assert_serves();
}

#[test]
fn reloadxml_that_fails_keeps_what_was_there() {
    let mut server = Server::start(|conf| {
        conf.lua(
            "7602",
            r#"session:answer()
               local answer = freeswitch.API():execute("reloadxml", "")
               freeswitch.consoleLog("notice", "reloadxml: " .. answer .. "\n")
               session:hangup()"#,
        );
    });
    server.call("7602", ["--timeout", "20"]).assert(0, &[]);
    server.log.wait_for(&["reloadxml: +OK"]);
    server.configuration.write("dialplan/default/broken.xml", "<include>\n<extension>\n</include>");
    server.call("7602", ["--timeout", "20"]).assert(0, &[]);
    server.log.wait_for(&["reloadxml: -ERR"]);
    server.log.wait_for(&["ERROR", "broken.xml:2"]);
    server.assert_serves();
}

#[test]
fn reloadxml_changes_what_scripts_get() {
    let mut server = Server::start(|conf| {
        conf.script("nap.lua", "freeswitch.msleep(600000)");
    });
    let profile_of_the_next = || {
        server.api("luarun nap.lua");
        let profile = server.job("nap.lua").text("profile").map(str::to_owned);
        server.api("script kill all");
        server.no_job();
        profile
    };
    assert_eq!(profile_of_the_next().as_deref(), Some("trusted"));
    server.configuration.profile("narrow", "nap.lua", &[]);
    assert!(server.api("reloadxml").starts_with("+OK"));
    assert_eq!(profile_of_the_next().as_deref(), Some("narrow"));
    server.assert_serves();
}
