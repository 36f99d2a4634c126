//! Every limit of a profile, hit.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::time::Duration;

use common::{Lent, SPIN, WAIT, a_run, config, home, link, run, with};
use ringfence_sandbox::{EndedBy, Sandbox};

/// Two memories in one component; the second module grows.
const TWO_MEMORIES: &str = r#"(component
    (core module $a (memory (export "memory") 2))
    (core module $b (memory 1)
        (func (export "run") (result i32) (memory.grow (i32.const 2))))
    (core instance (instantiate $a))
    (core instance $i (instantiate $b))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))"#;
/// A page of memory.
const PAGE: usize = 64 << 10;

#[tokio::test(start_paused = true)]
async fn wall_time_while_it_waits() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Handle::current();
    let sandbox = Sandbox::on(config(&folder), runtime).unwrap();
    let guest = sandbox.load("test", &common::component(WAIT, false), link, None).unwrap();
    let limit = Duration::from_secs(3600);
    let profile = with(|profile| profile.wall = Some(limit));
    let mut job = sandbox.start(&guest, a_run(profile), run).await.unwrap();
    let ended = job.wait().await;
    assert_eq!(ended.result, Err(EndedBy::WallLimit { limit }));
    assert_eq!(ended.host, Some(Lent("mine")));
    assert_eq!(ended.cost.wall.as_secs(), 3600);
}

#[tokio::test]
async fn wall_time_while_it_spins() {
    let limit = Duration::from_millis(30);
    let profile = with(|profile| profile.wall = Some(limit));
    let ended = home().outcome(SPIN, profile).await;
    assert_eq!(ended.result, Err(EndedBy::WallLimit { limit }));
    assert!(ended.cost.wall >= limit);
}

#[tokio::test]
async fn processor_time() {
    let limit = Duration::from_millis(20);
    let profile = with(|profile| profile.cpu = Some(limit));
    let ended = home().outcome(SPIN, profile).await;
    assert_eq!(ended.result, Err(EndedBy::CpuLimit { limit }));
    assert!(ended.cost.cpu >= limit);
    assert_eq!(ended.host, Some(Lent("mine")));
}

#[tokio::test]
async fn processor_time_in_a_start_function() {
    let limit = Duration::from_millis(20);
    let profile = with(|profile| profile.cpu = Some(limit));
    let core = r#"(func $forever (loop $l br $l)) (start $forever)
                  (func (export "run") (result i32) i32.const 0)"#;
    assert_eq!(home().outcome(core, profile).await.result, Err(EndedBy::CpuLimit { limit }));
}

#[tokio::test]
async fn memory_that_is_refused_can_be_handled() {
    let profile = with(|profile| profile.memory = 4 * PAGE);
    let core = r#"(memory 1)
        (func (export "run") (result i32)
            (drop (memory.grow (i32.const 3)))
            (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))"#;
    let ended = home().outcome(core, profile).await;
    assert_eq!(ended.result, Ok(1));
    assert_eq!(ended.cost.peak_memory, 4 * PAGE);
}

#[tokio::test]
async fn a_guest_that_cannot_go_on_without_memory() {
    let limit = 4 * PAGE;
    let profile = with(|profile| profile.memory = limit);
    let core = r#"(memory 1)
        (func (export "run") (result i32)
            (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            unreachable)"#;
    let ended = home().outcome(core, profile).await;
    assert_eq!(ended.result, Err(EndedBy::MemoryLimit { limit }));
    assert_eq!(ended.host, Some(Lent("mine")));
}

#[tokio::test]
async fn a_trap_after_memory_was_granted_again_is_a_trap() {
    let profile = with(|profile| profile.memory = 4 * PAGE);
    let core = r#"(memory 1)
        (func (export "run") (result i32)
            (drop (memory.grow (i32.const 9)))
            (drop (memory.grow (i32.const 1)))
            unreachable)"#;
    assert_eq!(home().outcome(core, profile).await.result.unwrap_err().name(), "trap");
}

#[tokio::test]
async fn a_memory_that_begins_too_large() {
    let limit = 4 * PAGE;
    let profile = with(|profile| profile.memory = limit);
    let core = r#"(memory 5) (func (export "run") (result i32) i32.const 0)"#;
    let ended = home().outcome(core, profile).await;
    assert_eq!(ended.result, Err(EndedBy::MemoryLimit { limit }));
}

#[tokio::test]
async fn all_memories_count_together() {
    let home = home();
    let wasm = wat::parse_str(TWO_MEMORIES).unwrap();
    let guest = home.sandbox.load("test", &wasm, |_| Ok(()), None).unwrap();
    for (memory, grown) in [(5 * PAGE, 1), (4 * PAGE, u32::MAX)] {
        let profile = with(|profile| profile.memory = memory);
        let mut job = home.sandbox.start(&guest, a_run(profile), run).await.unwrap();
        assert_eq!(job.wait().await.result, Ok(grown), "{memory}");
    }
}

#[tokio::test]
async fn tables() {
    let core = r#"(table 10 funcref)
        (func (export "run") (result i32)
            (i32.add (table.grow (ref.null func) (i32.const 5))
                     (table.grow (ref.null func) (i32.const 100))))"#;
    let ended = home().outcome(core, with(|profile| profile.table = 20)).await;
    assert_eq!(ended.result, Ok(9), "10 elements before the first growth, -1 for the second");
}

#[tokio::test]
async fn the_stack() {
    let home = home();
    let core = r#"(func $deep (export "run") (result i32) (i32.add (call $deep) (i32.const 1)))"#;
    let why = home.outcome(core, common::profile()).await.result.unwrap_err();
    assert_eq!(why, EndedBy::StackLimit { limit: ringfence_sandbox::STACK });
    assert_eq!(why.name(), "stack-limit");
}

#[tokio::test]
async fn the_stack_of_a_sandbox_that_allows_more() {
    let core = r#"(func $deep (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                (else (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1)))
                               (i32.const 1)))))
        (func (export "run") (result i32) (call $deep (i32.const 40000)))"#;
    let folder = tempfile::tempdir().unwrap();
    for (stack, fits) in [(256 << 10, false), (8 << 20, true)] {
        let config = ringfence_sandbox::Config { stack, instances: 2, ..config(&folder) };
        let home = common::Home {
            sandbox: Sandbox::new(config).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        let result = home.outcome(core, common::profile()).await.result;
        assert_eq!(result.is_ok(), fits, "{stack}: {result:?}");
    }
}
