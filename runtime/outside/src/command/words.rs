//! A command line without a shell: in words, as a shell would cut it.

use std::fmt;

/// The longest line, in bytes; Linux takes 128 KiB in one argument.
pub(super) const MAX_LINE: usize = 64 << 10;

/// A command that needs no shell: a program, its arguments, and what of its output is thrown away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plain {
    /// The program and its arguments; never empty.
    pub words: Vec<String>,
    /// `>/dev/null`.
    pub no_output: bool,
    /// `2>/dev/null`.
    pub no_complaints: bool,
    /// `2>&1`: complaints are output.
    pub together: bool,
}

/// What a shell would do with a line, and this reader does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPlain {
    /// Nothing is named.
    Empty,
    /// A quote is not closed.
    OpenQuote(char),
    /// A character that only a shell understands.
    Shell(char),
    /// It is longer than [`MAX_LINE`].
    TooLong,
}

impl fmt::Display for NotPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no command is named"),
            Self::OpenQuote(quote) => write!(f, "the quote {quote} is not closed"),
            Self::Shell(character) => write!(
                f,
                "{character:?} needs a shell, which only the permission shell=* gives; quote it if it \
                 is meant as a character"
            ),
            Self::TooLong => write!(f, "it is longer than {MAX_LINE} bytes"),
        }
    }
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// By `/bin/sh -c`.
    Shell(String),
    /// Without a shell.
    Plain(Plain),
}

impl Program {
    /// As it was typed, for messages; at most 200 characters of it.
    #[must_use]
    pub fn shown(&self) -> String {
        let line = match self {
            Self::Shell(line) => line.clone(),
            Self::Plain(plain) => plain.words.join(" "),
        };
        line.chars().take(200).collect()
    }
}

impl Plain {
    /// Reads a line: words between blanks, `'…'`, `"…"` and `\` as in a shell, and three redirections
    /// (`>/dev/null`, `2>/dev/null`, `2>&1`).
    ///
    /// # Errors
    ///
    /// [`NotPlain`]: it needs a shell, or cannot be read.
    pub fn read(line: &str) -> Result<Self, NotPlain> {
        if line.len() > MAX_LINE {
            return Err(NotPlain::TooLong);
        }
        let mut plain = Self::default();
        let mut rest = line.trim_start();
        while !rest.is_empty() {
            if let Some(after) = plain.redirection(rest) {
                rest = after.trim_start();
                continue;
            }
            let (word, after) = word(rest)?;
            plain.words.push(word);
            rest = after.trim_start();
        }
        if plain.words.first().is_none_or(String::is_empty) {
            return Err(NotPlain::Empty);
        }
        Ok(plain)
    }

    /// Takes a redirection from the front; what follows it.
    fn redirection<'l>(&mut self, text: &'l str) -> Option<&'l str> {
        let ends = |rest: &'l str| {
            (rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_whitespace())).then_some(rest)
        };
        if let Some(rest) = text.strip_prefix("2>&1").and_then(ends) {
            // As in a shell: what is sent to where the output goes now.
            (self.together, self.no_complaints) = (!self.no_output, self.no_output);
            return Some(rest);
        }
        let (complaints, output, rest) = if let Some(rest) = text.strip_prefix("&>") {
            (true, true, rest)
        } else if let Some(rest) = text.strip_prefix("2>") {
            (true, false, rest)
        } else {
            (false, true, text.strip_prefix("1>").or_else(|| text.strip_prefix('>'))?)
        };
        let rest = ends(rest.trim_start_matches(' ').strip_prefix("/dev/null")?)?;
        self.no_output |= output;
        if complaints {
            (self.no_complaints, self.together) = (true, false);
        }
        Some(rest)
    }
}

/// The first word of a line that begins with one, and what follows it.
fn word(line: &str) -> Result<(String, &str), NotPlain> {
    let mut word = String::new();
    let mut characters = line.char_indices();
    let mut fresh = true;
    while let Some((at, character)) = characters.next() {
        match character {
            c if c.is_ascii_whitespace() && c != '\n' && c != '\r' => {
                return Ok((word, line.get(at..).unwrap_or_default()));
            }
            '\'' => loop {
                match characters.next() {
                    Some((_, '\'')) => break,
                    Some((_, c)) => word.push(c),
                    None => return Err(NotPlain::OpenQuote('\'')),
                }
            },
            '"' => loop {
                match characters.next() {
                    Some((_, '"')) => break,
                    Some((_, '\\')) => match characters.next() {
                        Some((_, c @ ('"' | '\\' | '$' | '`'))) => word.push(c),
                        Some((_, '\n')) => {}
                        Some((_, c)) => word.extend(['\\', c]),
                        None => return Err(NotPlain::OpenQuote('"')),
                    },
                    Some((_, c @ ('$' | '`'))) => return Err(NotPlain::Shell(c)),
                    Some((_, c)) => word.push(c),
                    None => return Err(NotPlain::OpenQuote('"')),
                }
            },
            '\\' => match characters.next() {
                Some((_, '\n')) => {}
                Some((_, c)) => word.push(c),
                None => word.push('\\'),
            },
            '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '[' | '\n' | '\r' => {
                return Err(NotPlain::Shell(character));
            }
            '#' | '~' | '!' | '{' | '}' if fresh => return Err(NotPlain::Shell(character)),
            '\0' => return Err(NotPlain::Shell(character)),
            other => word.push(other),
        }
        fresh = false;
    }
    // `NAME=value` in front of a command; `=` elsewhere is a character.
    Ok((word, ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        Plain::read(line).unwrap().words
    }

    #[test]
    fn words_are_cut_as_a_shell_does() {
        for (line, expected) in [
            ("date +%s", vec!["date", "+%s"]),
            ("  a \t b  ", vec!["a", "b"]),
            (
                "echo 'two words' \"and \\\"three\\\" more\"",
                vec!["echo", "two words", "and \"three\" more"],
            ),
            ("a'b'\"c\"d", vec!["abcd"]),
            ("a '' b", vec!["a", "", "b"]),
            ("a\\ b \\$x '$x' \"\\$x\"", vec!["a b", "$x", "$x", "$x"]),
            ("x a#b c~d {", vec![]),
        ] {
            match expected.as_slice() {
                [] => assert_eq!(Plain::read(line), Err(NotPlain::Shell('{'))),
                expected => assert_eq!(words(line), expected, "{line}"),
            }
        }
    }

    #[test]
    fn what_needs_a_shell_is_told() {
        for (line, character) in [
            ("a; b", ';'),
            ("a|b", '|'),
            ("a & ", '&'),
            ("a > /tmp/x", '>'),
            ("a >/dev/nullx", '>'),
            ("a < /etc/passwd", '<'),
            ("a $HOME", '$'),
            ("a \"$HOME\"", '$'),
            ("a `b`", '`'),
            ("a $(b)", '$'),
            ("a *.wav", '*'),
            ("a ~/x", '~'),
            ("a\nb", '\n'),
            ("a \0", '\0'),
        ] {
            assert_eq!(Plain::read(line), Err(NotPlain::Shell(character)), "{line:?}");
        }
        assert_eq!(Plain::read("a 'b"), Err(NotPlain::OpenQuote('\'')));
        assert_eq!(Plain::read("a \"b"), Err(NotPlain::OpenQuote('"')));
        for nothing in ["", "  ", "''", ">/dev/null"] {
            assert_eq!(Plain::read(nothing), Err(NotPlain::Empty), "{nothing:?}");
        }
        assert_eq!(Plain::read(&"a ".repeat(MAX_LINE)), Err(NotPlain::TooLong));
    }

    #[test]
    fn harmless_redirections_need_none() {
        let flags = |line| {
            let plain = Plain::read(line).unwrap();
            assert_eq!(plain.words, ["a", "b"], "{line}");
            (plain.no_output, plain.no_complaints, plain.together)
        };
        assert_eq!(flags("a b"), (false, false, false));
        assert_eq!(flags("a b 2>/dev/null"), (false, true, false));
        assert_eq!(flags("a > /dev/null b"), (true, false, false));
        assert_eq!(flags("a b >/dev/null 2>&1"), (true, true, false));
        assert_eq!(flags("a b 2>&1"), (false, false, true));
        assert_eq!(flags("a b 2>&1 >/dev/null"), (true, false, true));
        assert_eq!(flags("a b &>/dev/null"), (true, true, false));
    }

    proptest! {
        /// A word in single quotes, as `quote_shell_arg` makes them, is that word again.
        #[test]
        fn a_quoted_word_comes_back(text in "[^\0]{0,40}") {
            let quoted = format!("x '{}'", text.replace('\'', "'\\''"));
            let words = Plain::read(&quoted).unwrap().words;
            prop_assert_eq!(words, ["x".to_owned(), text]);
        }

        /// Whatever is read as plain means the same to `/bin/sh`; at least nothing breaks.
        #[test]
        fn any_line_is_read_or_refused(line in ".{0,80}") {
            let _ = Plain::read(&line);
        }
    }
}
