//! `ringfence stubs`: what editors need to complete and check scripts.

use std::fs;
use std::path::Path;

use ringfence_host::LuaVersion;
use ringfence_lua_api::stubs;
use ringfence_switch::config::Configuration;

use crate::arguments;
use crate::exit::Exit;
use crate::{place, print};

/// Writes `library/freeswitch.lua`, and `.luarc.json` unless there is one.
pub(crate) fn run(arguments: &arguments::Stubs) -> Exit {
    let written = version(arguments).and_then(|version| write(&arguments.folder, &version));
    match written {
        Ok(written) => {
            for line in written {
                print::line(&line);
            }
            Exit::Ok
        }
        Err(why) => {
            print::error(why);
            Exit::Failed
        }
    }
}

/// The version of Lua that scripts are for: as asked, else the default of the configuration that is
/// named, that is around the folder, or that `serve` takes.
fn version(arguments: &arguments::Stubs) -> anyhow::Result<String> {
    if let Some(version) = &arguments.lua {
        return Ok(version.parse::<LuaVersion>()?.to_string());
    }
    let folder = match &arguments.conf.conf {
        Some(named) => Some(place::configuration(Some(named))?),
        None => place::configuration_of(&arguments.folder.join("script"))
            .or_else(|| place::configuration(None).ok()),
    };
    // `ringfence check` tells what is wrong with it.
    let configuration = folder.and_then(|folder| Configuration::load(&folder).ok());
    Ok(match configuration {
        Some((configuration, _)) => configuration.lua.version.clone(),
        None => LuaVersion::default().to_string(),
    })
}

fn write(folder: &Path, version: &str) -> anyhow::Result<Vec<String>> {
    let library = folder.join("library");
    let told = |path: &Path, error: std::io::Error| {
        anyhow::anyhow!(
            "cannot write {}: {error}.\nName the folder of your scripts, one that you may write to.",
            path.display()
        )
    };
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
        fs::write(&settings, stubs::settings(version)).map_err(|error| told(&settings, error))?;
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
        assert_eq!(write(folder.path(), "5.1").unwrap().len(), 2);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(read("library/freeswitch.lua").starts_with("---@meta"));
        assert!(read(".luarc.json").contains("Lua 5.1"));
        fs::write(folder.path().join(".luarc.json"), "{}").unwrap();
        assert!(write(folder.path(), "5.4").unwrap()[1].contains("is there already"));
        assert_eq!(read(".luarc.json"), "{}");
        // A file is no folder.
        let error = write(&folder.path().join(".luarc.json"), "5.4").unwrap_err().to_string();
        assert!(error.starts_with("cannot write ") && error.contains("folder of your scripts"));
    }

    #[test]
    fn the_version_is_as_asked_or_as_the_configuration_around_says() {
        let conf = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            fs::create_dir_all(conf.path().join(name).parent().unwrap()).unwrap();
            fs::write(conf.path().join(name), text).unwrap();
        };
        write(
            "freeswitch.xml",
            r#"<document type="freeswitch/xml"><section name="configuration">
                 <configuration name="lua.conf"><settings>
                   <param name="lua-version" value="5.2"/>
                 </settings></configuration>
               </section></document>"#,
        );
        let asked = |lua: Option<&str>, named: Option<&str>| arguments::Stubs {
            folder: conf.path().join("scripts"),
            lua: lua.map(str::to_owned),
            conf: arguments::Conf { conf: named.map(|name| conf.path().join(name)) },
        };
        assert_eq!(version(&asked(None, None)).unwrap(), "5.2");
        assert_eq!(version(&asked(None, Some("."))).unwrap(), "5.2");
        assert_eq!(version(&asked(Some("5.3"), None)).unwrap(), "5.3");
        assert!(version(&asked(Some("5.9"), None)).unwrap_err().to_string().contains("5.9"));
        assert!(version(&asked(None, Some("nowhere"))).is_err());
    }
}
