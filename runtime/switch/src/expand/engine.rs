//! The expander itself.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use ringfence_text::{decode, encode};

use super::{Engine, MAX_DEPTH, MAX_OUTPUT, MAX_SUBSTITUTIONS, Scope};
use crate::variable::{element_of, integer};

tokio::task_local! {
    /// The expansion that runs the current command: what is nested has one depth and one budget with
    /// it, so that stack and work are bounded.
    static OUTER: (usize, Arc<Budget>);
}

/// What one expansion, with all that is nested in it, has used up.
#[derive(Default)]
struct Budget {
    substitutions: AtomicUsize,
    output: AtomicUsize,
}

/// Replaces variables, elements, substrings and API calls in a text.
///
/// Waits only when an API command is run. Every text has a result: what cannot be read as an
/// expansion stays, what has no value becomes nothing.
pub async fn expand<'t>(text: &'t str, scope: &dyn Scope) -> Cow<'t, str> {
    if !has_variable(text) && !has_escape(text) {
        return Cow::Borrowed(text);
    }
    let outer = OUTER.try_with(|outer| outer.clone()).ok();
    let outermost = outer.is_none();
    let (depth, budget) = outer.unwrap_or_default();
    let run = Run { scope, budget };
    let expanded = run.expand(text, depth).await;
    if outermost && run.exhausted() {
        tracing::warn!(
            call = run.scope.variable("uuid"),
            limit = MAX_SUBSTITUTIONS,
            bytes = MAX_OUTPUT,
            text = text.get(..text.floor_char_boundary(200)).unwrap_or_default(),
            "an expansion is too large and was cut; do its variables refer to themselves?"
        );
    }
    expanded
}

/// True when there is a `$` followed by a `{`, with only more `$` between.
pub(crate) fn has_variable(text: &str) -> bool {
    let mut dollar = false;
    for byte in text.bytes() {
        match byte {
            b'$' => dollar = true,
            b'{' if dollar => return true,
            _ => dollar = false,
        }
    }
    false
}

/// True when there is an escape that the expander undoes.
pub(super) fn has_escape(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some(at) = memchr(rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        if matches!(rest.first(), Some(b'n' | b's' | b'r' | b't' | b'\'' | b'\\')) {
            return true;
        }
    }
    false
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\\')
}

/// One expansion with all that it leads to.
struct Run<'s> {
    scope: &'s dyn Scope,
    budget: Arc<Budget>,
}

/// What a `${…}` holds.
enum Inner<'t> {
    /// A name with its substring and index, still to be expanded.
    Variable(&'t str),
    /// A command and its arguments, still to be expanded.
    Command(&'t str, &'t str),
}

impl<'s> Run<'s> {
    fn exhausted(&self) -> bool {
        self.budget.substitutions.load(Ordering::Relaxed) > MAX_SUBSTITUTIONS
            || self.budget.output.load(Ordering::Relaxed) > MAX_OUTPUT
    }

    /// Boxed because values lead to values; only texts with a `$` or `\` come here.
    fn expand<'a, 't: 'a>(&'a self, text: &'t str, depth: usize) -> BoxFuture<'a, Cow<'t, str>>
    where
        's: 'a,
    {
        Box::pin(async move {
            if depth > MAX_DEPTH || !(has_variable(text) || has_escape(text)) || self.exhausted() {
                return Cow::Borrowed(text);
            }
            Cow::Owned(self.replace(text, depth).await)
        })
    }

    async fn replace(&self, text: &str, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        // Everything that means something here is ASCII, so every cut is a character's edge.
        while let Some(at) = rest.find(['$', '\\']) {
            let (plain, special) = rest.split_at(at);
            out.push_str(plain);
            if let Some(after) = special.strip_prefix('\\') {
                rest = escape(after, &mut out);
                continue;
            }
            let after = special.strip_prefix('$').unwrap_or(special);
            let (global, after) = match after.strip_prefix('$') {
                Some(after) => (true, after),
                None => (false, after),
            };
            let Some(body) = after.strip_prefix('{') else {
                // `$$` at the end or before something else is one `$`; a third one is looked at again.
                out.push('$');
                rest = after;
                continue;
            };
            if self.exhausted() {
                out.push_str(special);
                rest = "";
                break;
            }
            self.budget.substitutions.fetch_add(1, Ordering::Relaxed);
            let (inner, after) = braced(body);
            let value = match self.read(inner) {
                Inner::Variable(name) => self.variable(name, global, depth).await,
                Inner::Command(name, arguments) => self.command(name, arguments, depth).await,
            };
            let room = MAX_OUTPUT.saturating_sub(out.len());
            out.push_str(value.get(..value.floor_char_boundary(room)).unwrap_or_default());
            self.budget.output.fetch_add(value.len(), Ordering::Relaxed);
            // The character behind a `${…}` is taken as it is, unless it begins another one: `\'`
            // there is no escape.
            rest = after;
            if let Some(next) = rest.chars().next().filter(|next| *next != '$') {
                out.push(next);
                rest = rest.get(next.len_utf8()..).unwrap_or_default();
            }
        }
        out.push_str(rest);
        // The text's own words behind a value that filled the output.
        out.truncate(out.floor_char_boundary(MAX_OUTPUT.max(text.len())));
        out
    }

    fn read<'t>(&self, inner: &'t str) -> Inner<'t> {
        // The channel's expander takes the first blank or parenthesis, the event's a parenthesis
        // before any blank.
        let cut = match self.scope.engine() {
            Engine::Channel => inner.find([' ', '(']),
            Engine::Event => inner.find('(').or_else(|| inner.find(' ')),
        };
        let Some(cut) = cut else { return Inner::Variable(inner) };
        let (name, arguments) = inner.split_at(cut);
        let opened = arguments.starts_with('(');
        let arguments = arguments.get(1..).unwrap_or_default();
        let mut depth = usize::from(opened);
        for (at, byte) in arguments.bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth > 1 => depth -= 1,
                b')' if depth == 1 => {
                    let name = name.trim_end_matches(' ');
                    return Inner::Command(name, arguments.get(..at).unwrap_or_default());
                }
                _ => {}
            }
        }
        Inner::Command(name.trim_end_matches(' '), arguments)
    }

    async fn variable(&self, text: &str, global: bool, depth: usize) -> String {
        let name = self.expand(text, depth + 1).await;
        let (name, offset, length) = match name.split_once(':') {
            Some((name, range)) => {
                let length = range.split_once(':').map_or(0, |(_, length)| integer(length));
                (name, integer(range), length)
            }
            None => (&*name, 0, 0),
        };
        let (name, element) = match name.find('[').map(|at| name.split_at(at)) {
            Some((list, index)) if index.contains(']') => {
                (list, element_of(name).map(|(_, index)| index))
            }
            _ => (name, None),
        };
        let scope = self.scope;
        let own = match element {
            _ if global => None,
            Some(index) => scope.element(name, index),
            None => scope.variable(name),
        };
        let again = own.is_none() || scope.engine() == Engine::Channel;
        let Some(value) = own.or_else(|| scope.global(name)) else { return String::new() };
        let value =
            if again { self.expand(&value, depth + 1).await } else { Cow::Borrowed(&*value) };
        substring(&value, offset, length).into_owned()
    }

    async fn command(&self, name: &str, arguments: &str, depth: usize) -> String {
        let name = self.expand(name, depth + 1).await;
        let arguments = self.expand(arguments, depth + 1).await;
        let run = self.scope.api(&name, arguments.trim_matches(' '));
        OUTER.scope((depth + 1, Arc::clone(&self.budget)), run).await.unwrap_or_default()
    }
}

/// Undoes the escape behind a backslash and returns what follows.
fn escape<'t>(after: &'t str, out: &mut String) -> &'t str {
    if let Some(rest) = after.strip_prefix('$') {
        // `\$$` is one dollar sign too.
        out.push('$');
        return rest.strip_prefix('$').unwrap_or(rest);
    }
    if let Some(rest) = after.strip_prefix('\'') {
        return rest;
    }
    out.push('\\');
    after.strip_prefix('\\').unwrap_or(after)
}

/// Splits `name}rest`; braces within nest, and one that is not closed reaches to the end.
fn braced(body: &str) -> (&str, &str) {
    let mut depth = 1_usize;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'}' if depth == 1 => {
                return (
                    body.get(..at).unwrap_or_default(),
                    body.get(at + 1..).unwrap_or_default(),
                );
            }
            b'}' => depth -= 1,
            // A brace right at the start does not count, as in FreeSWITCH.
            b'{' if at > 0 => depth += 1,
            _ => {}
        }
    }
    (body, "")
}

/// Bytes from `offset` (negative: from the end), at most `length` when that is above 0.
fn substring(value: &str, offset: i64, length: i64) -> Cow<'_, str> {
    if offset == 0 && length <= 0 {
        return Cow::Borrowed(value);
    }
    let bytes = encode(value);
    let size = bytes.len();
    let start = if offset >= 0 {
        usize::try_from(offset).unwrap_or(usize::MAX).min(size)
    } else {
        // Further back than the start is the start.
        size.saturating_sub(usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX))
    };
    let end = match usize::try_from(length) {
        Ok(length) if length > 0 => start.saturating_add(length).min(size),
        _ => size,
    };
    Cow::Owned(decode(bytes.get(start..end).unwrap_or_default()).into_owned())
}
