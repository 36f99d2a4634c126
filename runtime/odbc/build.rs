//! Looks whether unixODBC is there to link with. Without it the program is built, too, and says what
//! it lacks when it is run: who needs no ODBC needs no unixODBC either.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(unixodbc)");
    println!("cargo::rerun-if-changed=build.rs");
    // The linker's own search: it prints the bare name when there is none.
    let asked = Command::new("cc").arg("-print-file-name=libodbc.so").output();
    let found = asked.map(|asked| String::from_utf8_lossy(&asked.stdout).trim().to_owned());
    let found = found.unwrap_or_default();
    if Path::new(&found).is_absolute() {
        println!("cargo::rerun-if-changed={found}");
        println!("cargo::rustc-cfg=unixodbc");
    } else {
        // A file that is missing makes cargo ask again at the next build.
        println!("cargo::rerun-if-changed=/usr/include/sql.h");
    }
}
