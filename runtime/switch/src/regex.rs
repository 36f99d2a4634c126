//! Regular expressions as FreeSWITCH reads them: Perl's, by PCRE2, on bytes.
//!
//! `/re/i` carries flags, a leading `_` is an Asterisk pattern, `$1` and `${1}` stand for captures. A
//! match that would run for ever is an error after [`MATCH_LIMIT`] steps.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use pcre2::bytes::{Regex, RegexBuilder};
use ringfence_text::{decode, encode};

use crate::variable::{ARRAY, SEPARATOR};

/// How many steps one match may take before it fails with [`PatternError::TooHard`]; some
/// milliseconds. Honest patterns need hundreds.
pub const MATCH_LIMIT: u32 = 100_000;

/// How much memory one match may take, in KiB.
pub const HEAP_LIMIT: u32 = 20_000;

/// The longest pattern, in bytes; a longer one is [`PatternError::TooLong`].
pub const MAX_PATTERN: usize = 32 * 1024;

/// How many patterns [`cached`] remembers; the least used go first. Twice this many can be alive.
pub const CACHE: usize = 512;

/// What a pattern cannot do.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PatternError {
    /// It cannot be compiled.
    #[error("{message} at character {offset} of the expression {pattern}")]
    Syntax {
        /// The pattern as it was written.
        pattern: String,
        /// What is wrong.
        message: String,
        /// Where, counted from 0.
        offset: usize,
    },
    /// `/re` without a second `/`.
    #[error("the expression {0} begins with / and has no second one")]
    Unclosed(String),
    /// Longer than [`MAX_PATTERN`].
    #[error("an expression has at most {MAX_PATTERN} bytes")]
    TooLong,
    /// Matching took more than [`MATCH_LIMIT`] steps or [`HEAP_LIMIT`].
    #[error("matching the expression {0} took too many steps and was given up")]
    TooHard(String),
}

/// A compiled expression.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
    captures: bool,
}

impl Pattern {
    /// Compiles an expression: plain, `/re/flags` or `_NXX.`.
    ///
    /// Flags are `i` (no case), `s` (dot takes line breaks) and `x` (blanks do not count); others
    /// are ignored.
    ///
    /// # Errors
    ///
    /// It cannot be compiled or is too long.
    pub fn compile(text: &str) -> Result<Self, PatternError> {
        if text.len() > MAX_PATTERN {
            return Err(PatternError::TooLong);
        }
        let (body, flags) = match text.strip_prefix('/') {
            Some(rest) => match rest.rsplit_once('/') {
                Some((body, flags)) => (Cow::Borrowed(body), flags),
                None => return Err(PatternError::Unclosed(text.to_owned())),
            },
            None => match text.strip_prefix('_') {
                Some(asterisk) => (Cow::Owned(translate(asterisk)), ""),
                None => (Cow::Borrowed(text), ""),
            },
        };
        let limits = format!("(*LIMIT_MATCH={MATCH_LIMIT})(*LIMIT_HEAP={HEAP_LIMIT})");
        let regex = RegexBuilder::new()
            .caseless(flags.contains('i'))
            .dotall(flags.contains('s'))
            .extended(flags.contains('x'))
            .jit_if_available(true)
            .build(&format!("{limits}{body}"))
            .map_err(|error| PatternError::Syntax {
                pattern: text.to_owned(),
                message: meaning(&error),
                offset: error.offset().unwrap_or(0).saturating_sub(limits.len()),
            })?;
        // FreeSWITCH looks for a parenthesis, escaped or not; and so `f\(x\)` has captures too.
        Ok(Self { captures: text.contains('('), text: text.to_owned(), regex })
    }

    /// True when the expression has a parenthesis: then captures are replaced in action data.
    #[must_use]
    pub const fn captures(&self) -> bool {
        self.captures
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern is found anywhere in the subject.
    ///
    /// # Errors
    ///
    /// It took too many steps.
    pub fn is_match(&self, subject: &str) -> Result<bool, PatternError> {
        self.regex.is_match(&encode(subject)).map_err(|error| self.too_hard(&error))
    }

    /// Finds the pattern and what its groups matched; none when it is not found.
    ///
    /// # Errors
    ///
    /// It took too many steps.
    pub fn find(&self, subject: &str) -> Result<Option<Captures>, PatternError> {
        let bytes = encode(subject);
        // A match without captures costs less, and most expressions of a dialplan do not match.
        if !self.regex.is_match(&bytes).map_err(|error| self.too_hard(&error))? {
            return Ok(None);
        }
        let found = self.regex.captures(&bytes).map_err(|error| self.too_hard(&error))?;
        Ok(found.map(|found| {
            let mut groups: Vec<Option<String>> = (0..found.len())
                .map(|group| found.get(group).map(|m| decode(m.as_bytes()).into_owned()))
                .collect();
            // Groups at the end that took no part do not count.
            let used = groups.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            groups.truncate(used);
            Captures { groups }
        }))
    }

    fn too_hard(&self, error: &pcre2::Error) -> PatternError {
        tracing::debug!(%error, pattern = %self.text, "match failed");
        PatternError::TooHard(self.text.clone())
    }
}

fn meaning(error: &pcre2::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(": ") {
        Some((_, message)) => message.to_owned(),
        None => text,
    }
}

/// An Asterisk pattern (without the `_`) as a regular expression: `X` is 0-9, `Z` 1-9, `N` 2-9, `.`
/// anything; it must match whole.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 3 + 2);
    out.push('^');
    for character in pattern.chars() {
        match character {
            'X' => out.push_str("[0-9]"),
            'Z' => out.push_str("[1-9]"),
            'N' => out.push_str("[2-9]"),
            '.' => out.push_str(".*"),
            other => out.push(other),
        }
    }
    out.push('$');
    out
}

/// What the groups of a match took; group 0 is the whole match.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Captures {
    groups: Vec<Option<String>>,
}

impl Captures {
    /// What a group took; none when it took no part or there is none of that number.
    #[must_use]
    pub fn group(&self, number: usize) -> Option<&str> {
        self.groups.get(number)?.as_deref()
    }

    /// Replaces `$1` and `${1}` in a text; other dollar signs stay.
    #[must_use]
    pub fn substitute(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (digits, braced) = match after.strip_prefix('{') {
                Some(body) => (body, true),
                None => (after, false),
            };
            let end = digits.bytes().take_while(u8::is_ascii_digit).count();
            let (number, behind) = digits.split_at(end);
            let behind = if braced { behind.strip_prefix('}') } else { Some(behind) };
            match behind.filter(|_| end > 0) {
                Some(behind) => {
                    let group = number.parse().ok().and_then(|number| self.group(number));
                    out.push_str(group.unwrap_or_default());
                    rest = behind;
                }
                None => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// All groups as the value of a list variable: `ARRAY::all|:first|:second`.
    #[must_use]
    pub fn list(&self) -> String {
        let groups: Vec<&str> = self.groups.iter().map(|g| g.as_deref().unwrap_or("")).collect();
        format!("{ARRAY}{}", groups.join(SEPARATOR))
    }
}

/// A compiled pattern, or why it is none.
pub type Compiled = Result<Arc<Pattern>, PatternError>;

/// Two generations: what is not used while one fills up goes with the older one.
#[derive(Default)]
struct Generations {
    young: HashMap<String, Compiled, foldhash::fast::RandomState>,
    old: HashMap<String, Compiled, foldhash::fast::RandomState>,
}

static PATTERNS: LazyLock<Mutex<Generations>> = LazyLock::new(Mutex::default);

/// As [`Pattern::compile`], and remembers what it compiled: for expressions that are known only
/// during a call.
///
/// # Errors
///
/// As [`Pattern::compile`].
pub fn cached(text: &str) -> Compiled {
    if let Some(found) = remembered(text) {
        return found;
    }
    // Compiled without the lock: it takes some tens of microseconds.
    let compiled = Pattern::compile(text).map(Arc::new);
    if text.len() <= MAX_PATTERN {
        let mut generations = PATTERNS.lock();
        if generations.young.len() >= CACHE {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(text.to_owned(), compiled.clone());
    }
    compiled
}

fn remembered(text: &str) -> Option<Compiled> {
    let mut generations = PATTERNS.lock();
    if let Some(found) = generations.young.get(text) {
        return Some(found.clone());
    }
    let (text, found) = generations.old.remove_entry(text)?;
    if generations.young.len() < CACHE {
        generations.young.insert(text, found.clone());
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, subject: &str) -> bool {
        Pattern::compile(pattern).unwrap().is_match(subject).unwrap()
    }

    #[test]
    fn flags_and_asterisk_patterns() {
        assert!(found("/^HELLO$/i", "hello"));
        assert!(!found("^HELLO$", "hello"));
        assert!(found("/^a.b$/s", "a\nb") && !found("/^a.b$/", "a\nb"));
        assert!(found("/^ a b $/x", "ab"));
        assert!(found("/^HELLO$/iq", "hello"));
        for (pattern, number, expected) in [
            ("_92[0-4]X", "9205", true),
            ("_92[0-4]X", "920", false),
            ("_925N.", "9252", true),
            ("_925N.", "9251", false),
            ("_925N.", "92523", true),
            ("_927[A-C]x", "927Ax", true),
            ("_927[A-C]x", "927Bx1", false),
        ] {
            assert_eq!(found(pattern, number), expected, "{pattern} {number}");
        }
    }

    #[test]
    fn captures_are_replaced() {
        let pattern = Pattern::compile(r"^7(\d)?(x)?(\d)$").unwrap();
        let captures = pattern.find("712").unwrap().unwrap();
        assert_eq!(
            captures.substitute("[$1][$2][${3}][$4] $x $$ ${x} ${1 $"),
            "[1][][2][] $x $$ ${x} ${1 $"
        );
        assert_eq!(captures.list(), "ARRAY::712|:1|:|:2");
        let captures = Pattern::compile("(a)(b)?").unwrap().find("a").unwrap().unwrap();
        assert_eq!(captures.list(), "ARRAY::a|:a");
    }

    #[test]
    fn bytes_that_are_not_utf8_match() {
        let subject = decode(b"M\xFCller").into_owned();
        let captures = Pattern::compile("^M(.)ller$").unwrap().find(&subject).unwrap().unwrap();
        assert_eq!(&*encode(captures.group(1).unwrap()), b"\xFC");
    }

    #[test]
    fn a_broken_pattern_says_where() {
        let error = Pattern::compile("ab(").unwrap_err();
        assert_eq!(
            error.to_string(),
            "missing closing parenthesis at character 3 of the expression ab("
        );
        assert_eq!(Pattern::compile("/x").unwrap_err(), PatternError::Unclosed("/x".into()));
        assert_eq!(
            Pattern::compile(&"x".repeat(MAX_PATTERN + 1)).unwrap_err(),
            PatternError::TooLong
        );
    }

    #[test]
    fn a_catastrophic_pattern_gives_up() {
        for pattern in ["^(a+)+$", "^(a|a)*$", "(x+x+)+y", "(*LIMIT_MATCH=999999999)^(a+)+$"] {
            let subject = format!("{}!{}", "a".repeat(40), "x".repeat(40));
            match Pattern::compile(pattern).unwrap().find(&subject) {
                Err(PatternError::TooHard(_)) | Ok(None) => {}
                other => panic!("{pattern}: {other:?}"),
            }
        }
        let hard = Pattern::compile("^(a+)+$").unwrap();
        let subject = format!("{}!", "a".repeat(64));
        assert_eq!(hard.is_match(&subject), Err(PatternError::TooHard("^(a+)+$".into())));
    }

    #[test]
    fn the_cache_is_bounded() {
        for number in 0..CACHE * 3 {
            cached(&format!("^{number}$")).unwrap();
        }
        assert!(cached("(").is_err() && cached("(").is_err());
        let generations = PATTERNS.lock();
        assert!(generations.young.len() <= CACHE && generations.old.len() <= CACHE);
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn nothing_panics(pattern in ".{0,30}", subject in ".{0,30}", text in "[${}0-9a]{0,20}") {
                if let Ok(pattern) = Pattern::compile(&pattern)
                    && let Ok(Some(captures)) = pattern.find(&subject)
                {
                    let _ = captures.substitute(&text);
                }
            }
        }
    }
}
