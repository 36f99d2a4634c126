//! Hot reload: what a run gets after its files were changed, and what it keeps.
//!
//! On the real clock, for the kernel's; each wait is for a condition.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::{
    fs,
    io::Write,
    os::unix::fs::symlink,
    path::PathBuf,
    time::{Duration, Instant},
};

use ringfence_host::{LUA_VERSIONS, LuaVersion, VersionInfo};
use support::Server;

/// How long a condition may take on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server whose scripts are edited.
struct Edited {
    server: Server,
    folder: PathBuf,
}

impl Edited {
    async fn start(version: LuaVersion, watch: bool) -> Self {
        let server = Server::start(version).await;
        if watch {
            server.scripts.watch();
        }
        let folder = server.scripts_folder();
        Self { server, folder }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    async fn run(&self, script: &str) -> String {
        self.server.command(&format!("lua {script}")).await
    }

    /// Runs the script until it says something.
    async fn until(&self, script: &str, expected: &str) {
        let began = Instant::now();
        loop {
            let said = self.run(script).await;
            if said == expected {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{said:?} instead of {expected:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the list of versions is as it should be.
    async fn listed(&self, what: &str, holds: impl Fn(&[VersionInfo]) -> bool) -> Vec<VersionInfo> {
        let began = Instant::now();
        loop {
            let list = self.server.scripts.versions().list();
            if holds(&list) {
                return list;
            }
            assert!(began.elapsed() < PATIENCE, "{what}: {list:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn current<'a>(list: &'a [VersionInfo], script: &str) -> Option<&'a VersionInfo> {
    list.iter().find(|info| info.current && info.script.ends_with(script))
}

fn fault<'a>(list: &'a [VersionInfo], script: &str) -> Option<&'a str> {
    current(list, script)?.fault.as_deref()
}

/// For each way of noticing changes.
fn each<F: Future<Output = ()>>(test: impl Fn(Edited) -> F) {
    for watch in [true, false] {
        block_on(async { test(Edited::start(LuaVersion::V54, watch).await).await });
    }
}

fn watched<F: Future<Output = ()>>(test: impl Fn(Edited) -> F) {
    block_on(async { test(Edited::start(LuaVersion::V54, true).await).await });
}

fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

#[test]
fn the_next_run_has_what_was_written() {
    each(|edited| async move {
        edited.write("a.lua", "stream:write('one')");
        assert_eq!(edited.run("a.lua").await, "one");
        edited.write("a.lua", "stream:write('two')");
        edited.until("a.lua", "two").await;
        let list = edited.server.scripts.versions().list();
        let [only] = &list[..] else { panic!("the version before has gone: {list:?}") };
        assert!(only.current && only.running == 0 && only.fault.is_none(), "{only:?}");
    });
}

#[test]
fn a_second_run_has_the_same_version() {
    each(|edited| async move {
        edited.write("lib.lua", "return 'lib'");
        edited.write("a.lua", "stream:write((require('lib')))");
        edited.run("a.lua").await;
        let before = edited.server.scripts.versions().list();
        for _ in 0..20 {
            assert_eq!(edited.run("a.lua").await, "lib");
        }
        let after = edited.server.scripts.versions().list();
        assert_eq!(before[0].id, after[0].id);
        assert_eq!(before[0].since, after[0].since, "it was not made anew");
        assert_eq!(after[0].modules.len(), 1);
    });
}

#[test]
fn what_does_not_compile_replaces_nothing() {
    each(|edited| async move {
        edited.write("a.lua", "stream:write('one')");
        edited.run("a.lua").await;
        edited.write("a.lua", "stream:write('two')\nlocal = 3");
        edited
            .listed("the fault is told", |list| {
                // Without watching somebody must run it.
                fault(list, "a.lua").is_some()
                    || !current(list, "a.lua").is_some_and(|info| info.watched)
            })
            .await;
        let began = Instant::now();
        while fault(&edited.server.scripts.versions().list(), "a.lua").is_none() {
            assert_eq!(edited.run("a.lua").await, "one");
            assert!(began.elapsed() < PATIENCE);
        }
        assert_eq!(edited.run("a.lua").await, "one");
        let list = edited.server.scripts.versions().list();
        let said = fault(&list, "a.lua").unwrap();
        let path = edited.folder.join("a.lua");
        assert!(said.starts_with(&format!("{}:2: ", path.display())), "{said}");

        edited.write("a.lua", "stream:write('three')");
        edited.until("a.lua", "three").await;
        assert_eq!(fault(&edited.server.scripts.versions().list(), "a.lua"), None);
    });
}

#[test]
fn a_broken_module_replaces_nothing_for_all_that_require_it() {
    watched(|edited| async move {
        edited.write("lib/words.lua", "return { word = 'one' }");
        for number in 0..20 {
            let text = "stream:write(require('lib.words').word)";
            edited.write(&format!("s{number}.lua"), text);
            assert_eq!(edited.run(&format!("s{number}.lua")).await, "one");
        }
        edited.write("lib/words.lua", "return { word = ");
        let all = |list: &[VersionInfo], faulty: bool| {
            (0..20).all(|number| fault(list, &format!("s{number}.lua")).is_some() == faulty)
        };
        let list = edited.listed("all say so", |list| all(list, true)).await;
        assert!(fault(&list, "s7.lua").unwrap().contains("lib/words.lua:1: "));
        for number in 0..20 {
            assert_eq!(edited.run(&format!("s{number}.lua")).await, "one");
        }
        edited.write("lib/words.lua", "return { word = 'two' }");
        edited.listed("all are mended", |list| all(list, false)).await;
        for number in 0..20 {
            assert_eq!(edited.run(&format!("s{number}.lua")).await, "two");
        }
    });
}

#[test]
fn a_new_script_with_a_broken_module_does_not_replace_either() {
    watched(|edited| async move {
        edited.write("a.lua", "stream:write('one')");
        edited.run("a.lua").await;
        edited.write("lib.lua", "return ]");
        edited.write("a.lua", "require 'lib' stream:write('two')");
        edited.listed("the module's fault", |list| fault(list, "a.lua").is_some()).await;
        assert_eq!(edited.run("a.lua").await, "one");
    });
}

#[test]
fn a_run_keeps_its_version_also_for_what_it_requires_late() {
    for version in LUA_VERSIONS {
        block_on(async {
            let edited = Edited::start(version, true).await;
            edited.write("late.lua", "return 'old module'");
            let script = |text: &str| {
                format!(
                    "freeswitch.setGlobalVariable('state', 'runs') \
                     while freeswitch.getGlobalVariable('go') ~= 'yes' do freeswitch.msleep(5) end \
                     freeswitch.setGlobalVariable('state', '{text}, ' .. require('late'))"
                )
            };
            edited.write("a.lua", &script("old script"));
            let variable = |name: &'static str| {
                let server = &edited.server;
                async move { server.command(&format!("global_getvar {name}")).await }
            };
            assert!(edited.server.command("luarun a.lua").await.starts_with("+OK"));
            while variable("state").await != "runs" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let before = edited.server.scripts.versions().list();
            edited.write("a.lua", &script("new script"));
            edited.write("late.lua", "return 'new module'");
            let list = edited
                .listed("a new version", |list| {
                    list.len() == 2
                        && current(list, "a.lua").is_some_and(|info| info.id != before[0].id)
                })
                .await;
            assert_eq!(list[1].id, before[0].id, "{version}");
            assert_eq!((list[0].running, list[1].running), (0, 1), "{version}");

            edited.server.command("global_setvar go=yes").await;
            let began = Instant::now();
            while variable("state").await == "runs" {
                assert!(began.elapsed() < PATIENCE);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(variable("state").await, "old script, old module", "{version}");
            edited.listed("the old one goes with its last run", |list| list.len() == 1).await;
            edited.run("a.lua").await;
            assert_eq!(variable("state").await, "new script, new module", "{version}");
        });
    }
}

#[test]
fn modules_with_computed_names_are_part_of_the_version_once_they_are_known() {
    each(|edited| async move {
        edited.write("lib/one.lua", "return 'one'");
        edited.write("a.lua", "local name = 'one' stream:write((require('lib.' .. name)))");
        let began = Instant::now();
        loop {
            assert_eq!(edited.run("a.lua").await, "one");
            let list = edited.server.scripts.versions().list();
            if let [module] = &current(&list, "a.lua").unwrap().modules[..] {
                assert!(module.ends_with("lib/one.lua"));
                break;
            }
            assert!(began.elapsed() < PATIENCE);
        }
        edited.write("lib/one.lua", "return 'two'");
        edited.until("a.lua", "two").await;
    });
}

#[test]
fn a_module_that_appears_is_found() {
    each(|edited| async move {
        edited.write(
            "a.lua",
            "local found, lib = pcall(require, 'new.lib') stream:write(found and lib or 'none')",
        );
        assert_eq!(edited.run("a.lua").await, "none");
        edited.write("new/lib.lua", "return 'here'");
        edited.until("a.lua", "here").await;
    });
}

#[test]
fn what_is_half_written_is_not_taken() {
    watched(|edited| async move {
        edited.write("a.lua", "stream:write('old')");
        edited.run("a.lua").await;
        // Opened and cut, as an editor does; what is there so far compiles.
        let mut file = fs::File::create(edited.folder.join("a.lua")).unwrap();
        file.write_all(b"stream:write('half')\n").unwrap();
        file.sync_all().unwrap();
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(500) {
            assert_eq!(edited.run("a.lua").await, "old");
        }
        file.write_all(b"stream:write(' and whole')\n").unwrap();
        drop(file);
        edited.until("a.lua", "half and whole").await;
    });
}

#[test]
fn the_first_run_waits_for_a_script_that_is_being_written() {
    watched(|edited| async move {
        edited.write("other.lua", "stream:write('other')");
        edited.run("other.lua").await;
        edited
            .listed("the folder is watched", |list| {
                current(list, "other.lua").is_some_and(|info| info.watched)
            })
            .await;
        let mut file = fs::File::create(edited.folder.join("a.lua")).unwrap();
        file.write_all(b"stream:write('half')\n").unwrap();
        let writing = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            file.write_all(b"stream:write(' and whole')\n").unwrap();
            drop(file);
        };
        let (said, ()) = tokio::join!(edited.run("a.lua"), writing);
        assert_eq!(said, "half and whole");
    });
}

#[test]
fn a_storm_of_renames_ends_with_the_last_file() {
    watched(|edited| async move {
        edited.write("a.lua", "stream:write('0')");
        edited.run("a.lua").await;
        for number in 1..=500 {
            edited.write("a.lua.new", &format!("stream:write('{number}')"));
            fs::rename(edited.folder.join("a.lua.new"), edited.folder.join("a.lua")).unwrap();
        }
        edited.until("a.lua", "500").await;
    });
}

#[test]
fn a_deleted_script_does_not_start_and_comes_back() {
    each(|edited| async move {
        edited.write("a.lua", "stream:write('one')");
        edited.run("a.lua").await;
        fs::remove_file(edited.folder.join("a.lua")).unwrap();
        edited.until("a.lua", "-ERR Cannot execute script\n").await;
        let said = edited.server.command("luarun a.lua").await;
        let path = edited.folder.join("a.lua");
        assert_eq!(
            said,
            format!("-ERR cannot open {}: No such file or directory\n", path.display())
        );
        edited.write("a.lua", "stream:write('two')");
        edited.until("a.lua", "two").await;
    });
}

#[test]
fn a_link_that_is_turned_leads_to_the_new_release() {
    each(|edited| async move {
        let link = |release: &str| {
            symlink(release, edited.folder.join("new")).unwrap();
            fs::rename(edited.folder.join("new"), edited.folder.join("current")).unwrap();
        };
        for release in ["41", "42"] {
            edited.write(&format!("{release}/lib.lua"), &format!("return {release}"));
            edited.write(
                &format!("{release}/a.lua"),
                "package.path = freeswitch.getGlobalVariable('script_dir') .. '/current/?.lua' \
                 stream:write((require('lib')))",
            );
        }
        link("41");
        assert_eq!(edited.run("current/a.lua").await, "41");
        assert_eq!(edited.run("current/a.lua").await, "41");
        link("42");
        edited.until("current/a.lua", "42").await;
    });
}

#[test]
fn a_module_outside_of_the_granted_folders_is_not_found() {
    watched(|edited| async move {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.lua"), "return 'secret'").unwrap();
        symlink(outside.path().join("secret.lua"), edited.folder.join("secret.lua")).unwrap();
        edited.write(
            "a.lua",
            &format!(
                "package.path = package.path .. ';{0}/?.lua;' .. '{1}/../..{0}/?.lua' \
                 stream:write(tostring(pcall(require, 'secret')))",
                outside.path().display(),
                edited.folder.display()
            ),
        );
        assert_eq!(edited.run("a.lua").await, "false");
    });
}

#[test]
fn reload_looks_at_every_script() {
    block_on(async {
        let edited = Edited::start(LuaVersion::V54, false).await;
        for name in ["a.lua", "b.lua", "c.lua"] {
            edited.write(name, "stream:write('one')");
            edited.run(name).await;
        }
        edited.write("a.lua", "stream:write('two')");
        edited.write("b.lua", "local = 1");
        let reloaded = edited.server.scripts.versions().reload().await;
        assert_eq!((reloaded.scripts, reloaded.changed, reloaded.faults.len()), (3, 1, 1));
        assert!(reloaded.faults[0].message.contains("b.lua:1: "), "{:?}", reloaded.faults);
        assert_eq!(edited.run("a.lua").await, "two");
        assert_eq!(edited.run("b.lua").await, "one");
    });
}
