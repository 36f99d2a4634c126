//! Modules are unloaded, loaded and listed as in FreeSWITCH.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use ringfence_switch::command::Command;
use ringfence_switch::config::Configuration;
use ringfence_switch::event::{EventName, Filter};
use ringfence_switch::{Lifecycle, Module};
use tokio::sync::Semaphore;

use crate::rig::Rig;

/// Notes what it is told; unloading waits for a permit.
struct Noted {
    told: Mutex<Vec<String>>,
    configured: AtomicUsize,
    drained: Semaphore,
}

impl Noted {
    fn register(rig: &Rig) -> Arc<Self> {
        let noted = Arc::new(Self {
            told: Mutex::default(),
            configured: AtomicUsize::new(0),
            drained: Semaphore::new(1),
        });
        let hello = Command::new("hello", "", "Says hello", "", async |_, _| "hello\n".to_owned());
        rig.switch.register(Module {
            name: "mod_test",
            commands: vec![hello],
            lifecycle: Some(noted.clone()),
            ..Module::default()
        });
        noted
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock())
    }
}

impl Lifecycle for Noted {
    fn load(&self) -> BoxFuture<'_, Result<(), String>> {
        self.told.lock().push("load".to_owned());
        async { Ok(()) }.boxed()
    }

    fn unload(&self, force: bool) -> BoxFuture<'_, Result<(), String>> {
        async move {
            self.drained.acquire().await.map_err(|error| error.to_string())?.forget();
            self.told.lock().push(format!("unload {force}"));
            Ok(())
        }
        .boxed()
    }

    fn reload(&self) -> BoxFuture<'_, Result<Vec<String>, String>> {
        self.told.lock().push("reload".to_owned());
        async { Ok(vec!["-ERR a.lua:3: no Lua".to_owned()]) }.boxed()
    }

    fn configure(&self, _: &Configuration) {
        self.configured.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_module_is_unloaded_and_loaded() {
    let rig = Rig::new(&[]);
    let noted = Noted::register(&rig);
    let filter = Filter::none().with(EventName::ModuleLoad).with(EventName::ModuleUnload);
    let mut events = rig.switch.events().subscribe(filter, 10);

    assert_eq!(rig.api("module_exists mod_test").await, "true");
    assert!(
        rig.api("show modules mod_test")
            .await
            .starts_with("type,name,ikey,filename\napi,hello,mod_test,/")
    );
    assert_eq!(rig.api("unload mod_test").await, "+OK\n");
    assert_eq!(noted.told(), ["unload false"]);
    let event = events.next().await.event;
    assert_eq!(event.name(), EventName::ModuleUnload);
    for (header, value) in [("type", "api"), ("name", "hello"), ("key", "mod_test")] {
        assert_eq!(event.header(header).as_deref(), Some(value));
    }

    assert_eq!(rig.api("module_exists mod_test").await, "false");
    assert_eq!(rig.api("show modules mod_test").await, "\n0 total.\n");
    assert!(!rig.api("help").await.contains("hello"));
    assert_eq!(rig.api("unload mod_test").await, "-ERR [No such module!]\n");
    assert_eq!(noted.told(), [""; 0]);

    assert!(rig.api("load mod_test").await.ends_with("\n+OK\n"));
    assert_eq!(noted.told(), ["load"]);
    assert_eq!(events.next().await.event.name(), EventName::ModuleLoad);
    assert_eq!(rig.api("module_exists mod_test").await, "true");
    assert!(rig.api("load mod_test").await.ends_with("-ERR [Module already loaded]\n"));
}

#[tokio::test(start_paused = true)]
async fn a_module_is_reloaded_where_it_stands() {
    let rig = Rig::new(&[]);
    let noted = Noted::register(&rig);
    let answer = rig.api("reload mod_test").await;
    assert!(answer.ends_with("+OK module reloaded\n-ERR a.lua:3: no Lua\n"), "{answer}");
    assert_eq!(noted.told(), ["reload"]);
    let answer = rig.api("reload -f mod_test").await;
    assert!(answer.ends_with("+OK module unloaded\n+OK module loaded\n"), "{answer}");
    assert_eq!(noted.told(), ["unload true", "load"]);
}

#[tokio::test(start_paused = true)]
async fn one_change_at_a_time_and_to_its_end() {
    let rig = Rig::new(&[]);
    let noted = Noted::register(&rig);
    noted.drained.acquire().await.expect("it is never closed").forget();
    // Who asked goes; the unloading does not.
    let switch = rig.switch.clone();
    assert!(switch.unload_module("mod_test", false).now_or_never().is_none());
    let load = tokio::spawn(async move { switch.load_module("mod_test").await });
    tokio::task::yield_now().await;
    assert_eq!(noted.told(), [""; 0]);
    noted.drained.add_permits(1);
    assert_eq!(load.await.expect("no panic"), Ok(()));
    assert_eq!(noted.told(), ["unload false", "load"]);
}

#[tokio::test(start_paused = true)]
async fn parts_of_the_server_stay() {
    let rig = Rig::new(&[]);
    for name in ["mod_sofia", "mod_commands", "mod_dptools", "mod_loopback", "CORE_PCM_MODULE"] {
        assert_eq!(rig.api(&format!("module_exists {name}")).await, "true", "{name}");
        assert_eq!(
            rig.api(&format!("unload -f {name}")).await,
            "-ERR [Module is not unloadable]\n"
        );
    }
    assert!(rig.api("reload mod_sofia").await.ends_with(
        "-ERR unloading module [Module is not unloadable]\n-ERR loading module [Module already loaded]\n"
    ));
    assert_eq!(rig.api("module_exists mod_nosuch").await, "false");
    assert_eq!(rig.api("module_exists").await, "-ERR no reply\n");
    assert_eq!(rig.api("unload mod_nosuch").await, "-ERR [No such module!]\n");
    assert_eq!(rig.api("load").await, "-USAGE: <mod_name>\n");
    assert_eq!(rig.api("reload").await, "-USAGE: [-f] <mod_name>\n");
    assert_eq!(rig.api("unload -f").await, "-USAGE: [-f] <mod_name>\n");
    assert_eq!(rig.api("show modules count").await, "\n0 total.\n");
    let codecs = "type,name,ikey\ncodec,G.711 alaw,CORE_PCM_MODULE\n\
                  codec,G.711 ulaw,CORE_PCM_MODULE\n\n2 total.\n";
    assert_eq!(rig.api("show codec").await, codecs);
    assert!(rig.api("show modules").await.contains("\ndialplan,XML,mod_dialplan_xml,/"));
}
