//! Guests that mean harm, one file a case, while twenty calls exchange audio.
//!
//! A case is a script (`lua/*.lua`) or a component in the text format (`component/*.wat`). Comments at
//! its head say what it tries, then how it is run and how it must end (`case.rs` has the list). Each
//! runs under a profile of its own, in a call of its own, several at the same time.
//!
//! Judged are not only the ends. While all of this happens the other calls lose no packet and wait
//! for none longer than they do undisturbed (`calls.rs`); afterwards no guest is left, no handle and
//! no memory, and the server has said nothing of a fault of its own.
//!
//! * A part of them: `HOSTILE=string cargo test -p ringfence-tests --test hostile` runs the cases
//!   with `string` in their names.
//! * `batch.rs` dials a few cases and waits for their ends, `component.rs` makes components of cases,
//!   `traps.rs` puts files where scripts must not get, `process.rs` looks at what the server holds.

mod batch;
mod calls;
mod case;
mod component;
mod process;
mod traps;

use ringfence_tests::Server;

use calls::Calls;
use case::{Case, Run};

/// Cases that run at the same time: more than processors, so that they also harm each other if they
/// can.
const TOGETHER: usize = 12;

/// Of the runs, those that run a second time: one in so many.
const AGAIN: usize = 4;

/// How much more memory the server may have after the second time: buffers of its allocator. These
/// runs are granted more than a GiB.
const KEPT_KIB: u64 = 48 << 10;

#[test]
fn hostile_guests_harm_nobody_else() {
    let wanted = std::env::var("HOSTILE").unwrap_or_default();
    let cases = case::all();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    let runs: Vec<_> = Case::runs(&cases).filter(|run| run.id.contains(&wanted)).collect();
    assert!(!runs.is_empty(), "no case has {wanted:?} in its name");

    let traps = traps::Traps::new();
    let mut server = batch::serve(&cases, &traps);
    let mut faults = Vec::new();
    let calls = Calls::start(&server);
    calls.baseline();
    faults.extend(play(&mut server, &calls, &runs));
    // Components are compiled and folders opened once, and warm slots keep a MiB each. What is used
    // a second time must come back whole.
    let before = process::Held::of(&server);
    let again: Vec<_> = runs.into_iter().step_by(AGAIN).collect();
    faults.extend(play(&mut server, &calls, &again));
    faults.extend(calls.faults());
    faults.extend(process::left(&server, &before, KEPT_KIB));
    faults.extend(calls.end());
    faults.extend(traps.sprung(&server));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    server.assert_serves();
}

/// Runs these, a batch after the other, until none of them is left.
fn play(server: &mut Server, calls: &Calls, runs: &[Run<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    for batch in runs.chunks(TOGETHER) {
        if server.has_ended() {
            return faults;
        }
        calls.note(batch.iter().map(|run| run.id.as_str()));
        faults.extend(batch::run(server, batch));
    }
    process::settle(server);
    faults
}
