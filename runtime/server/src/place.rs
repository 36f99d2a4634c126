//! Where the configuration is.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The file that makes a folder a configuration.
pub(crate) const ROOT: &str = "freeswitch.xml";
/// Looked for in this order when no folder is given.
const USUAL: [&str; 2] = ["conf", "/etc/ringfence"];

/// The configuration folder, as an absolute path: the one that is given, else the first usual one
/// that exists.
///
/// # Errors
///
/// Says which paths were tried and what to do.
pub(crate) fn configuration(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    match given {
        Some(folder) => checked(folder),
        None => match USUAL.iter().map(Path::new).find(|folder| folder.join(ROOT).is_file()) {
            Some(folder) => checked(folder),
            None => {
                let tried = USUAL.map(|folder| absolute(Path::new(folder)).display().to_string());
                bail!(
                    "no configuration: looked for {ROOT} in {}.\n\
                     Name its folder with --conf DIR (the one that comes with Ringfence is `conf` \
                     in the source tree).",
                    tried.join(" and ")
                )
            }
        },
    }
}

/// The configuration that a script belongs to: the nearest folder above it with a `freeswitch.xml`.
pub(crate) fn configuration_of(script: &Path) -> Option<PathBuf> {
    let script = absolute(script);
    script.ancestors().skip(1).find(|folder| folder.join(ROOT).is_file()).map(Path::to_path_buf)
}

fn checked(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = absolute(folder);
    if !path.is_dir() {
        bail!(
            "no configuration: {} does not exist or is no folder.\n\
             Name the folder that holds {ROOT} with --conf DIR.",
            path.display()
        );
    }
    if !path.join(ROOT).is_file() {
        bail!(
            "no configuration: {} is missing.\n\
             --conf names the folder that holds {ROOT}; the one that comes with Ringfence is \
             `conf` in the source tree.",
            path.join(ROOT).display()
        );
    }
    path.canonicalize().with_context(|| format!("cannot read {}", path.display()))
}

/// The path from the root; one that cannot be made so stays as it is.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_the_root_file_is_refused_with_its_path() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let error = configuration(Some(&here.join("nowhere"))).unwrap_err().to_string();
        assert!(error.contains("nowhere does not exist") && error.contains("--conf"), "{error}");
        let error = configuration(Some(here)).unwrap_err().to_string();
        assert!(error.contains("freeswitch.xml is missing"), "{error}");
    }

    #[test]
    fn the_shipped_configuration_is_found_from_a_script_of_it() {
        let conf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conf").canonicalize().unwrap();
        assert_eq!(configuration_of(&conf.join("scripts/ivr.lua")), Some(conf.clone()));
        assert_eq!(configuration_of(Path::new("/nowhere/at/all.lua")), None);
        assert_eq!(configuration(Some(&conf)).unwrap(), conf);
    }
}
