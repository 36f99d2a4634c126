//! The command `filter`: which of the wanted events are sent, by their headers.

use ringfence_switch::event::Event;
use ringfence_switch::regex::{self, Compiled};

/// The most filters of one connection; `filter` refuses one more.
pub(crate) const MAX_FILTERS: usize = 1_000;

/// The filters of one connection. Without any, everything is sent.
#[derive(Debug, Default)]
pub(crate) struct Filters(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    header: String,
    value: String,
    /// A match sends the event; otherwise it keeps it back.
    sends: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// The whole value, in any case.
    Text(String),
    /// `/pattern/`; one that is no pattern matches nothing.
    Pattern(Compiled),
}

impl Filters {
    /// Adds one; false when there are [`MAX_FILTERS`].
    pub(crate) fn add(&mut self, header: &str, value: &str) -> bool {
        if self.0.len() >= MAX_FILTERS {
            return false;
        }
        let (mut sends, mut text) = (true, value);
        while let Some(first) = text.chars().next() {
            match first {
                '+' => sends = true,
                '-' => sends = false,
                ' ' => {}
                _ => break,
            }
            text = text.get(1..).unwrap_or_default();
        }
        let pattern = text.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        let test = match pattern {
            Some(pattern) => Test::Pattern(regex::cached(pattern)),
            None => Test::Text(text.to_owned()),
        };
        self.0.push(Rule { header: header.to_owned(), value: value.to_owned(), sends, test });
        true
    }

    /// Removes those of a header, with a value only those; `all` removes every one.
    pub(crate) fn remove(&mut self, header: &str, value: Option<&str>) {
        if header.eq_ignore_ascii_case("all") {
            return self.0.clear();
        }
        self.0.retain(|rule| {
            !rule.header.eq_ignore_ascii_case(header)
                || value.is_some_and(|value| !rule.value.eq_ignore_ascii_case(value))
        });
    }

    /// Whether the event is sent: some filter matches it, and none that keeps back.
    pub(crate) fn pass(&self, event: &Event) -> bool {
        let mut pass = self.0.is_empty();
        for rule in &self.0 {
            let Some(value) = event.header(&rule.header) else { continue };
            let matches = match &rule.test {
                Test::Text(text) => value.eq_ignore_ascii_case(text),
                Test::Pattern(Ok(pattern)) => pattern.is_match(&value).unwrap_or(false),
                Test::Pattern(Err(_)) => false,
            };
            match (matches, rule.sends) {
                (true, true) => pass = true,
                (true, false) => return false,
                (false, _) => {}
            }
        }
        pass
    }
}

#[cfg(test)]
mod tests {
    use ringfence_switch::event::EventName;

    use super::*;

    fn pass(filters: &[(&str, &str)], headers: &[(&str, &str)]) -> bool {
        let mut all = Filters::default();
        for (header, value) in filters {
            assert!(all.add(header, value));
        }
        let mut event = Event::bare(EventName::Custom);
        for (header, value) in headers {
            event.set(header, *value);
        }
        all.pass(&event)
    }

    #[test]
    fn any_match_sends_and_a_minus_keeps_back() {
        assert!(pass(&[], &[]));
        assert!(pass(&[("Foo", "yes"), ("bar", "1")], &[("foo", "YES")]));
        assert!(!pass(&[("foo", "ye")], &[("foo", "yes")]));
        assert!(pass(&[("foo", "/^y.s$/")], &[("foo", "yas")]));
        assert!(!pass(&[("foo", "/(/")], &[("foo", "(")]));
        assert!(!pass(&[("foo", "yes"), ("bar", "-1")], &[("foo", "yes"), ("bar", "1")]));
        assert!(pass(&[("foo", "yes"), ("bar", "-1")], &[("foo", "yes"), ("bar", "2")]));
        assert!(!pass(&[("foo", "!yes")], &[("foo", "no")]));
    }

    #[test]
    fn filters_are_removed_by_header_and_value() {
        let mut filters = Filters::default();
        for value in ["a", "b"] {
            assert!(filters.add("foo", value));
        }
        filters.remove("FOO", Some("a"));
        assert_eq!(filters.0.len(), 1);
        filters.remove("foo", None);
        assert!(filters.0.is_empty());
        for number in 0..MAX_FILTERS {
            assert!(filters.add("foo", &number.to_string()));
        }
        assert!(!filters.add("foo", "more"));
        filters.remove("all", None);
        assert!(filters.0.is_empty());
    }
}
