//! `ivr.conf.xml`.

use super::{ACTIONS, Action, Entry, Menu, Menus};
use crate::regex;
use crate::xml::{Element, Fault};

/// The attributes of `<menu>`.
const ATTRIBUTES: [&str; 22] = [
    "name",
    "greet-long",
    "greet-short",
    "invalid-sound",
    "exit-sound",
    "transfer-sound",
    "confirm-macro",
    "confirm-key",
    "confirm-attempts",
    "tts-engine",
    "tts-voice",
    "pin",
    "prompt-pin-file",
    "bad-pin-file",
    "timeout",
    "inter-digit-timeout",
    "digit-len",
    "max-failures",
    "max-timeouts",
    "exec-on-max-failures",
    "exec-on-max-timeouts",
    "phrase_lang",
];

impl Menus {
    /// Reads `<configuration name="ivr.conf">`, and tells what is wrong with it. A wrong entry is left out.
    #[must_use]
    pub fn read(element: &Element, faults: &mut Vec<Fault>) -> Self {
        let lists = element.children_named("menus");
        Self::new(lists.flat_map(|list| list.children_named("menu")).map(|menu| read(menu, faults)))
    }
}

fn read(element: &Element, faults: &mut Vec<Fault>) -> Menu {
    let own = Menu::default();
    let name = element.attribute("name").unwrap_or_default();
    if name.is_empty() {
        faults.push(Fault::error(element.place.clone(), "<menu> needs a name"));
    }
    for (attribute, _) in &element.attributes {
        if !ATTRIBUTES.contains(&attribute.as_str()) {
            let message = format!("menu {name}: there is no attribute {attribute}; it is ignored");
            faults.push(Fault::warning(element.place.clone(), message));
        } else if attribute == "phrase_lang" {
            let message =
                format!("menu {name}: phrase_lang has no effect; set the variable language");
            faults.push(Fault::warning(element.place.clone(), message));
        }
    }
    let text = |attribute: &str, or: &str| element.attribute(attribute).unwrap_or(or).to_owned();
    let mut number = |attribute: &str, or: u32, least: u32| {
        let Some(value) = element.attribute(attribute) else { return or };
        match value.trim().parse() {
            Ok(number) if number >= least => number,
            _ => {
                let message =
                    format!("menu {name}: {attribute}=\"{value}\" is no number from {least}");
                let fault = Fault::error(element.place.clone(), message);
                faults.push(fault.so(format!("{or} holds")));
                or
            }
        }
    };
    let menu = Menu {
        name: name.to_owned(),
        greet_long: text("greet-long", ""),
        greet_short: text("greet-short", ""),
        invalid_sound: text("invalid-sound", ""),
        exit_sound: text("exit-sound", ""),
        transfer_sound: text("transfer-sound", ""),
        confirm_macro: text("confirm-macro", ""),
        confirm_key: text("confirm-key", &own.confirm_key),
        confirm_attempts: number("confirm-attempts", own.confirm_attempts, 1),
        tts_engine: text("tts-engine", ""),
        tts_voice: text("tts-voice", ""),
        pin: text("pin", ""),
        pin_file: text("prompt-pin-file", ""),
        bad_pin_file: text("bad-pin-file", ""),
        timeout: number("timeout", own.timeout, 1),
        inter_digit_timeout: number("inter-digit-timeout", own.inter_digit_timeout, 1),
        digit_len: number("digit-len", own.digit_len, 1),
        max_failures: number("max-failures", own.max_failures, 1),
        max_timeouts: number("max-timeouts", own.max_timeouts, 1),
        exec_on_max_failures: text("exec-on-max-failures", ""),
        exec_on_max_timeouts: text("exec-on-max-timeouts", ""),
        entries: Vec::new(),
    };
    let entries = element.children_named("entry").filter_map(|child| {
        entry(child)
            .map_err(|why| {
                let message = format!("menu {name}: {why}");
                let fault = Fault::error(child.place.clone(), message);
                faults.push(fault.so("this <entry> is left out"));
            })
            .ok()
    });
    Menu { entries: entries.collect(), ..menu }
}

fn entry(element: &Element) -> Result<Entry, String> {
    let name = element.attribute("action").unwrap_or_default();
    let action = Action::parse(name).ok_or_else(|| {
        let all: Vec<&str> = ACTIONS.iter().map(|(name, _)| *name).collect();
        format!("action \"{name}\"; there are {}", all.join(", "))
    })?;
    let digits = element.attribute("digits").unwrap_or_default();
    if digits.is_empty() {
        return Err("it needs digits".to_owned());
    }
    if let Some(pattern) = pattern(digits) {
        regex::cached(pattern).map_err(|error| format!("digits=\"{digits}\": {error}"))?;
    }
    let argument = element.attribute("param").unwrap_or_default();
    Ok(Entry { action, digits: digits.to_owned(), argument: argument.to_owned() })
}

/// The pattern of digits that are one: `/…/`.
pub(super) fn pattern(digits: &str) -> Option<&str> {
    digits.strip_prefix('/')?.strip_suffix('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Assembled, parse};

    #[test]
    fn a_menu_and_its_faults() {
        let text = r#"<configuration><menus>
            <menu name="a" greet-long="hello.wav" timeout="soon" digit-len="4" colour="red">
              <entry action="menu-exec-app" digits="/^(\d{3})$/" param="set got=$1"/>
              <entry action="menu-dance" digits="1"/>
              <entry action="menu-exit"/>
              <entry action="menu-exit" digits="/(/"/>
              <entry action="MENU-TOP" digits="*"/>
            </menu></menus></configuration>"#;
        let tree = parse(&Assembled::of_text("ivr.conf.xml", text.to_owned())).unwrap();
        let mut faults = Vec::new();
        let menus = Menus::read(&tree, &mut faults);
        let menu = menus.find("a").unwrap();
        assert_eq!((menu.timeout, menu.digit_len, menu.confirm_key.as_str()), (10_000, 4, "#"));
        let entries: Vec<_> =
            menu.entries.iter().map(|entry| (entry.action, &*entry.digits)).collect();
        assert_eq!(entries, [(Action::Execute, "/^(\\d{3})$/"), (Action::Top, "*")]);
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        for part in ["timeout=\"soon\"", "colour", "ivr.conf.xml:4", "it needs digits", "\"/(/\""] {
            assert!(faults.iter().any(|fault| fault.contains(part)), "{part}: {faults:?}");
        }
        assert!(menus.find("b").is_none());
    }
}
