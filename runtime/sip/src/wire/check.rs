//! What callers may put into our messages.

/// Headers that the stack writes itself.
const OWN: [&str; 16] = [
    "via",
    "v",
    "from",
    "f",
    "to",
    "t",
    "call-id",
    "i",
    "cseq",
    "contact",
    "m",
    "content-length",
    "l",
    "content-type",
    "max-forwards",
    "record-route",
];

/// Lines of one message that callers may add.
const LINES: usize = 64;
/// Bytes of one value.
const VALUE: usize = 8 * 1024;

/// Refuses lines that would break the message: the name and what is wrong.
pub(crate) fn check_headers(headers: &[(String, String)]) -> Result<(), (String, &'static str)> {
    for (line, (name, value)) in headers.iter().enumerate() {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err((name.clone(), "its name is not a token (letters, digits, -)"));
        }
        if OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) || name.eq_ignore_ascii_case("c") {
            return Err((name.clone(), "the stack writes this header itself"));
        }
        if line >= LINES {
            return Err((name.clone(), "more than 64 headers"));
        }
        check_value(value).map_err(|why| (name.clone(), why))?;
    }
    Ok(())
}

/// Refuses a value that would end the line.
pub(crate) fn check_value(value: &str) -> Result<(), &'static str> {
    if value.len() > VALUE {
        return Err("its value is longer than 8 KiB");
    }
    if value.contains(['\r', '\n', '\0']) {
        return Err("its value holds a line break");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str) -> Result<(), (String, &'static str)> {
        check_headers(&[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn lines_cannot_be_smuggled_in() {
        assert_eq!(check("X-A", "b"), Ok(()));
        assert!(check("X-A", "b\r\nVia: x").is_err());
        assert!(check("X A", "b").is_err());
        assert!(check("", "b").is_err());
        assert!(check("cseq", "1 INVITE").is_err());
        assert!(check("X-A", &"x".repeat(VALUE + 1)).is_err());
        let many = vec![("X".to_owned(), String::new()); LINES + 1];
        assert_eq!(check_headers(&many).unwrap_err().1, "more than 64 headers");
    }
}
