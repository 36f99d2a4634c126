//! The dialplan `inline`: the destination itself says what to execute.
//!
//! `answer,playback:/x.wav,hangup` — applications with their data, separated by commas. `m:^:` in
//! front chooses another separator; `\,` is a comma within data, and quotes hold it together.

use super::{Action, MAX_ACTIONS};
use crate::command::split;
use crate::xml::Place;

/// Reads the actions of an inline destination; at most [`MAX_ACTIONS`].
#[must_use]
pub fn actions(destination: &str) -> Vec<Action> {
    let place = Place::new("inline", 0);
    let (separator, items) = separated(destination);
    split::arguments_by(items, separator, MAX_ACTIONS)
        .into_iter()
        .map(|item| {
            let (application, data) = item.split_once(':').unwrap_or((&item, ""));
            Action { application: application.into(), data: data.to_owned(), place: place.clone() }
        })
        .collect()
}

fn separated(destination: &str) -> (char, &str) {
    destination
        .strip_prefix("m:")
        .and_then(|rest| {
            let separator = rest.chars().next()?;
            let items = rest.get(separator.len_utf8()..)?.strip_prefix(':')?;
            Some((separator, items))
        })
        .unwrap_or((',', destination))
}
