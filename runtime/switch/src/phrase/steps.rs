//! `<input>` and `<action>`: what a macro does with its data.

use crate::regex;
use crate::xml::{Element, Place};

/// `<input pattern="…">`: what is done when the data match, and when not.
#[derive(Debug)]
pub(crate) struct Input {
    /// Perl-compatible; all data match without one.
    pattern: String,
    /// Whether no further input is looked at when this one matched.
    pub(crate) last: bool,
    matched: Option<Vec<Action>>,
    unmatched: Option<Vec<Action>>,
    place: Place,
}

/// `<action function="…" data="…"/>`.
#[derive(Debug)]
struct Action {
    function: String,
    data: String,
    attributes: Vec<(String, String)>,
    place: Place,
}

/// One thing to do; its texts are not expanded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Plays a sound.
    Play(String),
    /// Says a number, a date …
    Say {
        /// The text.
        text: String,
        /// What it is.
        kind: String,
        /// How it is said.
        method: String,
    },
    /// Speaks a text.
    Speak {
        /// The text.
        text: String,
        /// What speaks; empty is the language's.
        engine: String,
        /// With which voice; empty is the language's.
        voice: String,
    },
    /// Another macro.
    Phrase {
        /// Its name.
        name: String,
        /// Its data.
        data: String,
    },
    /// Runs a dialplan application: `name(data)`.
    Execute(String),
    /// Ends the macro.
    Break,
    /// Cannot be done; the text says why.
    Wrong(String),
}

impl Input {
    pub(super) fn read(element: &Element) -> Self {
        let actions = |name: &str| {
            let child = element.child(name)?;
            Some(child.children_named("action").map(Action::read).collect())
        };
        Self {
            pattern: element.attribute("pattern").unwrap_or_default().to_owned(),
            last: element.attribute("break_on_match").is_some_and(is_true),
            matched: actions("match"),
            unmatched: actions("nomatch"),
            place: element.place.clone(),
        }
    }

    /// Whether the data match, and what to do.
    ///
    /// # Errors
    ///
    /// The pattern cannot be used.
    pub(crate) fn steps(&self, data: &str) -> Result<(bool, Vec<Step>), String> {
        let captures = if self.pattern.is_empty() {
            None
        } else {
            let wrong = |error| format!("pattern {:?} at {}: {error}", self.pattern, self.place);
            let pattern = regex::cached(&self.pattern).map_err(|error| wrong(error.to_string()))?;
            let captures = pattern.find(data).map_err(|error| wrong(error.to_string()))?;
            if captures.is_none() {
                let steps =
                    self.unmatched.iter().flatten().map(|action| action.step(str::to_owned));
                return Ok((false, steps.collect()));
            }
            captures
        };
        let filled = |text: &str| match &captures {
            Some(captures) => captures.substitute(text),
            None => text.to_owned(),
        };
        Ok((true, self.matched.iter().flatten().map(|action| action.step(filled)).collect()))
    }
}

impl Action {
    fn read(element: &Element) -> Self {
        Self {
            function: element.attribute("function").unwrap_or_default().to_ascii_lowercase(),
            data: element.attribute("data").unwrap_or_default().to_owned(),
            attributes: element.attributes.clone(),
            place: element.place.clone(),
        }
    }

    fn attribute(&self, name: &str) -> String {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    fn step(&self, filled: impl Fn(&str) -> String) -> Step {
        let data = filled(&self.data);
        match self.function.as_str() {
            "play-file" => Step::Play(data),
            "say" => Step::Say {
                text: data,
                kind: self.attribute("type"),
                method: self.attribute("method"),
            },
            "speak-text" => Step::Speak {
                text: data,
                engine: self.attribute("tts-engine"),
                voice: self.attribute("tts-voice"),
            },
            "phrase" => Step::Phrase { name: filled(&self.attribute("phrase")), data },
            "execute" => Step::Execute(data),
            "break" => Step::Break,
            other => Step::Wrong(format!(
                "<action function=\"{other}\"> at {}: there are play-file, say, speak-text, phrase, \
                 execute and break",
                self.place
            )),
        }
    }
}

fn is_true(text: &str) -> bool {
    ["true", "yes", "on", "1"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Assembled, parse};

    fn input(text: &str) -> Input {
        Input::read(&parse(&Assembled::of_text("en.xml", text.to_owned())).unwrap())
    }

    #[test]
    fn data_choose_the_actions_and_fill_them() {
        let input = input(
            r#"<input pattern="^(\d+):(\w+)$" break_on_match="true">
                 <match>
                   <action function="say" data="$1" method="pronounced" type="items"/>
                   <action function="play-file" data="$2.wav"/>
                   <action function="phrase" phrase="p-$2" data="$0"/>
                   <action function="Execute" data="sleep($1)"/>
                   <action function="speak-text" data="you have $1" tts-voice="v"/>
                   <action function="break"/>
                   <action function="dance"/>
                 </match>
                 <nomatch><action function="play-file" data="$1"/></nomatch>
               </input>"#,
        );
        assert!(input.last);
        let (matched, steps) = input.steps("3:new").unwrap();
        assert!(matched);
        let text = |text: &str| text.to_owned();
        let [say, play, phrase, execute, speak, end, wrong] = &steps[..] else {
            panic!("{steps:?}")
        };
        let kind = text("items");
        assert_eq!(*say, Step::Say { text: text("3"), kind, method: text("pronounced") });
        assert_eq!(*play, Step::Play(text("new.wav")));
        assert_eq!(*phrase, Step::Phrase { name: text("p-new"), data: text("3:new") });
        assert_eq!(*execute, Step::Execute(text("sleep(3)")));
        let engine = String::new();
        assert_eq!(*speak, Step::Speak { text: text("you have 3"), engine, voice: text("v") });
        assert_eq!(*end, Step::Break);
        assert!(
            matches!(wrong, Step::Wrong(why) if why.contains("dance") && why.contains("en.xml:9")),
            "{wrong:?}"
        );
        let (matched, steps) = input.steps("three").unwrap();
        assert_eq!((matched, steps), (false, vec![Step::Play(text("$1"))]));
    }

    #[test]
    fn without_a_pattern_all_match_and_a_wrong_one_is_told() {
        let all = input(r#"<input><match><action function="break"/></match></input>"#);
        assert_eq!(all.steps("").unwrap(), (true, vec![Step::Break]));
        let wrong = input(r#"<input pattern="("><match/></input>"#).steps("x").unwrap_err();
        assert!(wrong.contains("en.xml:1"), "{wrong}");
        let nothing = input(r#"<input pattern="a"/>"#);
        assert_eq!(nothing.steps("b").unwrap(), (false, Vec::new()));
    }
}
