//! The engine `tts_commandline`: a command of the operator's that writes a WAV file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use ringfence_media::RATE;
use ringfence_outside::Outside;
use ringfence_outside::command::{Command, Ended, Program};

use super::cache::{self, Making};
use super::{Synthesiser, Utterance};
use crate::config::TtsSettings;

/// The longest name of a voice, in bytes.
const MAX_VOICE: usize = 64;

/// In front of the operator's command: variables are one word each, whatever is in them.
pub(super) const WORDS: &str = "set -f; IFS=; ";

/// A command as an engine.
pub(super) struct Commandline {
    settings: TtsSettings,
    outside: Outside,
    making: Arc<Making>,
}

impl Commandline {
    pub(super) fn new(settings: TtsSettings, outside: Outside, making: Arc<Making>) -> Self {
        Self { settings, outside, making }
    }

    /// Runs the command, and puts what it made where it is kept.
    async fn make(&self, utterance: &Utterance, kept: &Path) -> Result<(), String> {
        let folder = self.settings.cache_folder.clone();
        let made = cache::unfinished(kept);
        let prepared = {
            let made = made.clone();
            // The folder, and a leftover of a command that was killed.
            tokio::task::spawn_blocking(move || {
                std::fs::create_dir_all(&folder)
                    .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
                let _ = std::fs::remove_file(made);
                Ok::<(), String>(())
            })
        };
        prepared.await.map_err(|error| error.to_string())??;
        let Utterance { voice, text } = utterance;
        let environment = [
            ("text", text.clone()),
            ("voice", voice.clone()),
            ("rate", RATE.to_string()),
            ("file", made.to_string_lossy().into_owned()),
        ];
        let command = Command {
            program: Program::Shell(format!("{WORDS}{}", self.settings.command)),
            folder: None,
            environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
            deadline: self.settings.timeout,
            who: "tts_commandline".to_owned(),
        };
        let ended = command.run(&self.outside).await.map_err(|fault| fault.to_string())?;
        if ended != Ended::Code(0) {
            return Err(format!("its command ended with {ended}; what it said is in the log"));
        }
        let (kept, most) = (kept.to_owned(), self.settings.cache_bytes);
        let keep = tokio::task::spawn_blocking(move || cache::keep(&made, &kept, most));
        keep.await.map_err(|error| error.to_string())?
    }

    async fn spoken(&self, utterance: &Utterance) -> Result<PathBuf, String> {
        let voice = match utterance.voice.as_str() {
            "" => &self.settings.voice,
            voice => voice,
        };
        if !is_voice(voice) {
            return Err(format!(
                "voice {voice:?}: letters, digits and . _ + , @ : - , at most {MAX_VOICE}, no - in front"
            ));
        }
        let utterance = Utterance { voice: voice.to_owned(), text: utterance.text.clone() };
        let name = cache::name(&self.settings.command, &utterance);
        let kept = self.settings.cache_folder.join(name);
        // Whoever wants the same text meanwhile waits for it.
        let _making = self.making.one(&kept).await;
        let found = kept.clone();
        let there = tokio::task::spawn_blocking(move || cache::touch(&found));
        if !there.await.map_err(|error| error.to_string())? {
            self.make(&utterance, &kept).await?;
        }
        Ok(kept)
    }
}

impl Synthesiser for Commandline {
    fn speak<'s>(&'s self, utterance: &'s Utterance) -> BoxFuture<'s, Result<PathBuf, String>> {
        Box::pin(self.spoken(utterance))
    }
}

/// Whether a voice can be nothing else than a voice: no option, no path upwards.
fn is_voice(voice: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || "._+,@:-/ ".contains(c);
    voice.len() <= MAX_VOICE
        && !voice.starts_with(['-', '/'])
        && !voice.contains("..")
        && voice.chars().all(letter)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringfence_rim::Clock;

    use super::*;

    fn engine(folder: &Path, command: &str) -> Commandline {
        let settings = TtsSettings {
            command: command.to_owned(),
            engines: Vec::new(),
            voice: "en".to_owned(),
            timeout: Duration::from_secs(20),
            cache_folder: folder.join("new"),
            cache_bytes: 1 << 20,
        };
        Commandline::new(settings, Outside::new(&Clock::System), Arc::default())
    }

    fn utterance(text: &str) -> Utterance {
        Utterance { voice: String::new(), text: text.to_owned() }
    }

    #[tokio::test]
    async fn a_text_is_one_word_and_never_the_shells() {
        let folder = tempfile::tempdir().unwrap();
        // `printf` writes each word that it gets on a line of its own.
        let engine =
            engine(folder.path(), "printf '<%s>\\n' ${voice} ${text} \"${text}\" > ${file}");
        for text in ["two  words", "$(touch /tmp/x) `id` ; rm *", "it's \"quoted\" \\n", "*", "ä"]
        {
            let file = engine.speak(&utterance(text)).await.unwrap();
            let made = std::fs::read_to_string(&file).unwrap();
            assert_eq!(made, format!("<en>\n<{text}>\n<{text}>\n"));
        }
    }

    #[tokio::test]
    async fn the_same_text_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let command = format!("echo x >> {}; sleep 0.2; echo y > ${{file}}", count.display());
        let engine = engine(folder.path(), &command);
        let same = utterance("a");
        let (one, two) = tokio::join!(engine.speak(&same), engine.speak(&same));
        assert_eq!(one.unwrap(), two.unwrap());
        engine.speak(&same).await.unwrap();
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\n");
        engine.speak(&utterance("b")).await.unwrap();
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\nx\n");
    }

    #[tokio::test]
    async fn what_goes_wrong_is_said() {
        let folder = tempfile::tempdir().unwrap();
        for (command, why) in [
            ("exit 3 # ${file}", "status 3"),
            ("true ${file}", "no file"),
            (": > ${file}", "an empty file"),
        ] {
            let failed = engine(folder.path(), command).speak(&utterance("x")).await.unwrap_err();
            assert!(failed.contains(why), "{command}: {failed}");
        }
        let mut slow = engine(folder.path(), "sleep 1000 # ${file}");
        slow.settings.timeout = Duration::from_millis(200);
        let failed = slow.speak(&utterance("x")).await.unwrap_err();
        assert!(failed.contains("killed"), "{failed}");
    }

    #[test]
    fn voices() {
        for voice in ["", "en-us", "en+f3", "mb/mb-us1", "cmu_us_slt"] {
            assert!(is_voice(voice), "{voice}");
        }
        for voice in ["-w", "/etc/x", "../x", "a;b", "$x", &"v".repeat(65)] {
            assert!(!is_voice(voice), "{voice}");
        }
    }
}
