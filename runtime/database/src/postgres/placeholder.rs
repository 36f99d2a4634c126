//! `?` as a placeholder, as in SQLite and ODBC; PostgreSQL's own are `$1`, `$2` ….

/// The statement with `$n` for its `?`s when it has exactly as many of them as there are values, and
/// no `$n` of its own. Otherwise it stays: `?` is an operator of PostgreSQL, too.
///
/// What stands in strings, quoted names and comments is no placeholder.
pub fn numbered(sql: &str, values: usize) -> String {
    let places = places(sql);
    let Some(places) = places.filter(|places| places.len() == values) else {
        return sql.to_owned();
    };
    let mut text = String::with_capacity(sql.len() + 2 * values);
    let mut from = 0;
    for (number, at) in places.into_iter().enumerate() {
        // Both are starts of ASCII characters.
        text.push_str(sql.get(from..at).unwrap_or_default());
        text.push_str(&format!("${}", number + 1));
        from = at + 1;
    }
    text.push_str(sql.get(from..).unwrap_or_default());
    text
}

/// Where its `?`s are; none when it has a `$1`.
fn places(sql: &str) -> Option<Vec<usize>> {
    let bytes = sql.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
    let mut places = Vec::new();
    let mut index = 0;
    while index < bytes.len() {
        index = match (at(index), at(index + 1)) {
            (b'?', _) => {
                places.push(index);
                index + 1
            }
            (b'\'', _) => {
                let escapes = index > 0
                    && matches!(at(index - 1), b'e' | b'E')
                    && (index < 2 || !is_word(at(index - 2)));
                quoted(bytes, index + 1, b'\'', escapes)
            }
            (b'"', _) => quoted(bytes, index + 1, b'"', false),
            (b'-', b'-') => line_end(bytes, index),
            (b'/', b'*') => comment(bytes, index + 2),
            (b'$', digit) if digit.is_ascii_digit() => return None,
            (b'$', _) if index == 0 || !is_word(at(index - 1)) => dollar(sql, index),
            _ => index + 1,
        };
    }
    Some(places)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Behind the closing quote; a doubled one opens the same text again.
fn quoted(bytes: &[u8], from: usize, quote: u8, escapes: bool) -> usize {
    let mut index = from;
    while let Some(byte) = bytes.get(index) {
        match byte {
            b'\\' if escapes => index += 1,
            byte if *byte == quote => return index + 1,
            _ => {}
        }
        index += 1;
    }
    bytes.len()
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| from + end)
}

/// Behind `*/`; comments may stand within each other.
fn comment(bytes: &[u8], from: usize) -> usize {
    let (mut index, mut depth) = (from, 1);
    while depth > 0 {
        match (bytes.get(index), bytes.get(index + 1)) {
            (Some(b'/'), Some(b'*')) => (index, depth) = (index + 2, depth + 1),
            (Some(b'*'), Some(b'/')) => (index, depth) = (index + 2, depth - 1),
            (None, _) => return bytes.len(),
            _ => index += 1,
        }
    }
    index
}

/// Behind `$tag$ … $tag$`, or behind a dollar that opens none.
fn dollar(sql: &str, from: usize) -> usize {
    let rest = sql.get(from + 1..).unwrap_or_default();
    let Some(end) = rest.find('$').filter(|end| rest.bytes().take(*end).all(is_word)) else {
        return from + 1;
    };
    let tag = sql.get(from..from + end + 2).unwrap_or_default();
    let inside = from + tag.len();
    let text = sql.get(inside..).unwrap_or_default();
    text.find(tag).map_or(sql.len(), |at| inside + at + tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_become_numbers() {
        for (sql, values, wanted) in [
            ("select ?", 1, "select $1"),
            ("?+?", 2, "$1+$2"),
            ("select ? where a='?' and \"b?\"=?", 2, "select $1 where a='?' and \"b?\"=$2"),
            ("select ? -- really?\n, ?", 2, "select $1 -- really?\n, $2"),
            ("select /* ? /* ? */ ? */ ?", 1, "select /* ? /* ? */ ? */ $1"),
            ("select 'it''s ?', E'\\'?', ?", 1, "select 'it''s ?', E'\\'?', $1"),
            ("select $$?$$, $a$ ? $$ ? $a$, ?", 1, "select $$?$$, $a$ ? $$ ? $a$, $1"),
            ("select 'ä?', ä, ?", 1, "select 'ä?', ä, $1"),
        ] {
            assert_eq!(numbered(sql, values), wanted);
        }
    }

    #[test]
    fn what_is_left_alone() {
        for (sql, values) in [
            ("select $1", 1),
            ("select data ? 'key' where a = $1", 1),
            ("select ?", 2),
            ("select data ? ?", 1),
            ("select '?", 1),
            ("select $a$ ?", 1),
            ("/* ?", 1),
            ("", 0),
        ] {
            assert_eq!(numbered(sql, values), sql);
        }
    }
}
