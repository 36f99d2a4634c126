//! Variables: names without regard to case, in the order they were set, values that may be lists.
//!
//! Channel variables, global variables and event headers are all this one type, as in FreeSWITCH.
//! A list is written `ARRAY::first|:second`; `name[1]` names one of its elements.

use std::{borrow::Cow, fmt};

/// What begins a list written as one text.
pub const ARRAY: &str = "ARRAY::";

/// What stands between the elements of a list.
pub const SEPARATOR: &str = "|:";

/// How many elements a list may have; FreeSWITCH stops at the same number. What goes beyond is
/// dropped ([`Refused::TooManyElements`]).
pub const MAX_ELEMENTS: usize = 4_000;

/// How many variables a call may have before scripts, dialplans and commands may set no new ones; and
/// how many global ones ([`Refused::TooMany`]). A script's own memory is limited elsewhere; this is
/// the server's.
pub const MAX_VARIABLES: usize = 4_000;

/// What the names and values of a call's variables may take together, in bytes, and those of the
/// global ones ([`Refused::TooLarge`]).
pub const MAX_BYTES: usize = 1 << 20;

/// What an element of a list takes besides its text.
const ELEMENT: usize = size_of::<String>();

/// Why a variable was not set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    /// The name is empty.
    NoName,
    /// More than [`MAX_ELEMENTS`].
    TooManyElements,
    /// More than [`MAX_VARIABLES`].
    TooMany,
    /// More than [`MAX_BYTES`].
    TooLarge,
    /// The script on whose authority it is set may not.
    NotPermitted,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => f.write_str("a variable needs a name"),
            Self::TooManyElements => write!(f, "a list has at most {MAX_ELEMENTS} elements"),
            Self::TooMany => {
                write!(f, "there are {MAX_VARIABLES} variables already; no new one can be set")
            }
            Self::TooLarge => {
                write!(f, "all variables together may take {MAX_BYTES} bytes; remove some first")
            }
            Self::NotPermitted => f.write_str("the script's profile does not permit it"),
        }
    }
}

impl std::error::Error for Refused {}

/// A value: one text, or a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// One text.
    Text(String),
    /// A list; a list of one element reads as that element.
    List(Vec<String>),
}

impl Value {
    /// Reads `ARRAY::a|:b` as a list, anything else as text.
    fn parse(text: String) -> Self {
        match text.strip_prefix(ARRAY) {
            Some(list) => {
                Self::List(list.split(SEPARATOR).take(MAX_ELEMENTS).map(str::to_owned).collect())
            }
            None => Self::Text(text),
        }
    }

    /// The whole value as one text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::List(list) => match list.as_slice() {
                [] => Cow::Borrowed(""),
                [only] => Cow::Borrowed(only),
                _ => Cow::Owned(format!("{ARRAY}{}", list.join(SEPARATOR))),
            },
        }
    }

    /// One element, counted from 0; a text has none.
    #[must_use]
    pub fn element(&self, index: usize) -> Option<&str> {
        match self {
            Self::Text(_) => None,
            Self::List(list) => list.get(index).map(String::as_str),
        }
    }

    /// The elements; a text counts as one.
    #[must_use]
    pub fn elements(&self) -> &[String] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(list) => list,
        }
    }

    /// Bytes it takes.
    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(list) => list.iter().map(|element| element.len() + ELEMENT).sum(),
        }
    }

    fn into_elements(self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(list) => list,
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    /// Of the name in lower case: what a look-up compares first.
    hash: u32,
    name: Box<str>,
    value: Value,
}

/// An ordered set of variables.
///
/// A look-up walks the entries and compares hashes; a call has some tens of variables, where this is
/// as fast as a hash table and takes a third of its memory.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    entries: Vec<Entry>,
}

impl Variables {
    /// No variables.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, name: &str) -> Option<usize> {
        let hash = hash(name);
        self.entries
            .iter()
            .position(|entry| entry.hash == hash && entry.name.eq_ignore_ascii_case(name))
    }

    /// The value of that name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.position(name).and_then(|at| self.entries.get(at)).map(|entry| &entry.value)
    }

    /// The value of that name as text; a list as `ARRAY::a|:b`.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.value(name).map(Value::text)
    }

    /// The element of a list, counted from 0.
    #[must_use]
    pub fn element(&self, name: &str, index: usize) -> Option<&str> {
        self.value(name)?.element(index)
    }

    /// Sets a variable in place of what it was.
    ///
    /// `name[2]` sets one element and makes the list longer when needed; a value that begins with
    /// `ARRAY::` is a list.
    ///
    /// # Errors
    ///
    /// Without a name, and for an element past [`MAX_ELEMENTS`]; nothing changes then.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> Result<(), Refused> {
        if let Some((list, index)) = element_of(name) {
            return self.set_element(list, index, value.into());
        }
        if name.is_empty() {
            return Err(Refused::NoName);
        }
        let value = Value::parse(value.into());
        match self.position(name).and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => entry.value = value,
            None => self.append(name, value),
        }
        Ok(())
    }

    /// Adds an entry, also where there is one of that name already: headers of events may come several
    /// times. What reads a value finds the first.
    ///
    /// # Errors
    ///
    /// As [`Self::set`].
    pub fn add(&mut self, name: &str, value: impl Into<String>) -> Result<(), Refused> {
        if element_of(name).is_some() {
            return self.set(name, value);
        }
        self.append(name, Value::parse(value.into()));
        Ok(())
    }

    /// Sets a variable as [`Self::set`] does, for those who may set any number of any length: within
    /// [`MAX_VARIABLES`] and [`MAX_BYTES`].
    ///
    /// # Errors
    ///
    /// As [`Self::set`], and when there is no room; nothing changes then.
    pub fn set_bounded(&mut self, name: &str, value: &str) -> Result<(), Refused> {
        let (plain, index) = element_of(name).map_or((name, None), |(list, at)| (list, Some(at)));
        let old = self.value(plain);
        let (gone, more) = match index {
            None => {
                let lists =
                    value.strip_prefix(ARRAY).map_or(0, |list| 1 + list.matches(SEPARATOR).count());
                (old.map_or(0, Value::size), value.len() + lists * ELEMENT)
            }
            Some(at) => {
                let length = old.map_or(0, |old| old.elements().len());
                (0, value.len() + (at + 1).saturating_sub(length).saturating_mul(ELEMENT))
            }
        };
        self.room(plain, gone, more)?;
        self.set(name, value)
    }

    /// Whether something that takes `more` bytes, instead of `gone` ones, still fits.
    fn room(&self, name: &str, gone: usize, more: usize) -> Result<(), Refused> {
        let new = self.position(name).is_none();
        if new && self.entries.len() >= MAX_VARIABLES {
            return Err(Refused::TooMany);
        }
        let taken: usize =
            self.entries.iter().map(|entry| entry.name.len() + entry.value.size()).sum();
        let name = if new { name.len() } else { 0 };
        let all = (taken - gone).saturating_add(name).saturating_add(more);
        // What makes room is welcome even when others have filled it.
        if all > MAX_BYTES && more > gone { Err(Refused::TooLarge) } else { Ok(()) }
    }

    fn append(&mut self, name: &str, value: Value) {
        self.entries.push(Entry { hash: hash(name), name: name.into(), value });
    }

    fn set_element(&mut self, name: &str, index: usize, value: String) -> Result<(), Refused> {
        if name.is_empty() {
            return Err(Refused::NoName);
        }
        if index >= MAX_ELEMENTS {
            return Err(Refused::TooManyElements);
        }
        let mut list = self.take(name).map(Value::into_elements).unwrap_or_default();
        if list.len() <= index {
            list.resize(index + 1, String::new());
        }
        if let Some(element) = list.get_mut(index) {
            *element = value;
        }
        self.put(name, Value::List(list));
        Ok(())
    }

    /// Appends an element; what was a text becomes the first one.
    ///
    /// # Errors
    ///
    /// As [`Self::set_bounded`].
    pub fn push(&mut self, name: &str, value: impl Into<String>) -> Result<(), Refused> {
        let value = value.into();
        self.extend_list(name, value.len(), |list| list.push(value))
    }

    /// Puts an element in front of the others.
    ///
    /// # Errors
    ///
    /// As [`Self::set_bounded`].
    pub fn unshift(&mut self, name: &str, value: impl Into<String>) -> Result<(), Refused> {
        let value = value.into();
        self.extend_list(name, value.len(), |list| list.insert(0, value))
    }

    fn extend_list(
        &mut self,
        name: &str,
        added: usize,
        add: impl FnOnce(&mut Vec<String>),
    ) -> Result<(), Refused> {
        if name.is_empty() {
            return Err(Refused::NoName);
        }
        let length = self.value(name).map_or(0, |value| value.elements().len());
        if length >= MAX_ELEMENTS {
            return Err(Refused::TooManyElements);
        }
        self.room(name, 0, added + ELEMENT)?;
        let mut list = self.take(name).map(Value::into_elements).unwrap_or_default();
        add(&mut list);
        self.put(name, Value::List(list));
        Ok(())
    }

    /// Takes the value and leaves the place, so that [`Self::put`] keeps the order.
    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.position(name)?;
        let entry = self.entries.get_mut(at)?;
        Some(std::mem::replace(&mut entry.value, Value::List(Vec::new())))
    }

    fn put(&mut self, name: &str, value: Value) {
        match self.position(name).and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => entry.value = value,
            None => self.append(name, value),
        }
    }

    /// Removes a variable; false when there was none.
    pub fn remove(&mut self, name: &str) -> bool {
        match self.position(name) {
            Some(at) => {
                self.entries.remove(at);
                true
            }
            None => false,
        }
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Names and values in the order they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|entry| (&*entry.name, &entry.value))
    }
}

/// `list[3]` as `("list", 3)`. A number that is none counts as 0, a negative one names no element.
#[must_use]
pub fn element_of(name: &str) -> Option<(&str, usize)> {
    let (list, rest) = name.split_once('[')?;
    let (index, _) = rest.split_once(']')?;
    Some((list, usize::try_from(integer(index)).ok()?))
}

/// The number at the start of a text as C reads it: blanks, a sign, digits; 0 when there is none.
#[must_use]
pub fn integer(text: &str) -> i64 {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let value = digits.bytes().take_while(u8::is_ascii_digit).fold(0_i64, |value, digit| {
        value.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    if negative { -value } else { value }
}

/// FNV-1a over the letters in lower case.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    })
}

/// `true`, `yes`, `on`, `enabled`, `active`, `allow`, `t` or a number other than 0, in any case.
#[must_use]
pub fn is_true(text: &str) -> bool {
    ["yes", "on", "true", "t", "enabled", "active", "allow"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
        || (!text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
            && integer(text) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Variables {
        let mut variables = Variables::new();
        for (name, value) in pairs {
            variables.set(name, *value).unwrap();
        }
        variables
    }

    #[test]
    fn names_have_no_case_and_keep_their_order() {
        let mut variables = with(&[("One", "1"), ("two", "2"), ("ONE", "3")]);
        assert_eq!(variables.text("one").as_deref(), Some("3"));
        assert_eq!(variables.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["One", "two"]);
        assert!(variables.remove("oNe"));
        assert!(!variables.remove("one"));
        assert_eq!(variables.len(), 1);
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let mut variables = Variables::new();
        for number in 0..MAX_VARIABLES {
            variables.set_bounded(&format!("v{number}"), "x").unwrap();
        }
        assert_eq!(variables.set_bounded("new", "x"), Err(Refused::TooMany));
        assert_eq!(variables.push("new", "x"), Err(Refused::TooMany));
        variables.set_bounded("v7", "changed").unwrap();
        variables.remove("v8");
        variables.set_bounded("new", "x").unwrap();
        assert_eq!(variables.len(), MAX_VARIABLES);
    }

    #[test]
    fn there_is_room_for_so_many_bytes_and_no_more() {
        let mut variables = Variables::new();
        let large = "x".repeat(MAX_BYTES / 4);
        for name in ["a", "b", "c"] {
            variables.set_bounded(name, &large).unwrap();
            variables.set_bounded(name, &large).unwrap();
        }
        assert_eq!(variables.set_bounded("d", &large), Err(Refused::TooLarge));
        assert_eq!(variables.set_bounded("d[1]", &large), Err(Refused::TooLarge));
        assert_eq!(variables.push("d", large.as_str()), Err(Refused::TooLarge));
        assert_eq!(variables.text("d"), None);
        variables.set_bounded("a", "").unwrap();
        variables.push("d", large.as_str()).unwrap();
        assert_eq!(variables.set_bounded("e", "ARRAY::").err(), None);
        // Elements cost even when they are empty.
        let mut lists = Variables::new();
        let refused = (0..MAX_VARIABLES)
            .find_map(|at| lists.set_bounded(&format!("l{at}[{}]", MAX_ELEMENTS - 1), "").err());
        assert_eq!(refused, Some(Refused::TooLarge));
        assert!(lists.len() * MAX_ELEMENTS * ELEMENT <= MAX_BYTES);
    }

    #[test]
    fn lists_read_back_as_they_were_written() {
        let variables = with(&[("arr", "ARRAY::a|:b|:c"), ("single", "ARRAY::only")]);
        assert_eq!(variables.text("arr").as_deref(), Some("ARRAY::a|:b|:c"));
        assert_eq!(variables.element("arr", 1), Some("b"));
        assert_eq!(variables.element("arr", 3), None);
        assert_eq!(variables.text("single").as_deref(), Some("only"));
        assert_eq!(variables.element("single", 0), Some("only"));
    }

    #[test]
    fn elements_are_set_by_number() {
        let mut variables = with(&[("arr[0]", "x"), ("arr[2]", "z")]);
        assert_eq!(variables.text("arr").as_deref(), Some("ARRAY::x|:|:z"));
        assert_eq!(variables.set("arr[4000]", "no"), Err(Refused::TooManyElements));
        assert_eq!(variables.set("", "no"), Err(Refused::NoName));
        variables.push("arr", "end").unwrap();
        variables.unshift("arr", "start").unwrap();
        assert_eq!(variables.text("arr").as_deref(), Some("ARRAY::start|:x|:|:z|:end"));
    }

    #[test]
    fn a_list_has_an_end() {
        let mut variables = Variables::new();
        for _ in 0..MAX_ELEMENTS {
            variables.push("list", "x").unwrap();
        }
        assert_eq!(variables.push("list", "x"), Err(Refused::TooManyElements));
    }

    #[test]
    fn numbers_are_read_as_c_does() {
        for (text, value) in [
            ("12abc", 12),
            (" -3", -3),
            ("+1 ", 1),
            ("x", 0),
            ("", 0),
            ("é", 0),
            ("9999999999999999999", i64::MAX),
        ] {
            assert_eq!(integer(text), value, "{text:?}");
        }
    }

    #[test]
    fn truth_has_many_names() {
        for text in ["true", "YES", "on", "1", "allow", "-1"] {
            assert!(is_true(text), "{text}");
        }
        for text in ["", "0", "false", "no", "-", "maybe"] {
            assert!(!is_true(text), "{text}");
        }
    }
}
