//! A run from its start to its end, and everything that can end it from inside.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Lent, SEVEN, a_run, component, home, link, profile, run};
use ringfence_sandbox::{EndedBy, LoadError};

#[tokio::test]
async fn it_answers_and_gives_back_what_it_was_lent() {
    let home = home();
    let ended = home.outcome(SEVEN, profile()).await;
    assert_eq!(ended.result, Ok(7));
    assert_eq!(ended.host, Some(Lent("mine")));
    assert_eq!(home.sandbox.jobs().len(), 0);
    assert_eq!(home.sandbox.statistics().ended.get("returned"), Some(&1));
}

#[tokio::test]
async fn a_trap_tells_what_and_where() {
    let ended = home()
        .outcome(
            r#"(func $deep unreachable)
               (func (export "run") (result i32) call $deep i32.const 0)"#,
            profile(),
        )
        .await;
    let Err(EndedBy::Trap { message, backtrace }) = ended.result else {
        panic!("{:?}", ended.result)
    };
    assert!(message.contains("unreachable"), "{message}");
    assert!(backtrace.starts_with("deep"), "{backtrace}");
    assert_eq!(ended.host, Some(Lent("mine")));
}

#[tokio::test]
async fn a_host_function_ends_it_under_its_own_name() {
    let ended = home()
        .outcome(r#"(func (export "run") (result i32) call $end i32.const 0)"#, profile())
        .await;
    let why = ended.result.unwrap_err();
    assert_eq!(why.name(), "refused");
    assert_eq!(why.to_string(), "the profile does not allow it");
    assert_eq!(ended.host, Some(Lent("mine")));
}

#[tokio::test]
async fn a_panicking_host_function_ends_only_its_own_run() {
    let home = home();
    let mut other = home.start(common::WAIT, profile()).await;
    let ended = home
        .outcome(r#"(func (export "run") (result i32) call $panic i32.const 0)"#, profile())
        .await;
    assert_eq!(ended.result, Err(EndedBy::HostBug { message: "a bug in the host".into() }));
    assert_eq!(ended.host, Some(Lent("mine")));

    assert_eq!(home.outcome(SEVEN, profile()).await.result, Ok(7));
    assert_eq!(home.sandbox.jobs().len(), 1);
    other.kill("the test is over");
    assert_eq!(other.wait().await.result.unwrap_err().name(), "killed");
}

#[tokio::test]
async fn the_preparation_is_run_once_and_kept() {
    let home = home();
    let wasm = component(
        r#"(memory 1)
           (global $prepared (mut i32) (i32.const 0))
           (func (export "prepare")
               (global.set $prepared (i32.add (global.get $prepared) (i32.const 40)))
               (i32.store (i32.const 8) (i32.const 2)))
           (func (export "run") (result i32)
               (i32.add (global.get $prepared) (i32.load (i32.const 8))))"#,
        true,
    );
    let guest = home.sandbox.load("test", &wasm, link, Some("prepare")).unwrap();
    for _ in 0..2 {
        let mut job = home.sandbox.start(&guest, a_run(profile()), run).await.unwrap();
        assert_eq!(job.wait().await.result, Ok(42));
    }
}

#[tokio::test]
async fn a_preparation_that_calls_the_host_is_refused() {
    let home = home();
    let wasm = component(
        r#"(func (export "prepare") call $wait)
           (func (export "run") (result i32) i32.const 0)"#,
        true,
    );
    let refused = home.sandbox.load::<Lent>("test", &wasm, link, Some("prepare")).unwrap_err();
    let LoadError::Snapshot { function, why, .. } = &refused else { panic!("{refused}") };
    assert_eq!(function, "prepare");
    assert!(why.contains("test:host/calls wait"), "{why}");
}

#[tokio::test]
async fn what_is_no_guest_is_refused_with_a_reason() {
    let home = home();
    let load = |wasm: &[u8]| home.sandbox.load::<Lent>("test", wasm, |_| Ok(()), None);

    let text = load(b"print('hello')").unwrap_err();
    assert!(text.to_string().contains("not a WebAssembly component"), "{text}");

    let module = load(&wat::parse_str("(module)").unwrap()).unwrap_err();
    assert!(module.to_string().contains("core module"), "{module}");

    let mut broken = component(SEVEN, false);
    broken.truncate(broken.len() / 2);
    assert!(matches!(load(&broken).unwrap_err(), LoadError::NotAComponent { .. }));

    let unknown = load(&component(SEVEN, false)).unwrap_err();
    assert!(unknown.to_string().contains("test:host/calls"), "{unknown}");
}
