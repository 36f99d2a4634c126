//! The transcript of a call: every moment, then how it ended; as text and as JSON.
//!
//! # Format
//!
//! As text, `ringfence run` prints one line a moment, in order of time: seconds since the caller
//! dialled (three decimals, right-aligned in 10 columns), two blanks, who (`caller`, `script` or
//! `log`, padded to 6), two blanks, what. Further lines of a moment are indented by 20 blanks.
//! Then, each after an empty line, the variables that were set and the result:
//!
//! ```text
//!      0.000  caller  calls 1000 as 5551000
//!      0.000  script  menu.lua:1  session:answer()
//!      0.000  caller  is answered: 200 OK
//!      0.000  script  menu.lua:2  session:streamFile("hello.wav")
//!      0.020  caller  hears audio at -19 dBFS
//!      0.500  caller  presses 1
//!      1.840  caller  hears silence, after 1.82 s
//!      1.840  log     menu.lua:3  [NOTICE] chosen: 1
//!      1.840  caller  is hung up on: BYE, NORMAL_CLEARING
//!
//! variables
//!   choice = 1
//!
//! result  ok after 1.840 s, NORMAL_CLEARING
//! ```
//!
//! The result line is `result  ok after <seconds> s, <cause>` or
//! `result  failed after <seconds> s, <cause>: <error>`, where the error of a script begins with
//! its `file:line`. `ringfence call` prints the moments as they happen and the same result line.
//!
//! As JSON it is one object in one line:
//!
//! ```json
//! {"moments": [{"at": 0.5, "who": "caller", "event": "presses", "key": "1", "text": "presses 1"}],
//!  "variables": {"choice": "1"},
//!  "result": {"ok": true, "answered": true, "seconds": 1.84, "cause": "NORMAL_CLEARING", "error": null}}
//! ```
//!
//! Events are the variants of [`Happening`](crate::timeline::Happening) in snake case, with their
//! fields; `text` is the line of the text form.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::timeline::{Moment, seconds};

/// A call that is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Transcript {
    /// In order of time.
    #[serde(serialize_with = "moments")]
    pub moments: Vec<Moment>,
    /// The channel variables at the end that were not there, or different, at the beginning.
    pub variables: BTreeMap<String, String>,
    /// How it ended.
    pub result: Outcome,
}

/// How a call ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outcome {
    /// Whether all went well: for a run, whether the script ended without an error.
    pub ok: bool,
    /// Whether the call was answered.
    pub answered: bool,
    /// From dialling to the end.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub length: Duration,
    /// The hangup cause; empty when there was no call.
    pub cause: String,
    /// What went wrong, when not ok.
    pub error: Option<String>,
}

impl Transcript {
    /// The whole as one line of JSON.
    #[must_use]
    #[expect(clippy::expect_used, reason = "strings, numbers and lists always serialize")]
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("a transcript is plain data")
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for moment in &self.moments {
            writeln!(f, "{moment}")?;
        }
        if !self.variables.is_empty() {
            writeln!(f, "\nvariables")?;
            for (name, value) in &self.variables {
                writeln!(f, "  {name} = {}", value.replace('\n', "\n      "))?;
            }
        }
        writeln!(f, "\n{}", self.result)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what.to_string();
        let what = what.trim_end().replace('\n', &format!("\n{:20}", ""));
        write!(f, "{:10.3}  {:6}  {what}", self.at.as_secs_f64(), self.who)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.ok { "ok" } else { "failed" };
        write!(f, "result  {how} after {:.3} s", self.length.as_secs_f64())?;
        if !self.cause.is_empty() {
            write!(f, ", {}", self.cause)?;
        }
        match &self.error {
            // The traceback is told with the moment.
            Some(error) => write!(f, ": {}", error.lines().next().unwrap_or_default()),
            None => Ok(()),
        }
    }
}

/// Moments with their text.
fn moments<S: serde::Serializer>(moments: &[Moment], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        moment: &'a Moment,
        text: String,
    }
    serializer
        .collect_seq(moments.iter().map(|moment| Line { moment, text: moment.what.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ear::Sound;
    use crate::timeline::{Ender, Happening};

    fn transcript() -> Transcript {
        let at = |ms, what| Moment::new(Duration::from_millis(ms), what);
        Transcript {
            moments: vec![
                at(0, Happening::Calls { target: "1000".into(), from: "5551000".into() }),
                at(
                    0,
                    Happening::Called { place: "a.lua:1".into(), call: "session:answer()".into() },
                ),
                at(0, Happening::Answered { status: 200, reason: "OK".into() }),
                at(20, Happening::Sound(Sound::Audio { dbfs: -19.2 })),
                at(500, Happening::Presses { key: '1' }),
                at(1840, Happening::Silence { lasted: Duration::from_millis(1820) }),
                at(
                    1840,
                    Happening::Logged {
                        level: "NOTICE".into(),
                        place: Some("a.lua:3".into()),
                        message: "two\nlines".into(),
                    },
                ),
                at(1840, Happening::Ended { by: Ender::FarEnd, cause: "NORMAL_CLEARING".into() }),
            ],
            variables: BTreeMap::from([("choice".into(), "1".into())]),
            result: Outcome {
                ok: true,
                answered: true,
                length: Duration::from_millis(1840),
                cause: "NORMAL_CLEARING".into(),
                error: None,
            },
        }
    }

    #[test]
    fn as_text() {
        let expected = "     \
     0.000  caller  calls 1000 as 5551000
     0.000  script  a.lua:1  session:answer()
     0.000  caller  is answered: 200 OK
     0.020  caller  hears audio at -19 dBFS
     0.500  caller  presses 1
     1.840  caller  hears silence, after 1.82 s
     1.840  log     a.lua:3  [NOTICE] two
                    lines
     1.840  caller  is hung up on: BYE, NORMAL_CLEARING

variables
  choice = 1

result  ok after 1.840 s, NORMAL_CLEARING
";
        assert_eq!(transcript().to_string(), expected);
    }

    #[test]
    fn as_json() {
        let json: serde_json::Value = serde_json::from_str(&transcript().json()).unwrap();
        assert_eq!(
            json["moments"][4],
            serde_json::json!({
                "at": 0.5, "who": "caller", "event": "presses", "key": "1", "text": "presses 1"
            })
        );
        assert_eq!(json["moments"][3]["sound"], "audio");
        assert_eq!(json["variables"]["choice"], "1");
        assert_eq!(
            json["result"],
            serde_json::json!({
                "ok": true, "answered": true, "seconds": 1.84, "cause": "NORMAL_CLEARING",
                "error": null
            })
        );
    }

    #[test]
    fn a_failure_says_why() {
        let result = Outcome {
            error: Some("a.lua:3: boom\nstack traceback:\n".into()),
            ..Outcome::default()
        };
        assert_eq!(result.to_string(), "result  failed after 0.000 s: a.lua:3: boom");
    }
}
