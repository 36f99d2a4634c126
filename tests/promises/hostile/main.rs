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

use calls::Calls;
use case::Case;

/// Cases that run at the same time: more than processors, so that they also harm each other if they
/// can.
const TOGETHER: usize = 12;

/// Memory that may stay with the server: the pages of the warm slots, buffers of the allocator, and
/// log lines on their way. A case that leaked what it was granted would show as 16 MiB and more.
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
    // Fills pools and caches, so that what stays afterwards is what leaks.
    let warm_up = Case::runs(&cases).step_by(runs.len().div_ceil(TOGETHER)).collect::<Vec<_>>();
    let mut faults = batch::run(&server, &warm_up);
    faults.clear();

    let calls = Calls::start(&server);
    calls.baseline();
    let before = process::Held::of(&server);
    for batch in runs.chunks(TOGETHER) {
        calls.note(batch.iter().map(|run| run.id.as_str()));
        faults.extend(batch::run(&server, batch));
        if server.has_ended() {
            break;
        }
    }
    faults.extend(calls.faults());
    faults.extend(process::left(&server, &before, KEPT_KIB));
    faults.extend(calls.end());
    faults.extend(traps.sprung(&server));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    server.assert_serves();
}
