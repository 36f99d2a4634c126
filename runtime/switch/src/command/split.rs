//! Splitting the text of arguments as FreeSWITCH does: blanks or a separator, quotes, escapes.

/// Splits at blanks. `'two words'` is one argument, `\'` a quote, `\s` a blank; `^^:` in front of all
/// splits at `:` instead. The last of `max` arguments takes what is left.
#[must_use]
pub fn arguments(text: &str, max: usize) -> Vec<String> {
    match chosen(text) {
        Some((separator, rest)) => by_character(rest, separator, max),
        None => by_blanks(text, max),
    }
}

/// Splits at a separator, or at the one that `^^:` in front chooses. White space around an argument
/// goes, quotes hold text together, `\,` is the separator itself. The last of `max` arguments takes
/// what is left.
#[must_use]
pub fn arguments_by(text: &str, separator: char, max: usize) -> Vec<String> {
    match chosen(text) {
        Some((separator, rest)) => by_character(rest, separator, max),
        None => by_character(text, separator, max),
    }
}

fn chosen(text: &str) -> Option<(char, &str)> {
    let rest = text.strip_prefix("^^")?;
    let separator = rest.chars().next()?;
    let rest = rest.get(separator.len_utf8()..)?;
    (!rest.is_empty()).then_some((separator, rest))
}

fn by_character(text: &str, separator: char, max: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = Some(text).filter(|text| !text.is_empty());
    while let Some(text) = rest {
        let (item, after) =
            if found.len() + 1 >= max { (text, None) } else { cut(text, separator) };
        found.push(clean(item, Some(separator)));
        // A separator at the very end starts no further argument.
        rest = after.filter(|after| !after.is_empty());
    }
    found
}

fn by_blanks(text: &str, max: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = Some(text).filter(|text| !text.is_empty());
    while let Some(text) = rest {
        let text = text.trim_start_matches(' ');
        let (item, after) = if found.len() + 1 >= max { (text, None) } else { cut(text, ' ') };
        found.push(clean(item, None));
        rest = after.map(|after| after.trim_start_matches(' ')).filter(|after| !after.is_empty());
    }
    found
}

/// Cuts at the first separator outside quotes.
fn cut(text: &str, separator: char) -> (&str, Option<&str>) {
    let mut quoted = false;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '\'' if quoted || opens(text, at) => quoted = !quoted,
            c if c == separator && !quoted => {
                return (text.get(..at).unwrap_or_default(), text.get(at + separator.len_utf8()..));
            }
            _ => {}
        }
    }
    (text, None)
}

/// A quote that no other one closes is a letter: `it's`.
fn opens(text: &str, at: usize) -> bool {
    text.get(at + 1..).is_some_and(|rest| rest.contains('\''))
}

/// Takes away blanks around, quotes and escapes.
#[must_use]
pub fn clean(text: &str, separator: Option<char>) -> String {
    let text = text.trim_start_matches(' ');
    let mut out = String::with_capacity(text.len());
    // What must stay although it is a blank at the end: it was quoted or escaped.
    let mut kept = 0;
    let mut quoted = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\'
            && let Some((_, next)) = characters.peek().copied()
        {
            let plain = match next {
                '\'' | '"' | '\\' => Some(next),
                c if Some(c) == separator => Some(c),
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                's' => Some(' '),
                _ => None,
            };
            if let Some(plain) = plain {
                characters.next();
                out.push(plain);
                kept = out.len();
                continue;
            }
        }
        if character == '\'' && (quoted || opens(text, at)) {
            quoted = !quoted;
            kept = out.len();
            continue;
        }
        out.push(character);
        if character != ' ' || quoted {
            kept = out.len();
        }
    }
    out.truncate(kept);
    out
}

/// Splits `uuid:<uuid> text` as `eval` and `expand` take it; none when no text is left.
#[must_use]
pub fn uuid(text: &str) -> Option<(Option<&str>, &str)> {
    let is_uuid = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("uuid:"));
    let (uuid, text) = if is_uuid {
        let (uuid, text) = text.get(5..)?.split_once(' ')?;
        (Some(uuid), text)
    } else {
        (None, text)
    };
    (!text.is_empty()).then_some((uuid, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_quotes() {
        assert_eq!(arguments("a  b 'c d' e", 10), ["a", "b", "c d", "e"]);
        assert_eq!(arguments("a b c d", 2), ["a", "b c d"]);
        assert_eq!(arguments("^^;d=1;e=two words;f=", 10), ["d=1", "e=two words", "f="]);
        assert_eq!(arguments("", 10), [""; 0]);
        assert_eq!(arguments(" a ", 10), ["a"]);
        assert_eq!(arguments("it's fine", 10), ["it's", "fine"]);
    }

    #[test]
    fn separators_and_escapes() {
        assert_eq!(arguments_by(" eval:a , eval:b ", ',', 10), ["eval:a", "eval:b"]);
        assert_eq!(arguments_by(r"eval:a\,b,c", ',', 10), ["eval:a,b", "c"]);
        assert_eq!(arguments_by(",", ',', 10), [""]);
        assert_eq!(arguments_by(r"a\sb\n,'x, y '", ',', 10), ["a b\n", "x, y "]);
    }

    #[test]
    fn a_uuid_in_front_is_optional() {
        assert_eq!(uuid("uuid:1 a b"), Some((Some("1"), "a b")));
        assert_eq!(uuid("UUID: x"), Some((Some(""), "x")));
        assert_eq!(uuid("a b"), Some((None, "a b")));
        assert_eq!(uuid("uuid:1"), None);
        assert_eq!(uuid(""), None);
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            #[test]
            fn nothing_panics_or_grows(text in "[a-c ,'\\\\^é:]{0,40}", max in 0_usize..5) {
                for items in [arguments(&text, max), arguments_by(&text, ',', max)] {
                    prop_assert!(items.iter().map(String::len).sum::<usize>() <= text.len());
                    prop_assert!(items.len() <= max.max(1));
                }
            }
        }
    }
}
