//! What the sandbox's tests share: small guests, a host for them, waiting for a condition.
#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_sandbox::wasmtime::Store;
use ringfence_sandbox::wasmtime::component::{Instance, Linker};
use ringfence_sandbox::{
    Calling, Config, End, Ended, Guest, JobHandle, Owner, Profile, Run, Sandbox, State,
};

/// Long enough for any machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the tests lend to a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lent(pub(crate) &'static str);

/// A sandbox for few guests, with a cache folder of its own.
pub(crate) struct Home {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) fn config(folder: &tempfile::TempDir) -> Config {
    Config { workers: 2, instances: 200, ..Config::new(folder.path().join("cache")) }
}

pub(crate) fn home() -> Home {
    let folder = tempfile::tempdir().unwrap();
    Home { sandbox: Sandbox::new(config(&folder)).unwrap(), folder }
}

/// A component around a core module's text.
///
/// The module may use `$wait`, `$nap` (a second), `$panic`, `$end`, `$at`, `$count`, `$log`, must export `run` (no
/// parameter, an i32) and may export `prepare` (no parameter, no result) when `prepare` is set.
pub(crate) fn component(core: &str, prepare: bool) -> Vec<u8> {
    let prepare = if prepare {
        r#"(func (export "prepare") (canon lift (core func $i "prepare")))"#
    } else {
        ""
    };
    wat::parse_str(format!(
        r#"(component
            (import "test:host/calls" (instance $host
                (export "wait" (func))
                (export "nap" (func))
                (export "panic" (func))
                (export "end" (func))
                (export "at" (func (param "line" u32)))
                (export "count" (func))
                (export "log" (func (param "bytes" u32) (result u32)))))
            (core module $m
                (import "host" "wait" (func $wait))
                (import "host" "nap" (func $nap))
                (import "host" "panic" (func $panic))
                (import "host" "end" (func $end))
                (import "host" "at" (func $at (param i32)))
                (import "host" "count" (func $count))
                (import "host" "log" (func $log (param i32) (result i32)))
                {core})
            (core func $wait (canon lower (func $host "wait")))
            (core func $nap (canon lower (func $host "nap")))
            (core func $panic (canon lower (func $host "panic")))
            (core func $end (canon lower (func $host "end")))
            (core func $at (canon lower (func $host "at")))
            (core func $count (canon lower (func $host "count")))
            (core func $log (canon lower (func $host "log")))
            (core instance $i (instantiate $m (with "host" (instance
                (export "wait" (func $wait))
                (export "nap" (func $nap))
                (export "panic" (func $panic))
                (export "end" (func $end))
                (export "at" (func $at))
                (export "count" (func $count))
                (export "log" (func $log))))))
            (func (export "run") (result u32) (canon lift (core func $i "run")))
            {prepare})"#
    ))
    .unwrap()
}

/// Answers 7.
pub(crate) const SEVEN: &str = r#"(func (export "run") (result i32) i32.const 7)"#;
/// Never answers, and never rests.
pub(crate) const SPIN: &str = r#"(func (export "run") (result i32) (loop $l br $l) unreachable)"#;
/// Waits in a host call for ever.
pub(crate) const WAIT: &str = r#"(func (export "run") (result i32) call $wait i32.const 1)"#;

/// Binds the interface of [`component`].
pub(crate) fn link(linker: &mut Linker<State<Lent>>) -> ringfence_sandbox::wasmtime::Result<()> {
    let mut host = linker.instance("test:host/calls")?;
    host.func_wrap_async("wait", |store, (): ()| {
        let job = Arc::clone(store.data().job());
        Box::new(async move {
            let _waiting = job.enter("test.wait");
            std::future::pending::<()>().await;
            Ok(())
        })
    })?;
    host.func_wrap_async("nap", |store, (): ()| {
        let job = Arc::clone(store.data().job());
        Box::new(async move {
            let _waiting = job.enter("test.nap");
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(())
        })
    })?;
    host.func_wrap("panic", |_, (): ()| -> ringfence_sandbox::wasmtime::Result<()> {
        panic!("a bug in the host")
    })?;
    host.func_wrap("end", |_, (): ()| -> ringfence_sandbox::wasmtime::Result<()> {
        Err(End::new("refused", "the profile does not allow it").into())
    })?;
    host.func_wrap("at", |store, (line,): (u32,)| {
        let job = store.data().job();
        let source = job.register_source("test.lua");
        job.at(source, line);
        Ok(())
    })?;
    host.func_wrap("count", |store, (): ()| {
        store.data().job().count();
        Ok(())
    })?;
    host.func_wrap("log", |store, (bytes,): (u32,)| {
        Ok((u32::from(store.data().job().log(bytes as usize)),))
    })
}

/// Calls the export `run`.
pub(crate) fn run<T: Send>(store: &mut Store<State<T>>, instance: Instance) -> Calling<'_, u32> {
    Box::pin(async move {
        let run = instance.get_typed_func::<(), (u32,)>(&mut *store, "run")?;
        Ok(run.call_async(store, ()).await?.0)
    })
}

impl Home {
    pub(crate) fn load(&self, core: &str) -> Guest<Lent> {
        self.sandbox.load("test", &component(core, false), link, None).unwrap()
    }

    pub(crate) async fn start(&self, core: &str, profile: Profile) -> JobHandle<Lent, u32> {
        let guest = self.load(core);
        self.sandbox.start(&guest, a_run(profile), run).await.unwrap()
    }

    pub(crate) async fn outcome(&self, core: &str, profile: Profile) -> Ended<Lent, u32> {
        self.start(core, profile).await.wait().await
    }
}

pub(crate) fn a_run(profile: Profile) -> Run<Lent> {
    Run {
        owner: Owner::new("test", ""),
        call: Some("a-call".to_owned()),
        ..Run::new("test.lua", Arc::new(profile), Lent("mine"))
    }
}

pub(crate) fn profile() -> Profile {
    Profile::new("test")
}

/// A profile with a change.
pub(crate) fn with(change: impl FnOnce(&mut Profile)) -> Profile {
    let mut profile = profile();
    change(&mut profile);
    profile
}

/// Waits, in real time, until something is so.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
