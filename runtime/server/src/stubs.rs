//! `ringfence stubs`: what editors need to complete and check scripts.

use std::fs;
use std::path::Path;

use ringfence_lua_api::stubs;

use crate::arguments;
use crate::exit::Exit;
use crate::print;

/// Writes `library/freeswitch.lua`, and `.luarc.json` unless there is one.
pub(crate) fn run(arguments: &arguments::Stubs) -> Exit {
    match write(&arguments.folder) {
        Ok(written) => {
            for line in written {
                print::line(&line);
            }
            Exit::Ok
        }
        Err(why) => {
            print::error(format_args!("{why}"));
            Exit::Failed
        }
    }
}

fn write(folder: &Path) -> Result<Vec<String>, String> {
    let library = folder.join("library");
    let told = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(&library).map_err(|error| told(&library, error))?;
    let definitions = library.join("freeswitch.lua");
    fs::write(&definitions, stubs::definitions()).map_err(|error| told(&definitions, error))?;
    let mut written = vec![format!("wrote {}", definitions.display())];
    let settings = folder.join(".luarc.json");
    if settings.exists() {
        // It is the operator's; what it needs is one line.
        written.push(format!(
            "{} is there already; it needs \"workspace.library\": [\"library\"]",
            settings.display()
        ));
    } else {
        let version = ringfence_host::LuaVersion::default().to_string();
        fs::write(&settings, stubs::settings(&version)).map_err(|error| told(&settings, error))?;
        written.push(format!("wrote {}", settings.display()));
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_operator_stay() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(write(folder.path()).unwrap().len(), 2);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(read("library/freeswitch.lua").starts_with("---@meta"));
        assert!(read(".luarc.json").contains("Lua 5.4"));
        fs::write(folder.path().join(".luarc.json"), "{}").unwrap();
        assert!(write(folder.path()).unwrap()[1].contains("is there already"));
        assert_eq!(read(".luarc.json"), "{}");
        assert!(
            write(Path::new("/proc/nosuch")).unwrap_err().starts_with("/proc/nosuch/library: ")
        );
    }
}
