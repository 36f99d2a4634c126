//! Phrase macros and the languages that they are written for: the section `languages`.
//!
//! ```xml
//! <section name="languages">
//!   <language name="en" say-module="en" sound-prefix="$${sounds_dir}/en/us/callie"
//!             tts-engine="tts_commandline" tts-voice="en-us">
//!     <phrases><macros>
//!       <macro name="messages" pause="100">
//!         <input pattern="^(\d+)$">
//!           <match><action function="say" data="$1" method="pronounced" type="items"/></match>
//!           <nomatch><action function="play-file" data="voicemail/vm-no_more_messages.wav"/></nomatch>
//! ```
//!
//! [`Language::find`] asks the XML handlers first, then the files; of these also FreeSWITCH's older
//! form, `<section name="phrases"><macros><language>`. A [`Macro`] answers the [`Step`]s for some data;
//! `operation::speech` performs them.

mod steps;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use steps::{Input, Step};

use crate::authority::Authority;
use crate::event::Event;
use crate::lookup::Section;
use crate::session::Session;
use crate::switch::Switch;
use crate::xml::Element;

/// Between two actions of a macro, unless its `pause` says otherwise: FreeSWITCH's.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest pause, in milliseconds; longer ones are taken as this.
const MAX_PAUSE: u64 = 60_000;

/// The language of calls that nothing chooses another one for.
const DEFAULT: &str = "en";

/// How deep `<macros>` and `<include>` may be nested around a macro.
const MAX_NESTING: usize = 8;

/// A language of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Language {
    /// Its say module: `say-module`, or its own name.
    pub(crate) module: String,
    /// Where its sounds are.
    pub(crate) sound_prefix: Option<String>,
    /// What speaks its texts.
    pub(crate) tts_engine: Option<String>,
    /// With which voice.
    pub(crate) tts_voice: Option<String>,
}

/// A macro with the language that it belongs to.
#[derive(Debug)]
pub(crate) struct Macro {
    pub(crate) language: Language,
    /// After each action.
    pub(crate) pause: Duration,
    pub(crate) inputs: Vec<Input>,
    /// On whose authority its actions are: that of the handler that answered it.
    pub(crate) authority: Option<Arc<Authority>>,
}

/// Who asks for a language: a call, or nobody.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) switch: &'a Switch,
    pub(crate) session: Option<&'a Session>,
}

impl Asker<'_> {
    pub(crate) fn variable(self, name: &str) -> Option<String> {
        let value = match self.session {
            Some(session) => session.variable(name),
            None => self.switch.variables().text(name),
        };
        value.filter(|value| !value.is_empty())
    }

    /// The name of the language that a call speaks: what is asked for, else the variables `language` and
    /// `default_language`, else English.
    fn name(self, asked: Option<&str>) -> String {
        let asked = asked.filter(|name| !name.is_empty()).map(str::to_owned);
        asked
            .or_else(|| self.variable("language"))
            .or_else(|| self.variable("default_language"))
            .unwrap_or_else(|| DEFAULT.to_owned())
    }

    fn params(self, language: &str, name: &str) -> Event {
        let mut params = self.switch.request_params();
        if let Some(session) = self.session {
            session.describe(&mut params);
        }
        params.set("lang", language).set("macro_name", name);
        params
    }
}

impl Language {
    /// The language of that name, or the one that the call speaks; none when it is not configured.
    pub(crate) async fn find(asker: Asker<'_>, asked: Option<&str>) -> Option<Self> {
        let name = asker.name(asked);
        let found = element(asker, &name, "").await?;
        Some(Self::read(&found.0, &name))
    }

    fn read(element: &Element, name: &str) -> Self {
        let attribute = |name: &str| {
            element.attribute(name).filter(|value| !value.is_empty()).map(str::to_owned)
        };
        Self {
            module: attribute("say-module").unwrap_or_else(|| name.to_owned()),
            sound_prefix: attribute("sound-prefix").or_else(|| attribute("sound-path")),
            tts_engine: attribute("tts-engine"),
            tts_voice: attribute("tts-voice"),
        }
    }
}

impl Macro {
    /// The macro of that name.
    ///
    /// # Errors
    ///
    /// What is missing, language or macro, in words.
    pub(crate) async fn find(
        asker: Asker<'_>,
        name: &str,
        language: Option<&str>,
    ) -> Result<Self, String> {
        let language = asker.name(language);
        let Some((element, authority)) = element(asker, &language, name).await else {
            return Err(format!("phrase {name}: no language {language} in the section languages"));
        };
        let Some(found) = within(&element, name, 0) else {
            return Err(format!("no phrase macro {name} in the language {language}"));
        };
        let pause = found.attribute("pause").and_then(|pause| pause.trim().parse::<u64>().ok());
        Ok(Self {
            language: Language::read(&element, &language),
            pause: pause.map_or(PAUSE, |pause| Duration::from_millis(pause.min(MAX_PAUSE))),
            inputs: found.children_named("input").map(Input::read).collect(),
            authority,
        })
    }
}

/// `<language name="…">`, as a handler or the files have it.
async fn element(
    asker: Asker<'_>,
    language: &str,
    name: &str,
) -> Option<(Element, Option<Arc<Authority>>)> {
    let params = asker.params(language, name);
    let found = asker.switch.lookup(Section::Languages, "language", "name", language, params).await;
    if let Some(found) = found {
        return Some((trimmed(&found, name), found.authority().cloned()));
    }
    let configuration = asker.switch.configuration();
    let sections = configuration.root.children_named("section");
    sections
        .filter(|section| section.attribute("name") == Some("phrases"))
        .flat_map(|section| section.children_named("macros"))
        .flat_map(|macros| macros.children_named("language"))
        .find(|found| found.attribute("name") == Some(language))
        .map(|found| (trimmed(found, name), None))
}

/// The language with no other macro than the one asked for: languages have hundreds.
fn trimmed(language: &Element, name: &str) -> Element {
    let mut trimmed = Element::empty(&language.name, language.place.clone());
    trimmed.attributes.clone_from(&language.attributes);
    trimmed.children.extend(within(language, name, 0).cloned());
    trimmed
}

/// The macro of that name, wherever it stands below.
fn within<'e>(element: &'e Element, name: &str, depth: usize) -> Option<&'e Element> {
    if depth > MAX_NESTING {
        return None;
    }
    element.children.iter().find_map(|child| match child.name.as_str() {
        "macro" => (child.attribute("name") == Some(name)).then_some(child),
        "phrases" | "macros" | "include" => within(child, name, depth + 1),
        _ => None,
    })
}
