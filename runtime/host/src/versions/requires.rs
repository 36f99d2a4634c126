//! Which modules a Lua source requires by a name that is written there: `require "a.b"`,
//! `require("a.b")`, `pcall(require, "a.b")`.
//!
//! They are read, compiled and made part of the version before it is taken. A name that is computed is
//! learned when a run requires it.

/// Names that are taken from one file.
const MAX_NAMES: usize = 1_000;

/// The longest name of a module, in bytes.
const MAX_NAME: usize = 256;

/// The names, each once, in the order of the source.
pub(super) fn requires(source: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut tokens = Tokens { rest: source };
    let mut token = tokens.next();
    while let Some(current) = token {
        token = tokens.next();
        if current != Token::Word(b"require") {
            continue;
        }
        if matches!(token, Some(Token::Sign(b'(' | b','))) {
            token = tokens.next();
        }
        let Some(Token::Text(name)) = token else { continue };
        // A name with an escape is nobody's.
        if let Ok(name) = str::from_utf8(name)
            && (1..=MAX_NAME).contains(&name.len())
            && !name.contains('\\')
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
        if names.len() == MAX_NAMES {
            break;
        }
    }
    names
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a [u8]),
    /// A string, as it is written between its marks.
    Text(&'a [u8]),
    Sign(u8),
}

/// Lua's tokens, as far as names and strings go. Ends where the source is no Lua any more: the compiler
/// will say so.
struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (&first, after) = self.rest.split_first()?;
            match first {
                b'-' if after.first() == Some(&b'-') => {
                    self.rest = after.get(1..)?;
                    if self.long().is_none() {
                        let end = self.rest.iter().position(|byte| *byte == b'\n');
                        self.take(end.unwrap_or(self.rest.len()))?;
                    }
                }
                b'"' | b'\'' => return self.quoted(first).map(Token::Text),
                b'[' => match self.long() {
                    Some(text) => return Some(Token::Text(text)),
                    None => {
                        self.rest = after;
                        return Some(Token::Sign(first));
                    }
                },
                b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                    let word = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
                    let end = self.rest.iter().position(|byte| !word(byte));
                    return self.take(end.unwrap_or(self.rest.len())).map(Token::Word);
                }
                _ => {
                    self.rest = after;
                    if !first.is_ascii_whitespace() {
                        return Some(Token::Sign(first));
                    }
                }
            }
        }
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn quoted(&mut self, mark: u8) -> Option<&'a [u8]> {
        let text = self.rest.get(1..)?;
        let mut escaped = false;
        let end = text.iter().position(|byte| {
            let ends = !escaped && *byte == mark;
            escaped = !escaped && *byte == b'\\';
            ends
        })?;
        self.rest = text.get(end + 1..)?;
        text.get(..end)
    }

    /// `[[…]]`, `[=[…]=]`, if that is what comes.
    fn long(&mut self) -> Option<&'a [u8]> {
        let inner = self.rest.strip_prefix(b"[")?;
        let level = inner.iter().take_while(|byte| **byte == b'=').count();
        let text = inner.get(level..)?.strip_prefix(b"[")?;
        let mut from = 0;
        loop {
            let close = from + text.get(from..)?.iter().position(|byte| *byte == b']')?;
            let equals = text.get(close + 1..)?.iter().take_while(|byte| **byte == b'=').count();
            if equals == level && text.get(close + 1 + level) == Some(&b']') {
                self.rest = text.get(close + level + 2..)?;
                return text.get(..close);
            }
            from = close + 1 + equals;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_names_are_found() {
        let source = br#"
            require "a"; local b = require('b.c') require [[d]]
            local ok, e = pcall(require, "e") require
                ("f")
            require "a"
        "#;
        assert_eq!(requires(source), ["a", "b.c", "d", "e", "f"]);
    }

    #[test]
    fn what_is_no_require_is_not() {
        let source = br#"
            -- require "a"
            --[==[ require "b" ]] ]==]
            local text = 'require "c" \' require "d"' .. [[require "e"]]
            my_require "f" require(name) require("g" .. i and require) require "h\n"
            required("i")
        "#;
        // The first part of a name that is put together is looked for and not found.
        assert_eq!(requires(source), ["g"]);
    }

    #[test]
    fn what_is_no_lua_ends_it() {
        for source in ["require \"a", "require [==[ a ]]", "--[[ ", "require '\\", "[", "-"] {
            assert!(requires(source.as_bytes()).is_empty(), "{source}");
        }
        let many: String = (0..2_000).map(|number| format!("require 'm{number}'\n")).collect();
        assert_eq!(requires(many.as_bytes()).len(), MAX_NAMES);
    }
}
