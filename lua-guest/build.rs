//! Builds what clang's lowering of setjmp/longjmp needs at link time and rustup's libc has not, and
//! tells the linker how to optimise Lua's C code, which comes as bitcode (build.sh).

use std::{env, error::Error, fs, process::Command};

/// How bitcode becomes WebAssembly: with errors as exceptions, as clang was told by lua-src (and it
/// told the linker's code generator nothing), and
///
/// * functions inlined that are more than twice as large as usual. Each call saved saves the check
///   for a tick at a function's entry too;
/// * jump tables only where a third of the entries differ. Otherwise each test of a value's type in
///   the interpreter's loop becomes an indirect jump.
///
/// Together they take an eighth off the time of the programs in bench/lua.
const CODE: [&str; 6] = [
    "-wasm-enable-eh",
    "-wasm-use-legacy-eh=false",
    "-wasm-enable-sjlj",
    "-exception-model=wasm",
    "-inline-threshold=500",
    "-jump-table-density=30",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=c");
    println!("cargo:rerun-if-changed=../wit");
    if env::var("CARGO_CFG_TARGET_OS")? != "wasi" {
        return Ok(()); // `cargo check` for the host checks the Rust code only
    }
    let out = env::var("OUT_DIR")?;
    // Not by `cc`, which would make bitcode of it: what the code generator calls must be an object.
    let longjmp = format!("{out}/longjmp.o");
    let mut clang = Command::new(cc::Build::new().get_compiler().path());
    clang.args(["--target=wasm32-wasip2", "-ffreestanding", "-O2", "-mexception-handling"]);
    clang.args(CODE.iter().take(3).flat_map(|flag| ["-mllvm", flag]));
    clang.args(["-c", "c/longjmp.c", "-o", &longjmp]);
    if !clang.status()?.success() {
        return Err(format!("{clang:?} failed").into());
    }
    cc::Build::new()
        .cargo_metadata(false)
        .warnings(false)
        .flag("-mexception-handling")
        .file("c/longjmp_tag.s")
        .object(longjmp)
        .compile("setjmp"); // mlua-sys asks the linker for this name
    // lua-src links it for the signal handling of the stand-alone interpreter, which is not built.
    fs::write(format!("{out}/libwasi-emulated-signal.a"), b"!<arch>\n")?;
    println!("cargo:rustc-link-search=native={out}");
    for flag in CODE {
        println!("cargo:rustc-cdylib-link-arg=--mllvm={flag}");
    }
    Ok(())
}
