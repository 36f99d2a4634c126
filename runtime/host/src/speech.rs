//! `interface speech`: saying, speaking, and recognising speech.

use ringfence_sandbox::State;
use ringfence_switch::{self as switch, Detect, Operation, Speak, Speech};

use crate::{
    bindings::ringfence::call::{
        speech::{self as interface, Words},
        types::Failure,
    },
    failure::bounded,
    host::{Host, tell},
    permission::{acting, answered, warn},
    session::{Handle, session, start},
};

/// The words that one `detect` takes; the application knows fewer.
const MAX_WORDS: usize = 8;

impl interface::Host for State<Host> {
    async fn start(
        &mut self,
        call: Handle,
        words: Words,
        input: bool,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("speech.start");
        tell(self, || described(&words));
        let texts: Vec<&String> = match &words {
            Words::Say(say) => vec![&say.module, &say.kind, &say.method, &say.text],
            Words::Phrase(phrase) => {
                [&phrase.name, &phrase.data].into_iter().chain(&phrase.language).collect()
            }
            Words::Text(text) => vec![&text.engine, &text.voice, &text.text],
        };
        if let Err(failure) = texts.into_iter().try_for_each(|text| bounded("what is said", text)) {
            return Ok(Err(failure));
        }
        let speech = match words {
            Words::Say(interface::Say { module, kind, method, text }) => {
                let (module, language) = match module.split_once(':') {
                    Some((module, language)) => (module.to_owned(), Some(language.to_owned())),
                    None => (module, None),
                };
                let session = session(self, &call)?;
                if let Some(warning) = session.unknown_say_module(&module) {
                    warn(self, &warning);
                }
                Speech::Say(switch::Say { module, language, kind, method, text })
            }
            Words::Phrase(interface::Phrase { name, data, language }) => {
                Speech::Phrase { name, data, language }
            }
            Words::Text(interface::Text { engine, voice, text }) => {
                Speech::Text { engine, voice, text }
            }
        };
        start(self, &call, Operation::Speak(Speak { speech, input })).await
    }

    async fn start_detection(
        &mut self,
        call: Handle,
        file: String,
        engine: String,
        grammar: String,
        input: bool,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("speech.start-detection");
        tell(self, || format!("session:playAndDetectSpeech({file:?}, {engine:?}, {grammar:?})"));
        for (what, text) in
            [("the file", &file), ("the engine", &engine), ("the grammar", &grammar)]
        {
            if let Err(failure) = bounded(what, text) {
                return Ok(Err(failure));
            }
        }
        let detect = Detect { file, engine, grammar, input };
        start(self, &call, Operation::Detect(detect)).await
    }

    async fn detect(
        &mut self,
        call: Handle,
        words: Vec<String>,
    ) -> wasmtime::Result<Result<(), Failure>> {
        let _waiting = self.job().enter("speech.detect");
        tell(self, || format!("session:detectSpeech({words:?})"));
        if words.len() > MAX_WORDS {
            return Ok(Err(Failure::Invalid(format!("detectSpeech: at most {MAX_WORDS} words"))));
        }
        if let Err(failure) = words.iter().try_for_each(|word| bounded("a word", word)) {
            return Ok(Err(failure));
        }
        let session = session(self, &call)?;
        let detected = async move {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            session.detect_speech(&words).await
        };
        let done = acting(self, detected).await;
        answered(self, done.map_err(Failure::from))
    }
}

/// What is said as the Lua call that it most likely was.
fn described(words: &Words) -> String {
    match words {
        Words::Say(say) => {
            let interface::Say { module, kind, method, text } = say;
            format!("session:say({text:?}, {module:?}, {kind:?}, {method:?})")
        }
        Words::Phrase(phrase) => {
            let interface::Phrase { name, data, language } = phrase;
            match language {
                Some(language) => format!("session:sayPhrase({name:?}, {data:?}, {language:?})"),
                None => format!("session:sayPhrase({name:?}, {data:?})"),
            }
        }
        Words::Text(text) => {
            format!("session:speak({:?}) by {:?}, {:?}", text.text, text.engine, text.voice)
        }
    }
}
