//! Builds what clang's lowering of setjmp/longjmp needs at link time and rustup's libc has not.

use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=c");
    println!("cargo:rerun-if-changed=../wit");
    if env::var("CARGO_CFG_TARGET_OS")? != "wasi" {
        return Ok(()); // `cargo check` for the host checks the Rust code only
    }
    let out = env::var("OUT_DIR")?;
    cc::Build::new()
        .cargo_metadata(false)
        .warnings(false)
        .opt_level(2)
        .flag("-mexception-handling")
        .flags(["-mllvm", "-wasm-enable-eh", "-mllvm", "-wasm-use-legacy-eh=false"])
        .flags(["-mllvm", "-wasm-enable-sjlj"])
        .file("c/longjmp.c")
        .file("c/longjmp_tag.s")
        .compile("setjmp"); // mlua-sys asks the linker for this name
    // lua-src links it for the signal handling of the stand-alone interpreter, which is not built.
    fs::write(format!("{out}/libwasi-emulated-signal.a"), b"!<arch>\n")?;
    println!("cargo:rustc-link-search=native={out}");
    Ok(())
}
