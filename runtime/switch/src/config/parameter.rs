//! One table a file: every parameter with its default, unit and meaning.
//!
//! The reader, `ringfence check` and docs/configuration.md are all made from these tables.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use crate::xml::{Element, Fault, Place};

/// A parameter: `<param name="max-sessions" value="1000"/>`.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in the file.
    pub name: &'static str,
    /// What holds when the file does not set it; empty means "nothing".
    pub default: &'static str,
    /// `calls`, `seconds`, `port`, `address`, `text`, `true or false` …
    pub unit: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// May stand more than once.
    pub many: bool,
}

impl Parameter {
    /// One that stands once.
    pub(super) const fn one(
        name: &'static str,
        default: &'static str,
        unit: &'static str,
        doc: &'static str,
    ) -> Self {
        Self { name, default, unit, doc, many: false }
    }

    /// One that may stand more than once.
    pub(super) const fn many(name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        Self { name, default: "", unit, doc, many: true }
    }
}

/// The values of one `<settings>`, checked against their table.
pub(super) struct Settings<'s> {
    table: &'static [Parameter],
    values: HashMap<&'static str, Vec<(&'s str, &'s Place)>>,
}

impl<'s> Settings<'s> {
    /// Reads `<param name value/>` and tells what is unknown or set twice.
    pub(super) fn read(
        element: Option<&'s Element>,
        table: &'static [Parameter],
        ignored: &[&str],
        faults: &mut Vec<Fault>,
    ) -> Self {
        let mut values: HashMap<_, Vec<_>> = HashMap::new();
        let params = element.into_iter().flat_map(|element| element.children_named("param"));
        for param in params {
            let (Some(name), Some(value)) = (param.attribute("name"), param.attribute("value"))
            else {
                faults.push(Fault::error(
                    param.place.clone(),
                    "<param> needs name and value: <param name=\"…\" value=\"…\"/>",
                ));
                continue;
            };
            let Some(entry) = table.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
            else {
                let known = ignored.iter().any(|ignored| ignored.eq_ignore_ascii_case(name));
                let message = if known {
                    format!("the parameter {name} of FreeSWITCH has no effect here")
                } else {
                    format!("there is no parameter {name}; it is ignored{}", nearest(name, table))
                };
                faults.push(Fault::warning(param.place.clone(), message));
                continue;
            };
            let found = values.entry(entry.name).or_default();
            if !found.is_empty() && !entry.many {
                let message = format!("{name} is set a second time; the last one holds");
                faults.push(Fault::warning(param.place.clone(), message));
                found.clear();
            }
            found.push((value.trim(), &param.place));
        }
        Self { table, values }
    }

    fn entry(&self, name: &'static str) -> Option<(&'s str, Option<&'s Place>)> {
        if let Some((value, place)) = self.values.get(name).and_then(|found| found.first()) {
            return Some((value, Some(place)));
        }
        let default = self.table.iter().find(|entry| entry.name == name)?.default;
        (!default.is_empty()).then_some((default, None))
    }

    /// The value, or the default; none when both are empty.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        self.entry(name).map(|(value, _)| value.to_owned()).filter(|value| !value.is_empty())
    }

    /// All values of a parameter that may stand more than once.
    pub(super) fn all(&self, name: &'static str) -> Vec<String> {
        let values = self.values.get(name).into_iter().flatten();
        values.map(|(value, _)| (*value).to_owned()).filter(|value| !value.is_empty()).collect()
    }

    /// The first value that the file gives, if it does, and where; it may be empty.
    pub(super) fn set(&self, name: &'static str) -> Option<(&'s str, &'s Place)> {
        self.values.get(name)?.first().copied()
    }

    /// All values of a parameter that may stand more than once, and where they stand.
    pub(super) fn each(&self, name: &'static str) -> impl Iterator<Item = (&'s str, &'s Place)> {
        self.values.get(name).into_iter().flatten().copied()
    }

    /// Where a parameter is set.
    pub(super) fn place(&self, name: &'static str) -> Option<&'s Place> {
        self.entry(name)?.1
    }

    /// The value read as a `T` that `fits`; else a fault, and the default.
    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        right: &str,
        fits: impl Fn(&T) -> bool,
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let (value, place) = self.entry(name)?;
        if let Some(read) = value.parse::<T>().ok().filter(|read| fits(read)) {
            return Some(read);
        }
        let default = self.table.iter().find(|entry| entry.name == name)?.default;
        // An empty value sets nothing.
        if let Some(place) = place.filter(|_| !value.is_empty()) {
            let holds = if default.is_empty() { "none" } else { default };
            let message = format!("{name}=\"{value}\" is not {right}");
            faults.push(Fault::error(place.clone(), message).so(format!("{holds} holds")));
        }
        default.parse().ok().filter(|_| !default.is_empty())
    }

    /// The value as a number of that range; else a fault, and the default.
    pub(super) fn number<T: FromStr + PartialOrd + Display + Copy>(
        &self,
        name: &'static str,
        range: RangeInclusive<T>,
        faults: &mut Vec<Fault>,
    ) -> T {
        let (least, most) = (range.start(), range.end());
        let right = format!("a number from {least} to {most}");
        let read = self.parsed(name, &right, |number| range.contains(number), faults);
        // The tables' defaults are numbers.
        read.unwrap_or(*least)
    }

    /// The same for a time in seconds.
    pub(super) fn seconds(
        &self,
        name: &'static str,
        range: RangeInclusive<u64>,
        faults: &mut Vec<Fault>,
    ) -> Duration {
        let (least, most) = (range.start(), range.end());
        let right = format!("a number of seconds from {least} to {most}");
        let read = self.parsed(name, &right, |number| range.contains(number), faults);
        Duration::from_secs(read.unwrap_or(*least))
    }
}

/// A hint when a name looks like a slip of the pen.
fn nearest(name: &str, table: &[Parameter]) -> String {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "");
    let wanted = plain(name);
    table
        .iter()
        .find(|entry| {
            let other = plain(entry.name);
            other == wanted
                || (wanted.len() > 3 && (other.starts_with(&wanted) || wanted.starts_with(&other)))
        })
        .map(|entry| format!("; did you mean {}?", entry.name))
        .unwrap_or_default()
}
