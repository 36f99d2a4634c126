//! `ringfence`: a call server whose call scripts are WebAssembly guests.
//!
//! One file a command: [`serve`] is the server, [`call`] a phone, [`run`] both of them offline,
//! [`check`] reads the configuration and all scripts, [`console`] has the console and top of a running
//! server, [`stubs`] is for editors, [`help`] and `--version` explain. What they
//! share: [`arguments`] (what the command line takes), [`exit`] (what it answers), [`log`] and
//! [`place`] (where the configuration is). [`system`] and [`signals`] are the operating system's
//! side of `serve`.

mod arguments;
mod call;
mod check;
mod console;
mod exit;
mod help;
mod log;
mod parts;
mod place;
mod print;
mod run;
mod serve;
mod signals;
mod stubs;
mod system;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};

// Thousands of short calls a second allocate on many threads: glibc's malloc keeps an arena for
// each, which never shrinks. mimalloc frees across threads and gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    without_backtraces();
    let arguments = Arguments::parse();
    let exit = match arguments.command {
        Command::Call(arguments) => call::run(arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Console(arguments) => console::run(arguments),
        Command::Help(arguments) => help::run(&arguments),
        Command::Run(arguments) => run::run(arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Stubs(arguments) => stubs::run(&arguments),
        Command::Top(arguments) => console::top(arguments),
    };
    exit.into()
}

/// Turns off backtraces in errors, unless the operator asks for them.
///
/// wasmtime takes a backtrace for every trap and every error that passes through it; with
/// `RUST_BACKTRACE=1` in the environment, as many machines have it, a failed script costs
/// milliseconds. A panic still shows its backtrace.
#[expect(unsafe_code, reason = "the environment is changed before there is a second thread")]
fn without_backtraces() {
    if std::env::var_os("RUST_LIB_BACKTRACE").is_none() {
        // SAFETY: this is the first thing that main does; no other thread reads the environment.
        unsafe { std::env::set_var("RUST_LIB_BACKTRACE", "0") };
    }
}
