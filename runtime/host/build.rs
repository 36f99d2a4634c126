//! Finds the guests that the server carries.

use std::{env, error::Error, path::PathBuf};

const VERSIONS: [&str; 4] = ["5.1", "5.2", "5.3", "5.4"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=RINGFENCE_GUESTS");
    let folder = match env::var_os("RINGFENCE_GUESTS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../target/guests"),
    };
    for version in VERSIONS {
        let file = folder.join(format!("lua-{version}.wasm"));
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.is_file() {
            return Err(format!(
                "there is no guest {}: build it with `make guests`, or name the folder in \
                 RINGFENCE_GUESTS",
                file.display()
            )
            .into());
        }
        let file = file.canonicalize()?;
        let name = format!("LUA_{}", version.replace('.', "_"));
        println!("cargo::rustc-env={name}={}", file.display());
    }
    Ok(())
}
