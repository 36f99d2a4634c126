//! What follows `lua` and `luarun`: which script, with which arguments.

/// Arguments that a script gets at most; the last one holds the rest, as in FreeSWITCH.
const MAX_ARGUMENTS: usize = 128;

/// What may stand before code, in any case; `~` says the same.
const MARK: &str = "#!/lua";

/// A command line, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommandLine {
    /// `~code` or `#!/lua code`.
    Inline(String),
    /// A file and its arguments.
    File {
        /// As it was named.
        name: String,
        arguments: Vec<String>,
    },
}

impl CommandLine {
    /// Takes a command line apart; none when there is nothing in it.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let line = line.trim_start_matches([' ', '\n', '\r', '\t']);
        let marked = line.get(..MARK.len()).is_some_and(|start| start.eq_ignore_ascii_case(MARK));
        let code = line.strip_prefix('~').or_else(|| line.get(MARK.len()..).filter(|_| marked));
        if let Some(code) = code {
            return Some(Self::Inline(code.to_owned()));
        }
        let line = line.trim_end_matches(' ');
        if line.is_empty() {
            return None;
        }
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        Some(Self::File { name: name.to_owned(), arguments: arguments(rest) })
    }
}

/// Splits at blanks; single quotes hold words together, a backslash takes the next character as it
/// is.
fn arguments(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut rest = text.trim_start_matches(' ');
    while !rest.is_empty() {
        if arguments.len() + 1 == MAX_ARGUMENTS {
            arguments.push(clean(rest));
            break;
        }
        let end = word_end(rest);
        let (word, after) = rest.split_at(end);
        arguments.push(clean(word));
        rest = after.trim_start_matches(' ');
    }
    arguments
}

/// Where the first word ends: at a blank outside of quotes.
fn word_end(text: &str) -> usize {
    let mut quoted = false;
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '\'' => quoted = !quoted,
            ' ' if !quoted => return index,
            _ => {}
        }
    }
    text.len()
}

/// A word without its quotes and escapes. A quote that nothing closes is an apostrophe.
fn clean(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    let mut quoted = false;
    let mut rest = word;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        match character {
            '\\' => {
                let next = rest.chars().next();
                let escaped = match next {
                    Some(same @ ('\'' | '"' | '\\')) => Some(same),
                    Some('n') => Some('\n'),
                    Some('r') => Some('\r'),
                    Some('t') => Some('\t'),
                    Some('s') => Some(' '),
                    _ => None,
                };
                match (escaped, next) {
                    (Some(escaped), Some(next)) => {
                        text.push(escaped);
                        rest = rest.get(next.len_utf8()..).unwrap_or_default();
                    }
                    _ => text.push('\\'),
                }
            }
            '\'' if quoted || rest.contains('\'') => quoted = !quoted,
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        match CommandLine::parse(&format!("x.lua {text}")) {
            Some(CommandLine::File { name, arguments }) if name == "x.lua" => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn words_are_split_as_freeswitch_splits_them() {
        assert_eq!(split("a b c"), ["a", "b", "c"]);
        assert_eq!(split("  a   b  "), ["a", "b"]);
        assert_eq!(split("'a b' c"), ["a b", "c"]);
        assert_eq!(split("'  sp  '"), ["  sp  "]);
        assert_eq!(split("''"), [""]);
        assert_eq!(split("a '' b"), ["a", "", "b"]);
        assert_eq!(split("'a''b'"), ["ab"]);
        assert_eq!(split("\"a 'b' c\""), ["\"a", "b", "c\""]);
        assert_eq!(split("a\tb"), ["a\tb"]);
    }

    #[test]
    fn an_apostrophe_is_no_quote() {
        assert_eq!(split("a'b"), ["a'b"]);
        assert_eq!(split("it's ok"), ["it's ok"]);
        assert_eq!(split(r"a\'b"), ["a'b"]);
    }

    #[test]
    fn escapes_are_characters() {
        assert_eq!(split(r"\n"), ["\n"]);
        assert_eq!(split(r"a\ b"), [r"a\ b"]);
        assert_eq!(split(r"a\"), [r"a\"]);
    }

    #[test]
    fn the_last_argument_holds_the_rest() {
        let many = (1..=130).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        let arguments = split(&many);
        assert_eq!(arguments.len(), MAX_ARGUMENTS);
        assert_eq!(arguments.last().map(String::as_str), Some("128 129 130"));
    }

    #[test]
    fn code_can_stand_in_the_line() {
        let inline = |code: &str| Some(CommandLine::Inline(code.to_owned()));
        assert_eq!(CommandLine::parse("~x = 1"), inline("x = 1"));
        assert_eq!(CommandLine::parse("\n #!/lua x = 1"), inline(" x = 1"));
        assert_eq!(CommandLine::parse("#!/LUA x = 1"), inline(" x = 1"));
        assert_eq!(CommandLine::parse(" \n "), None);
    }
}
