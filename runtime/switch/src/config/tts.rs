//! `autoload_configs/tts_commandline.conf.xml`: the command that speaks texts.
//!
//! ```xml
//! <configuration name="tts_commandline.conf">
//!   <settings>
//!     <param name="command" value="espeak-ng -v ${voice} -w ${file} -- ${text}"/>
//!   </settings>
//! </configuration>
//! ```

use std::path::PathBuf;
use std::time::Duration;

use super::parameter::{Parameter, Settings};
use crate::variable::Variables;
use crate::xml::{Element, Fault};

/// The name that the engine has in FreeSWITCH.
pub const ENGINE: &str = "tts_commandline";

/// The parameters of tts_commandline.conf.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::one(
        "command",
        "",
        "shell command",
        "Writes the sound of `${text}`, spoken by `${voice}`, into the WAV file `${file}`; `${rate}` is 8000. \
         The shell gets them as variables, each of which is one word whatever is in it; so they must not \
         stand in single quotes. Without a command nothing is spoken.",
    ),
    Parameter::many(
        "engine",
        "name",
        "Another name by which scripts may ask for this engine, besides `tts_commandline`: `flite`. `*` is \
         every name.",
    ),
    Parameter::one("voice", "", "text", "The voice of texts that are spoken without one."),
    Parameter::one(
        "timeout",
        "10",
        "seconds",
        "How long the command may take for one text. Then it is killed, and the text is not spoken.",
    ),
    Parameter::one(
        "cache-folder",
        "",
        "folder",
        "Where spoken texts are kept, so that each is made once; `$${cache_dir}/speech` unless set.",
    ),
    Parameter::one(
        "cache-size",
        "64",
        "MiB",
        "What they may take together; those that were not heard for the longest time are deleted.",
    ),
];

/// Parameters of FreeSWITCH's tts_commandline.conf that mean nothing here.
const IGNORED: &[&str] = &["auto-unlink"];

/// The command that speaks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TtsSettings {
    /// A line for the shell.
    pub command: String,
    /// Names that it goes by, besides [`ENGINE`].
    pub engines: Vec<String>,
    /// The voice of texts without one.
    pub voice: String,
    /// For one text.
    pub timeout: Duration,
    /// Where spoken texts are kept.
    pub cache_folder: PathBuf,
    /// What they may take together, in bytes.
    pub cache_bytes: u64,
}

impl TtsSettings {
    /// None without a file or a command in it: then nothing is spoken.
    pub(super) fn read(
        element: Option<&Element>,
        globals: &Variables,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let element = element?;
        super::known_children(element, &["settings"], faults);
        let settings = Settings::read(element.child("settings"), PARAMETERS, IGNORED, faults);
        let command = settings.text("command")?;
        if let Some((_, place)) = settings.set("command")
            && !command.contains("${file}")
        {
            let message = "command: it must write the sound into ${file}, which it does not name";
            faults.push(Fault::error(place.clone(), message));
            return None;
        }
        let cache_folder = settings.text("cache-folder").map_or_else(
            || PathBuf::from(&*globals.text("cache_dir").unwrap_or_default()).join("speech"),
            PathBuf::from,
        );
        Some(Self {
            command,
            engines: settings.all("engine"),
            voice: settings.text("voice").unwrap_or_default(),
            timeout: Duration::from_secs(settings.number("timeout", 1..=300, faults)),
            cache_folder,
            cache_bytes: settings.number("cache-size", 1..=1 << 20, faults) << 20,
        })
    }

    /// Whether scripts may ask for it by that name.
    #[must_use]
    pub fn is(&self, engine: &str) -> bool {
        engine.eq_ignore_ascii_case(ENGINE)
            || self.engines.iter().any(|name| name == "*" || name.eq_ignore_ascii_case(engine))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Assembled, parse};

    fn read(params: &str) -> (Option<TtsSettings>, Vec<String>) {
        let text = format!("<configuration><settings>{params}</settings></configuration>");
        let tree = parse(&Assembled::of_text("tts_commandline.conf.xml", text)).unwrap();
        let mut globals = Variables::new();
        globals.set("cache_dir", "/cache").unwrap();
        let mut faults = Vec::new();
        let settings = TtsSettings::read(Some(&tree), &globals, &mut faults);
        (settings, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_engine_goes_by_its_names() {
        let (settings, faults) = read(
            r#"<param name="command" value="say -o ${file} ${text}"/><param name="engine" value="flite"/>
               <param name="auto-unlink" value="true"/>"#,
        );
        let settings = settings.unwrap();
        assert!(settings.is("TTS_commandline") && settings.is("flite") && !settings.is("cepstral"));
        assert_eq!(settings.cache_folder, PathBuf::from("/cache/speech"));
        assert_eq!((settings.timeout.as_secs(), settings.cache_bytes), (10, 64 << 20));
        assert!(faults.iter().all(|fault| fault.contains("auto-unlink")), "{faults:?}");
    }

    #[test]
    fn a_command_that_writes_nothing_is_told() {
        assert_eq!(read("").0, None);
        let (settings, faults) = read(r#"<param name="command" value="say ${text}"/>"#);
        assert_eq!(settings, None);
        assert!(faults.iter().any(|fault| fault.contains("${file}")), "{faults:?}");
        let command = r#"<param name="command" value="say ${file}"/>"#;
        let (settings, faults) = read(&format!(r#"{command}<param name="timeout" value="0"/>"#));
        assert_eq!(settings.unwrap().timeout.as_secs(), 10);
        assert!(faults.iter().any(|fault| fault.contains("from 1 to 300")), "{faults:?}");
    }
}
