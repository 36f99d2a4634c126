//! Script profiles: what scripts may do, how much of it, and what their calls get when they end.

use crate::cause::Cause;
use crate::variable::Variables;
use crate::xml::{Element, Fault, Place};

use super::limit::{DEFAULT_HOLDS, LIMITS, Limits};
use super::parameter::{Parameter, Settings};
use super::permission::{PERMISSIONS, Permissions};

/// The profile of the operator's own scripts.
pub const TRUSTED: &str = "trusted";
/// The profile of scripts by others, and of components.
pub const THIRD_PARTY: &str = "third-party";

const ON_END: Parameter = Parameter::one(
    "on-end",
    "continue",
    "continue, hangup <cause>, transfer <extension> [dialplan [context]]",
    "What the call gets when a limit or a kill ended its script: the next action, a hangup, or another \
     extension.",
);

/// The parameters of a script profile.
pub const PARAMETERS: &[Parameter] = &{
    let mut all = [ON_END; 1 + PERMISSIONS.len() + LIMITS.len()];
    let mut at = 0;
    while at < PERMISSIONS.len() {
        all[1 + at] = PERMISSIONS[at].parameter;
        at += 1;
    }
    let mut at = 0;
    while at < LIMITS.len() {
        all[1 + PERMISSIONS.len() + at] = LIMITS[at].parameter;
        at += 1;
    }
    all
};

/// What a call gets when its script was ended: by a limit, a kill, a trap.
///
/// A script that returned, or raised an error, leaves the call to the dialplan whatever this says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum OnEnd {
    /// The next action of the dialplan, as in FreeSWITCH after an error.
    #[default]
    Continue,
    /// The end of the call.
    Hangup(Cause),
    /// Another extension.
    Transfer {
        /// Its number.
        extension: String,
        /// None keeps the call's.
        dialplan: Option<String>,
        /// None keeps the call's.
        context: Option<String>,
    },
}

/// A script profile as the operator wrote it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileSettings {
    /// `trusted`.
    pub name: String,
    /// What scripts may do.
    pub permissions: Permissions,
    /// How much of it.
    pub limits: Limits,
    /// What their calls get when they were ended.
    pub on_end: OnEnd,
}

impl ProfileSettings {
    /// What the operator's own scripts need.
    #[must_use]
    pub fn trusted(globals: &Variables) -> Self {
        Self {
            name: TRUSTED.to_owned(),
            permissions: Permissions::trusted(globals),
            limits: Limits::trusted(),
            on_end: OnEnd::Continue,
        }
    }

    /// Nothing but to serve the call: what nobody has looked at.
    #[must_use]
    pub fn third_party() -> Self {
        Self {
            name: THIRD_PARTY.to_owned(),
            permissions: Permissions::default(),
            limits: Limits::third_party(),
            on_end: OnEnd::Continue,
        }
    }
}

/// Reads `<profile name="…" base="…">` into the profiles that are known so far.
pub(super) fn read(
    element: &Element,
    profiles: &mut Vec<(ProfileSettings, Option<Place>)>,
    faults: &mut Vec<Fault>,
) {
    super::known_children(element, &["param"], faults);
    let Some(name) = element.attribute("name").filter(|name| !name.is_empty()) else {
        faults.push(Fault::error(element.place.clone(), "a script <profile> needs a name"));
        return;
    };
    let known = profiles.iter().position(|(profile, _)| profile.name == name);
    if let Some((_, Some(first))) = known.and_then(|at| profiles.get(at)) {
        let message = format!("a second profile {name}");
        let so = format!("the one at {first} holds");
        faults.push(Fault::error(element.place.clone(), message).so(so));
        return;
    }
    let base =
        element.attribute("base").unwrap_or(if known.is_some() { name } else { THIRD_PARTY });
    let Some((base, _)) = profiles.iter().find(|(profile, _)| profile.name == base) else {
        let names: Vec<_> = profiles.iter().map(|(profile, _)| profile.name.as_str()).collect();
        let message = format!(
            "base=\"{base}\" is not a profile that stands before this one: {}",
            names.join(", ")
        );
        let so = format!("the profile {name} is left out");
        faults.push(Fault::error(element.place.clone(), message).so(so));
        return;
    };
    let mut profile = ProfileSettings { name: name.to_owned(), ..base.clone() };
    let settings = Settings::read(Some(element), PARAMETERS, &[], faults);
    profile.limits.read(&settings, faults);
    profile.permissions.read(&settings, faults);
    if let Some((value, place)) = settings.set("on-end") {
        match on_end(value) {
            Ok(on_end) => profile.on_end = on_end,
            Err(right) => {
                let message = format!("on-end=\"{value}\" is not {right}");
                faults.push(Fault::error(place.clone(), message).so(DEFAULT_HOLDS));
            }
        }
    }
    let place = Some(element.place.clone());
    match known.and_then(|at| profiles.get_mut(at)) {
        Some(own) => *own = (profile, place),
        None => profiles.push((profile, place)),
    }
}

/// Reads an end policy; what would be right when it is not one.
fn on_end(value: &str) -> Result<OnEnd, &'static str> {
    const RIGHT: &str = "continue, hangup <cause> or transfer <extension> [dialplan [context]]";
    let mut words = value.split_whitespace();
    let mut next = || words.next().map(str::to_owned);
    let read = match (next().as_deref(), next(), next(), next(), next()) {
        (Some("continue"), None, ..) => OnEnd::Continue,
        (Some("hangup"), None, ..) => OnEnd::Hangup(Cause::NORMAL_CLEARING),
        (Some("hangup"), Some(cause), None, ..) => match Cause::find(&cause) {
            Some(cause) => OnEnd::Hangup(cause),
            None => return Err("a hangup with a cause as NORMAL_CLEARING, or its number"),
        },
        (Some("transfer"), Some(extension), dialplan, context, None) => {
            OnEnd::Transfer { extension, dialplan, context }
        }
        _ => return Err(RIGHT),
    };
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_policies() {
        assert_eq!(on_end("continue"), Ok(OnEnd::Continue));
        assert_eq!(on_end("hangup"), Ok(OnEnd::Hangup(Cause::NORMAL_CLEARING)));
        assert_eq!(on_end("hangup USER_BUSY"), Ok(OnEnd::Hangup(Cause::USER_BUSY)));
        let transfer = on_end("transfer 9000 XML default");
        let wanted = OnEnd::Transfer {
            extension: "9000".to_owned(),
            dialplan: Some("XML".to_owned()),
            context: Some("default".to_owned()),
        };
        assert_eq!(transfer, Ok(wanted));
        for wrong in ["", "stop", "continue 1", "hangup NO_SUCH", "transfer", "transfer 1 2 3 4"] {
            assert!(on_end(wrong).is_err(), "{wrong}");
        }
    }
}
