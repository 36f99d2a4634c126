//! Keys in SIP INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) and `application/dtmf`
//! (`5`).

use crate::operation::Dtmf;

/// Milliseconds of a key's press that are believed at most: FreeSWITCH's 24 s.
const MAX_MILLISECONDS: u32 = 24_000;

/// The key that an INFO carries; none when it carries something else.
pub(super) fn parse(content_type: &str, body: &[u8]) -> Option<Dtmf> {
    let kind = content_type.split(';').next()?.trim();
    let body = ringfence_text::decode(body);
    if kind.eq_ignore_ascii_case("application/dtmf-relay") {
        let field = |name: &str| {
            body.lines().find_map(|line| {
                let (key, value) = line.split_once('=')?;
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let mut dtmf = key(&field("Signal")?)?;
        if let Some(milliseconds) = field("Duration").and_then(|text| text.parse::<u32>().ok()) {
            dtmf.duration = milliseconds.clamp(1, MAX_MILLISECONDS) * 8;
        }
        Some(dtmf)
    } else if kind.eq_ignore_ascii_case("application/dtmf") {
        key(body.trim())
    } else {
        None
    }
}

/// `5`, or the event number of RFC 4733: `10` is `*`, `11` is `#`, `12` to `15` are `A` to `D`.
fn key(text: &str) -> Option<Dtmf> {
    let digit = match text {
        "10" => '*',
        "11" => '#',
        "12" => 'A',
        "13" => 'B',
        "14" => 'C',
        "15" => 'D',
        _ => {
            let mut characters = text.chars();
            let digit = characters.next()?;
            if characters.next().is_some() {
                return None;
            }
            digit
        }
    };
    Dtmf::new(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(body: &str) -> Option<Dtmf> {
        parse("application/dtmf-relay", body.as_bytes())
    }

    #[test]
    fn a_relayed_key_has_a_duration_in_milliseconds() {
        assert_eq!(
            relay("Signal=5\r\nDuration=160\r\n"),
            Some(Dtmf { digit: '5', duration: 1280 })
        );
        assert_eq!(relay("Signal= #\nDuration= 250"), Some(Dtmf { digit: '#', duration: 2000 }));
        assert_eq!(relay("signal=10"), Some(Dtmf { digit: '*', duration: 2000 }));
        assert_eq!(relay("Signal=d\r\nDuration=4294967295").unwrap().duration, 192_000);
    }

    #[test]
    fn a_bare_key_is_the_whole_body() {
        assert_eq!(parse("application/dtmf", b"7\r\n").unwrap().digit, '7');
        assert_eq!(parse("Application/DTMF; x=y", b"11").unwrap().digit, '#');
    }

    #[test]
    fn anything_else_is_no_key() {
        for body in ["", "Signal=", "Signal=55", "Signal=x", "Duration=160", "\u{0}"] {
            assert_eq!(relay(body), None, "{body:?}");
        }
        assert_eq!(parse("text/plain", b"5"), None);
        assert_eq!(parse("application/dtmf", &[0xff, 0xfe]), None);
    }
}
