//! What a run costs: start to answer to end, a kill, both among guests that spin, a host call's report,
//! what waiting runs keep.
//!
//! `cargo run --release -p ringfence-sandbox --example start [runs [waiting]]`
//!
//! The guest has a page of memory and does nothing: the figures are what the sandbox itself adds to
//! an interpreter's. The bench of the repository measures scripts.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example on the command line")]

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringfence_sandbox::wasmtime::Store;
use ringfence_sandbox::wasmtime::component::{Instance, Linker};
use ringfence_sandbox::{Calling, Config, Guest, JobHandle, Profile, Run, Sandbox, State};

const GUEST: &str = r#"(component
    (import "example:host/calls" (instance $host (export "wait" (func))))
    (core module $m
        (import "host" "wait" (func $wait))
        (memory 1)
        (func (export "answer") (result i32) i32.const 7)
        (func (export "wait") (result i32) call $wait i32.const 7)
        (func (export "spin") (result i32) (loop $l br $l) unreachable))
    (core func $wait (canon lower (func $host "wait")))
    (core instance $i (instantiate $m (with "host" (instance (export "wait" (func $wait))))))
    (func (export "answer") (result u32) (canon lift (core func $i "answer")))
    (func (export "wait") (result u32) (canon lift (core func $i "wait")))
    (func (export "spin") (result u32) (canon lift (core func $i "spin"))))"#;
/// How often a host call's report is repeated.
const REPORTS: u32 = 1_000_000;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().unwrap());
    let runs = arguments.next().unwrap_or(5_000);
    let waiting = arguments.next().unwrap_or(1_000);

    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path().join("cache"));
    config.instances = config.instances.max(u32::try_from(waiting).unwrap());
    for warning in ringfence_sandbox::environment(&config) {
        println!("{warning}");
    }
    let sandbox = Sandbox::new(config).unwrap();
    let wasm = wat::parse_str(GUEST).unwrap();
    let guest = sandbox.load("example", &wasm, link, None).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&sandbox, &guest, runs, waiting));
    let (before, mapped, began) = (resident(), mappings(), Instant::now());
    assert!(sandbox.release(), "all were killed");
    drop(guest);
    println!(
        "slots given back in {:?}: {:.0} kB and {} memory mappings less",
        began.elapsed(),
        before - resident(),
        mapped - mappings()
    );
}

async fn measure(sandbox: &Sandbox, guest: &Guest<()>, runs: usize, waiting: usize) {
    let profile = Arc::new(Profile::new("example"));
    let mut times = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        start(sandbox, guest, &profile, "answer").await.wait().await.result.unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    println!(
        "{runs} runs, start to answer to end: median {:?}, p99 {:?}",
        at(&times, 50),
        at(&times, 99)
    );

    for export in ["wait", "spin"] {
        let mut times = Vec::new();
        for _ in 0..200 {
            let mut job = start(sandbox, guest, &profile, export).await;
            tokio::time::sleep(Duration::from_millis(3)).await;
            let began = Instant::now();
            job.kill("measured");
            job.wait().await;
            times.push(began.elapsed());
        }
        times.sort();
        let (median, p99) = (at(&times, 50), at(&times, 99));
        println!("kill to gone, {export}: median {median:?}, p99 {p99:?}");
    }

    for spinning in [4, 64, 400] {
        among(sandbox, guest, &profile, spinning).await;
    }

    let mut waits = start(sandbox, guest, &profile, "wait").await;
    let job = Arc::clone(waits.job());
    let each = |what: &str, report: &dyn Fn(u32)| {
        let began = Instant::now();
        (0..REPORTS).for_each(report);
        println!("Job::{what}: {:.1} ns", began.elapsed().as_nanos() as f64 / f64::from(REPORTS));
    };
    each("at", &|line| job.at(0, line));
    each("count", &|_| job.count());
    each("enter", &|_| drop(job.enter("example.report")));
    waits.kill("measured");
    waits.wait().await;

    // What the second round keeps beyond the first would be a leak.
    for _ in 0..2 {
        sleeping(sandbox, guest, &profile, waiting).await;
    }
}

/// What guests keep that wait, and what stays when they have ended.
async fn sleeping(sandbox: &Sandbox, guest: &Guest<()>, profile: &Arc<Profile>, waiting: usize) {
    let (before, mapped) = (resident(), mappings());
    let mut jobs = Vec::new();
    for _ in 0..waiting {
        jobs.push(start(sandbox, guest, profile, "wait").await);
    }
    while jobs.iter().any(|job| job.job().cost().host_calls == 0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let during = resident();
    println!(
        "{waiting} waiting: {:.1} kB and {:.1} memory mappings each",
        (during - before) / waiting as f64,
        (mappings() - mapped) as f64 / waiting as f64
    );
    let began = Instant::now();
    sandbox.kill_all("measured");
    sandbox.idle().await;
    let took = began.elapsed();
    drop(jobs);
    println!(
        "all killed in {took:?}; {:.0} kB and {} memory mappings more than before",
        resident() - before,
        mappings() - mapped
    );
}

/// How others fare while guests spin: kills, starts, and the spinning ones among each other.
async fn among(sandbox: &Sandbox, guest: &Guest<()>, profile: &Arc<Profile>, spinning: usize) {
    let mut jobs = Vec::new();
    for _ in 0..spinning {
        jobs.push(start(sandbox, guest, profile, "spin").await);
    }
    while jobs.iter().any(|job| job.job().cost().cpu.is_zero()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for export in ["wait", "spin", "answer"] {
        let mut times = Vec::new();
        for turn in 0..100 {
            let mut job = start(sandbox, guest, profile, export).await;
            if export != "answer" {
                tokio::time::sleep(Duration::from_millis(20 + turn % 7)).await;
            }
            let began = Instant::now();
            if export != "answer" {
                job.kill("measured");
            }
            job.wait().await;
            times.push(began.elapsed());
        }
        times.sort();
        let what = if export == "answer" { "start to end" } else { "kill to gone" };
        println!(
            "{spinning} spinning; {what}, {export}: median {:?}, p99 {:?}",
            at(&times, 50),
            at(&times, 99)
        );
    }
    let mut shares: Vec<_> = jobs.iter().map(|job| job.job().cost().cpu).collect();
    shares.sort();
    let (least, most) = (at(&shares, 0), at(&shares, 100));
    let began = Instant::now();
    sandbox.kill_all("measured");
    sandbox.idle().await;
    println!(
        "{spinning} spinning; processor time of each: {least:?} to {most:?}; all killed in {:?}",
        began.elapsed()
    );
}

async fn start(
    sandbox: &Sandbox,
    guest: &Guest<()>,
    profile: &Arc<Profile>,
    export: &'static str,
) -> JobHandle<(), u32> {
    let run = Run::new("example", Arc::clone(profile), ());
    sandbox.start(guest, run, move |store, instance| call(store, instance, export)).await.unwrap()
}

fn call<'a>(
    store: &'a mut Store<State<()>>,
    instance: Instance,
    export: &'static str,
) -> Calling<'a, u32> {
    Box::pin(async move {
        let export = instance.get_typed_func::<(), (u32,)>(&mut *store, export)?;
        Ok(export.call_async(store, ()).await?.0)
    })
}

fn link(linker: &mut Linker<State<()>>) -> ringfence_sandbox::wasmtime::Result<()> {
    linker.instance("example:host/calls")?.func_wrap_async("wait", |store, (): ()| {
        let job = Arc::clone(store.data().job());
        Box::new(async move {
            let _waiting = job.enter("example.wait");
            std::future::pending::<()>().await;
            Ok(())
        })
    })
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

/// Memory mappings of this process.
fn mappings() -> i64 {
    fs::read_to_string("/proc/self/maps").unwrap().lines().count().try_into().unwrap()
}

/// Resident memory of this process, in kB.
fn resident() -> f64 {
    let all = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = all.lines().find(|line| line.starts_with("Rss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
