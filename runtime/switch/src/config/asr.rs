//! `autoload_configs/pocketsphinx.conf.xml`: the command that recognises speech.
//!
//! ```xml
//! <configuration name="pocketsphinx.conf">
//!   <settings>
//!     <param name="command" value="pocketsphinx_continuous -infile /dev/stdin -jsgf ${grammar} …"/>
//!   </settings>
//! </configuration>
//! ```

use std::path::PathBuf;
use std::time::Duration;

use super::parameter::{Parameter, Settings};
use crate::variable::Variables;
use crate::xml::{Element, Fault};

/// The name that the engine has in FreeSWITCH.
pub const ENGINE: &str = "pocketsphinx";

/// The parameters of pocketsphinx.conf.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::one(
        "command",
        "",
        "shell command",
        "Reads sound from its standard input (16 bits, 16000 Hz, mono) and writes what it hears, a line each \
         time somebody has spoken. The shell gets `${grammar}` (a file, JSGF), `${model}`, `${dictionary}`, \
         `${language_weight}` and `${log}` (a file) as variables, each of which is one word. Without a \
         command no speech is recognised.",
    ),
    Parameter::many(
        "engine",
        "name",
        "Another name by which scripts may ask for this engine, besides `pocketsphinx`. `*` is every name.",
    ),
    Parameter::one(
        "wideband-model",
        "/usr/share/pocketsphinx/model/en-us/en-us",
        "folder",
        "The acoustic model; Debian's package pocketsphinx-en-us has one for English.",
    ),
    Parameter::one(
        "dictionary",
        "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict",
        "file",
        "How words are pronounced; a grammar may only have words that are in it.",
    ),
    Parameter::one(
        "language-weight",
        "6.5",
        "number",
        "What the grammar counts against the sound.",
    ),
    Parameter::one(
        "threshold",
        "400",
        "amplitude, 1 to 32767",
        "The mean amplitude from which somebody speaks.",
    ),
    Parameter::one(
        "listen-hits",
        "3",
        "frames of 20 ms",
        "So many frames of speech in a row tell `begin-speaking`, which ends what plays.",
    ),
    Parameter::one(
        "no-input-timeout",
        "5000",
        "ms",
        "When nobody speaks for so long, the result is `<noinput/>`.",
    ),
    Parameter::one(
        "speech-timeout",
        "10000",
        "ms",
        "When nothing is recognised for so long after somebody began to speak, the result is `<nomatch/>`.",
    ),
    Parameter::one(
        "max-time",
        "3600",
        "seconds",
        "How long one recognition may run; then its command is killed.",
    ),
];

/// Parameters of FreeSWITCH's pocketsphinx.conf that mean nothing here.
const IGNORED: &[&str] = &[
    "silence-hits",
    "auto-reload",
    "start-input-timers",
    "narrowband-model",
    "confidence-threshold",
];

/// The command that recognises speech.
#[derive(Clone, Debug, PartialEq)]
pub struct AsrSettings {
    /// A line for the shell.
    pub command: String,
    /// Names that it goes by, besides [`ENGINE`].
    pub engines: Vec<String>,
    /// The acoustic model.
    pub model: String,
    /// How words are pronounced.
    pub dictionary: String,
    /// What the grammar counts against the sound.
    pub language_weight: f64,
    /// The mean amplitude from which somebody speaks.
    pub threshold: u32,
    /// Frames of speech in a row that begin it.
    pub listen_hits: u32,
    /// Until somebody speaks.
    pub no_input_timeout: Duration,
    /// From there to a result.
    pub speech_timeout: Duration,
    /// For one recognition.
    pub max_time: Duration,
    /// Where its files are while it runs.
    pub folder: PathBuf,
}

impl AsrSettings {
    /// None without a file or a command in it: then no speech is recognised.
    pub(super) fn read(
        element: Option<&Element>,
        globals: &Variables,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let element = element?;
        super::known_children(element, &["settings"], faults);
        let settings = Settings::read(element.child("settings"), PARAMETERS, IGNORED, faults);
        let command = settings.text("command")?;
        let mut milliseconds =
            |name| Duration::from_millis(settings.number(name, 100..=3_600_000, faults));
        let no_input_timeout = milliseconds("no-input-timeout");
        let speech_timeout = milliseconds("speech-timeout");
        Some(Self {
            command,
            engines: settings.all("engine"),
            model: settings.text("wideband-model").unwrap_or_default(),
            dictionary: settings.text("dictionary").unwrap_or_default(),
            language_weight: settings.number("language-weight", 0.0..=100.0, faults),
            threshold: settings.number("threshold", 1..=32_767, faults),
            listen_hits: settings.number("listen-hits", 1..=100, faults),
            no_input_timeout,
            speech_timeout,
            max_time: Duration::from_secs(settings.number("max-time", 1..=86_400, faults)),
            folder: PathBuf::from(&*globals.text("cache_dir").unwrap_or_default()).join("speech"),
        })
    }

    /// Whether scripts may ask for it by that name.
    #[must_use]
    pub fn is(&self, engine: &str) -> bool {
        engine.eq_ignore_ascii_case(ENGINE)
            || self.engines.iter().any(|name| name == "*" || name.eq_ignore_ascii_case(engine))
    }
}
