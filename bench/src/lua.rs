//! Programs of bench/lua in the sandbox and in Debian's interpreters.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

/// Each program runs this often in each interpreter, in turn; the quickest run counts, as what a
/// busy machine disturbed least.
const ROUNDS: u32 = 5;
/// Debian's interpreter that the others are compared with: FreeSWITCH on Debian is built with it.
const REFERENCE: usize = 0;

/// An interpreter: its name in the table, and the command that runs a program.
struct Interpreter {
    name: &'static str,
    command: fn() -> Command,
}

const INTERPRETERS: [Interpreter; 4] = [
    Interpreter { name: "Debian's lua5.2", command: || Command::new("lua5.2") },
    Interpreter { name: "Debian's lua5.4", command: || Command::new("lua5.4") },
    Interpreter { name: "Ringfence 5.4", command: || ringfence("5.4") },
    Interpreter { name: "Ringfence 5.2", command: || ringfence("5.2") },
];

pub(crate) fn run() {
    println!("## Lua\n");
    println!("User CPU time in ms, the best of {ROUNDS} runs, less that of an empty program.\n");
    let programs = programs();
    // Compiles the guests, when this machine has not yet, and tells what starting takes.
    let empty = tempfile::Builder::new().suffix(".lua").tempfile().expect("a file");
    let starts = INTERPRETERS.each_ref().map(|interpreter| {
        interpreter.run(empty.path());
        (0..ROUNDS).map(|_| interpreter.run(empty.path()).0).min().expect("a round")
    });

    let names = INTERPRETERS.map(|interpreter| interpreter.name);
    println!("| program | {} |", names.join(" | "));
    println!("|---|{}", "---:|".repeat(names.len()));
    let mut logarithms = [0.0; INTERPRETERS.len()];
    for program in &programs {
        let times = best_of_each(program, &starts);
        let cells = times.map(|time| format!("{time:.0}"));
        let name = program.file_stem().expect("a name").to_string_lossy().replace('_', " ");
        println!("| {name} | {} |", cells.join(" | "));
        for (sum, time) in logarithms.iter_mut().zip(times) {
            *sum += (time / times[REFERENCE]).ln();
        }
    }
    let ratios = logarithms.map(|sum| format!("{:.2}", (sum / programs.len() as f64).exp()));
    println!("| geometric mean of the ratios | {} |\n", ratios.join(" | "));
}

/// Milliseconds of each interpreter; all of them must print the same.
fn best_of_each(program: &Path, starts: &[Duration; 4]) -> [f64; 4] {
    let mut best = [Duration::MAX; INTERPRETERS.len()];
    let mut printed: Option<String> = None;
    for _ in 0..ROUNDS {
        for (interpreter, best) in INTERPRETERS.iter().zip(&mut best) {
            let (time, output) = interpreter.run(program);
            *best = time.min(*best);
            let expected = printed.get_or_insert_with(|| output.clone());
            assert_eq!(*expected, output, "{} in {}", program.display(), interpreter.name);
        }
    }
    let mut times = [0.0; INTERPRETERS.len()];
    for ((time, best), start) in times.iter_mut().zip(best).zip(starts) {
        *time = best.saturating_sub(*start).as_secs_f64() * 1000.0;
    }
    times
}

impl Interpreter {
    /// Runs a program; answers its user time and the line that it printed.
    fn run(&self, program: &Path) -> (Duration, String) {
        let before = user_time();
        let output = (self.command)().arg(program).output();
        let output = output.unwrap_or_else(|error| {
            panic!("{}: {error}; `make setup` installs what is missing", self.name)
        });
        let text = String::from_utf8_lossy(&output.stdout);
        // `ringfence run` prints a transcript: the time, who, what.
        let printed = match text.split_once("script  prints ") {
            Some((_, rest)) => rest.lines().next().unwrap_or_default(),
            None => text.trim(),
        };
        (user_time() - before, printed.to_owned())
    }
}

/// The whole switch offline: a script finds there what it finds in a call.
fn ringfence(version: &str) -> Command {
    let mut command = Command::new(ringfence_tests::binary::path());
    command.args(["run", "--lua", version]);
    command
}

/// Of all children that have ended.
fn user_time() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("Linux tells it");
    let time = usage.user_time();
    Duration::new(
        time.tv_sec().try_into().expect("not negative"),
        u32::try_from(time.tv_usec()).expect("less than a second") * 1000,
    )
}

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lua");
    let entries = std::fs::read_dir(&folder).expect("the programs");
    let mut programs: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    programs.sort();
    programs
}
