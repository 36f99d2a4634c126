//! Numbers, times, money and letters as lists of sound files: `say`.
//!
//! A [`Language`] turns one text into file names; nothing here plays. One file a language: [`en`] is
//! the first. Another one is a file with a `Language` and a line in [`LANGUAGES`].

mod en;
mod kind;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

pub use kind::{KINDS, Kind, Method, Request};

/// The longest text that is said; a longer one is refused as `Invalid`.
pub const MAX_TEXT: usize = 256;

/// The ending of sound files when a request names none.
const EXTENSION: &str = "wav";

/// When something is said: what "today" is, and the zone that times are said in.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Now.
    pub now: DateTime<Utc>,
    /// The caller's zone.
    pub zone: Tz,
}

impl crate::switch::Switch {
    /// Now, in that zone, or in the machine's.
    pub(crate) fn moment(&self, zone: Option<Tz>) -> Moment {
        let zone = zone.unwrap_or_else(crate::dialplan::local_zone);
        Moment { now: DateTime::from(self.clock().now()), zone }
    }
}

/// How a language says things.
pub trait Language: Send + Sync {
    /// Its say module, as `<language say-module="en">` names it.
    fn module(&self) -> &'static str;

    /// The sounds of a text, as `digits/1`, without ending. An empty list is nothing to say: the text is
    /// no number, say.
    ///
    /// # Errors
    ///
    /// The language cannot say things of that kind.
    fn say(&self, request: &Request, moment: &Moment) -> Result<Vec<String>, Unsayable>;
}

/// A language has no words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsayable;

/// All languages; the first is the default.
pub const LANGUAGES: &[&dyn Language] = &[&en::English];

/// The language of that say module.
#[must_use]
pub fn language(module: &str) -> Option<&'static dyn Language> {
    LANGUAGES.iter().copied().find(|language| language.module().eq_ignore_ascii_case(module))
}

/// The sounds as something to play; empty when there are none.
#[must_use]
pub fn file_string(sounds: &[String], extension: Option<&str>) -> String {
    if sounds.is_empty() {
        return String::new();
    }
    let extension = extension.unwrap_or(EXTENSION);
    let files: Vec<String> = sounds.iter().map(|sound| format!("{sound}.{extension}")).collect();
    format!("file_string://{}", files.join("!"))
}
