//! What a caller presses and when: `1 500ms 2#`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// Before the first key when the script does not begin with a pause: a far end that starts to
/// receive only after its ACK has the time for it.
pub const LEAD: Duration = Duration::from_millis(500);
/// The longest pause. More than a day is a typing error.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// The most steps of one script.
pub const MOST_STEPS: usize = 10_000;

/// One thing that a caller's finger does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Presses `0`-`9`, `*`, `#` or `A`-`D`.
    Key(char),
    /// Does nothing for so long.
    Pause(Duration),
    /// Hangs up.
    HangUp,
}

/// A script of presses, begun when the call is answered.
///
/// # Format
///
/// ```text
/// script = word *( blank word )
/// word   = keys / pause / "hangup"
/// keys   = one or more of 0-9 * # A-D a-d
/// pause  = number ( "ms" / "s" )        ; 500ms, 2s, 1.5s
/// ```
///
/// Keys follow each other at the phone's own pace. Without a pause in front the first key comes
/// [`LEAD`] after the answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Presses(Vec<Step>);

impl Presses {
    /// The steps, the lead included.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether nothing is pressed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why a script of presses cannot be read.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PressError {
    /// A pause over [`LONGEST_PAUSE`].
    #[error("'{0}': a pause is at most 24 hours (86400s)")]
    PauseTooLong(String),
    /// More than [`MOST_STEPS`].
    #[error("more than {MOST_STEPS} keys and pauses")]
    TooManySteps,
    /// Neither keys nor a pause nor `hangup`.
    #[error("'{0}' is neither keys (0-9 * # A-D) nor a pause (500ms, 2s) nor 'hangup'")]
    Word(String),
}

impl FromStr for Presses {
    type Err = PressError;

    fn from_str(text: &str) -> Result<Self, PressError> {
        let mut steps = Vec::new();
        for word in text.split_whitespace() {
            if word.eq_ignore_ascii_case("hangup") {
                steps.push(Step::HangUp);
            } else if let Some(pause) = pause(word)? {
                steps.push(Step::Pause(pause));
            } else if word.chars().all(is_key) {
                steps.extend(word.chars().map(|key| Step::Key(key.to_ascii_uppercase())));
            } else {
                return Err(PressError::Word(word.to_owned()));
            }
            if steps.len() > MOST_STEPS {
                return Err(PressError::TooManySteps);
            }
        }
        if matches!(steps.first(), Some(Step::Key(_))) {
            steps.insert(0, Step::Pause(LEAD));
        }
        Ok(Self(steps))
    }
}

fn is_key(character: char) -> bool {
    matches!(character, '0'..='9' | '*' | '#' | 'A'..='D' | 'a'..='d')
}

/// A pause, when the word is a number with a unit.
fn pause(word: &str) -> Result<Option<Duration>, PressError> {
    let (number, unit) = match word.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => match word.strip_suffix('s') {
            Some(number) => (number, 1.0),
            None => return Ok(None),
        },
    };
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Ok(None);
    }
    let Ok(number) = number.parse::<f64>() else { return Ok(None) };
    match Duration::try_from_secs_f64(number * unit) {
        Ok(pause) if pause <= LONGEST_PAUSE => Ok(Some(pause)),
        _ => Err(PressError::PauseTooLong(word.to_owned())),
    }
}

impl fmt::Display for Presses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let blank = if index == 0 { "" } else { " " };
            match step {
                Step::Key(key) => write!(f, "{blank}{key}")?,
                Step::Pause(pause) => write!(f, "{blank}{}ms", pause.as_millis())?,
                Step::HangUp => write!(f, "{blank}hangup")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<Step> {
        text.parse::<Presses>().unwrap().0
    }

    #[test]
    fn keys_and_pauses() {
        let pause = |ms| Step::Pause(Duration::from_millis(ms));
        assert_eq!(
            steps("0ms 1 500ms 2# 1.5s a hangup"),
            [
                pause(0),
                Step::Key('1'),
                pause(500),
                Step::Key('2'),
                Step::Key('#'),
                pause(1500),
                Step::Key('A'),
                Step::HangUp
            ]
        );
    }

    #[test]
    fn the_first_key_waits_unless_told_otherwise() {
        assert_eq!(steps("7"), [Step::Pause(LEAD), Step::Key('7')]);
        assert_eq!(steps("2s 7"), [Step::Pause(Duration::from_secs(2)), Step::Key('7')]);
        assert_eq!(steps("  "), []);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let error = |text: &str| text.parse::<Presses>().unwrap_err().to_string();
        assert!(error("1 2x 3").contains("'2x'"));
        assert!(error("ms").contains("'ms'"));
        assert!(error("1.2.3s").contains("'1.2.3s'"));
        assert!(error("90000s").contains("24 hours"));
        assert!(error("9e99s").contains("'9e99s'"));
        assert!(error(&"1".repeat(MOST_STEPS + 1)).contains("10000"));
    }

    #[test]
    fn shown_as_it_is_read() {
        let presses: Presses = "1 500ms 2#".parse().unwrap();
        assert_eq!(presses.to_string(), "500ms 1 500ms 2 #");
        assert_eq!(presses.to_string().parse::<Presses>().unwrap(), presses);
    }
}
