//! What starts scripts besides calls and commands: XML lookups, events, the server's start.
//!
//! ```xml
//! <settings>
//!   <param name="xml-handler-script" value="handler.lua"/>
//!   <param name="xml-handler-bindings" value="dialplan|directory"/>
//!   <param name="startup-script" value="daemon.lua blue" restart="on-failure" restart-wait="5"/>
//!   <hook event="CUSTOM" subclass="menu::enter" script="entered.lua"/>
//! </settings>
//! ```
//!
//! Each stands alone: one that is wrong is left out, or corrected, with a warning. It must not keep a
//! reload from taking the others.

use std::time::Duration;

use crate::event::EventName;
use crate::lookup::Section;
use crate::xml::{Element, Fault, Place};

/// How long a startup script is down before it is run again, unless it says so.
const RESTART_WAIT: Duration = Duration::from_secs(1);

/// A script that answers XML lookups.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct XmlHandler {
    /// The script, and its arguments.
    pub line: String,
    /// What it is asked for.
    pub sections: Vec<Section>,
    /// Where its bindings stand.
    pub place: Place,
}

/// A script that is run for events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventHook {
    /// Which events; none is all.
    pub event: Option<EventName>,
    /// Of `CUSTOM` events, those of this subclass; none is all.
    pub subclass: Option<String>,
    /// The script, and its arguments.
    pub line: String,
    /// Where it stands.
    pub place: Place,
}

/// When a startup script is run again.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Restart {
    /// Never, as in FreeSWITCH.
    #[default]
    Never,
    /// When it raised an error, or went over a limit.
    OnFailure,
    /// Whenever it has ended, unless somebody killed it.
    Always,
}

/// A script that is run when the server is up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StartupScript {
    /// The script, and its arguments.
    pub line: String,
    /// When it is run again.
    pub restart: Restart,
    /// How long after its end. Each further end within a minute doubles it, up to a minute.
    pub wait: Duration,
    /// Where it stands.
    pub place: Place,
}

/// Those of a `<settings>`, in order: each `xml-handler-bindings` is for the script before it.
pub(super) fn handlers(settings: &Element, faults: &mut Vec<Fault>) -> Vec<XmlHandler> {
    let mut script: Option<(&str, &Place, bool)> = None;
    let mut handlers = Vec::new();
    for (name, value, param) in params(settings) {
        if name.eq_ignore_ascii_case("xml-handler-script") {
            tell_unbound(script, faults);
            script = (!value.is_empty()).then_some((value, &param.place, false));
        } else if name.eq_ignore_ascii_case("xml-handler-bindings") {
            let Some((line, _, bound)) = &mut script else {
                let message = "xml-handler-bindings stands after the xml-handler-script that it is for; \
                               it is ignored";
                faults.push(Fault::warning(param.place.clone(), message));
                continue;
            };
            *bound = true;
            let sections = sections(value, &param.place, faults);
            if !sections.is_empty() {
                let place = param.place.clone();
                handlers.push(XmlHandler { line: (*line).to_owned(), sections, place });
            }
        }
    }
    tell_unbound(script, faults);
    handlers
}

fn tell_unbound(script: Option<(&str, &Place, bool)>, faults: &mut Vec<Fault>) {
    if let Some((line, place, false)) = script {
        let message =
            format!("{line} is asked for nothing: no xml-handler-bindings stands after it");
        faults.push(Fault::warning(place.clone(), message));
    }
}

/// `dialplan|directory`.
fn sections(text: &str, place: &Place, faults: &mut Vec<Fault>) -> Vec<Section> {
    let mut sections = Vec::new();
    for name in text.split('|').map(str::trim).filter(|name| !name.is_empty()) {
        // FreeSWITCH's other names for them.
        let known = match name.to_ascii_lowercase().as_str() {
            "config" => Ok(Section::Configuration),
            "phrases" => Ok(Section::Languages),
            name => name.parse(),
        };
        match known {
            Ok(section) => sections.push(section),
            Err(unknown) => {
                faults.push(Fault::warning(place.clone(), format!("{unknown}; it is ignored")));
            }
        }
    }
    if sections.is_empty() && text.trim().is_empty() {
        faults.push(Fault::warning(place.clone(), "xml-handler-bindings names no section"));
    }
    sections
}

/// `<hook event="…" subclass="…" script="…"/>`.
pub(super) fn hooks(settings: &Element, faults: &mut Vec<Fault>) -> Vec<EventHook> {
    let hooks = settings.children_named("hook");
    hooks.filter_map(|element| hook(element).map_err(|fault| faults.push(fault)).ok()).collect()
}

fn hook(element: &Element) -> Result<EventHook, Fault> {
    let place = element.place.clone();
    let attribute = |name| element.attribute(name).map(str::trim).filter(|text| !text.is_empty());
    let left_out =
        |why: String| Fault::warning(place.clone(), format!("{why}; this <hook> is left out"));
    let Some(line) = attribute("script") else {
        return Err(left_out(
            "<hook> needs a script: <hook event=\"DTMF\" script=\"keys.lua\"/>".to_owned(),
        ));
    };
    let Some(name) = attribute("event") else {
        return Err(left_out("<hook> needs an event: CHANNEL_ANSWER, CUSTOM, ALL …".to_owned()));
    };
    let event = match EventName::find(name) {
        Some(event) => Some(event),
        None if name.eq_ignore_ascii_case("all") => None,
        None => return Err(left_out(format!("there is no event {name}"))),
    };
    let subclass = attribute("subclass").map(str::to_owned);
    if subclass.is_some() && event != Some(EventName::Custom) {
        return Err(left_out("only CUSTOM events have a subclass".to_owned()));
    }
    Ok(EventHook { event, subclass, line: line.to_owned(), place })
}

/// `<param name="startup-script" value="…" restart="…" restart-wait="…"/>`.
pub(super) fn startup(settings: &Element, faults: &mut Vec<Fault>) -> Vec<StartupScript> {
    let scripts = params(settings).filter(|(name, value, _)| {
        name.eq_ignore_ascii_case("startup-script") && !value.is_empty()
    });
    scripts
        .map(|(_, line, param)| {
            let mut wrong = |what: String| faults.push(Fault::warning(param.place.clone(), what));
            let restart = match param.attribute("restart") {
                None | Some("never") => Restart::Never,
                Some("on-failure") => Restart::OnFailure,
                Some("always") => Restart::Always,
                Some(other) => {
                    wrong(format!(
                        "restart=\"{other}\" is not one of never, on-failure, always; never holds"
                    ));
                    Restart::Never
                }
            };
            let wait = match param.attribute("restart-wait").map(str::parse) {
                None => RESTART_WAIT,
                Some(Ok(seconds @ 1..=3600)) => Duration::from_secs(seconds),
                Some(_) => {
                    wrong(
                        "restart-wait is not a number of seconds from 1 to 3600; 1 holds"
                            .to_owned(),
                    );
                    RESTART_WAIT
                }
            };
            StartupScript { line: line.to_owned(), restart, wait, place: param.place.clone() }
        })
        .collect()
}

/// Name, value and element of each `<param>`.
fn params(settings: &Element) -> impl Iterator<Item = (&str, &str, &Element)> {
    settings.children_named("param").filter_map(|param| {
        Some((param.attribute("name")?, param.attribute("value")?.trim(), param))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Assembled, parse};

    fn settings(text: &str) -> Element {
        parse(&Assembled::of_text("lua.conf.xml", format!("<settings>\n{text}</settings>")))
            .unwrap()
    }

    fn told(faults: &[Fault]) -> Vec<String> {
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn bindings_are_for_the_script_before_them() {
        let settings = settings(
            "<param name=\"xml-handler-bindings\" value=\"dialplan\"/>\n\
             <param name=\"xml-handler-script\" value=\"a.lua x\"/>\n\
             <param name=\"xml-handler-bindings\" value=\"dialplan| Directory|nosuch\"/>\n\
             <param name=\"xml-handler-script\" value=\"b.lua\"/>\n\
             <param name=\"xml-handler-bindings\" value=\"phrases\"/>\n\
             <param name=\"xml-handler-script\" value=\"c.lua\"/>\n",
        );
        let mut faults = Vec::new();
        let handlers = handlers(&settings, &mut faults);
        let seen: Vec<_> = handlers.iter().map(|each| (&*each.line, &*each.sections)).collect();
        assert_eq!(
            seen,
            [
                ("a.lua x", &[Section::Dialplan, Section::Directory][..]),
                ("b.lua", &[Section::Languages][..])
            ]
        );
        let told = told(&faults);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told[0].starts_with("lua.conf.xml:2: warning: xml-handler-bindings stands after"),
            "{told:?}"
        );
        let unknown = "lua.conf.xml:4: warning: there is no section \"nosuch\"";
        assert!(told[1].starts_with(unknown), "{told:?}");
        assert!(
            told[2].starts_with("lua.conf.xml:7: warning: c.lua is asked for nothing"),
            "{told:?}"
        );
    }

    #[test]
    fn hooks_name_an_event_and_a_script() {
        let settings = settings(
            "<hook event=\"CUSTOM\" subclass=\"a::b\" script=\"x.lua 1\"/>\n\
             <hook event=\"all\" script=\"y.lua\"/>\n\
             <hook event=\"DTMF\" subclass=\"a\" script=\"x.lua\"/>\n\
             <hook event=\"NOSUCH\" script=\"x.lua\"/>\n\
             <hook event=\"DTMF\"/>\n",
        );
        let mut faults = Vec::new();
        let hooks = hooks(&settings, &mut faults);
        let seen: Vec<_> =
            hooks.iter().map(|hook| (hook.event, hook.subclass.as_deref(), &*hook.line)).collect();
        assert_eq!(
            seen,
            [(Some(EventName::Custom), Some("a::b"), "x.lua 1"), (None, None, "y.lua")]
        );
        let told = told(&faults);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[1].contains("lua.conf.xml:5: warning: there is no event NOSUCH"), "{told:?}");
    }

    #[test]
    fn startup_scripts_say_when_they_run_again() {
        let settings = settings(
            "<param name=\"startup-script\" value=\"a.lua one two\"/>\n\
             <param name=\"startup-script\" value=\"b.lua\" restart=\"always\" restart-wait=\"5\"/>\n\
             <param name=\"startup-script\" value=\"c.lua\" restart=\"often\" restart-wait=\"0\"/>\n",
        );
        let mut faults = Vec::new();
        let scripts = startup(&settings, &mut faults);
        let seen: Vec<_> = scripts
            .iter()
            .map(|script| (&*script.line, script.restart, script.wait.as_secs()))
            .collect();
        assert_eq!(
            seen,
            [
                ("a.lua one two", Restart::Never, 1),
                ("b.lua", Restart::Always, 5),
                ("c.lua", Restart::Never, 1)
            ]
        );
        assert_eq!(faults.len(), 2, "{:?}", told(&faults));
    }
}
