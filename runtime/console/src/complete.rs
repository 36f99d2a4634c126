//! TAB: the console's own commands from their table, all others from the server's.

use std::sync::Arc;
use std::time::Duration;

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use crate::link::Link;
use crate::slash;

/// How long a line that is typed waits for the server's idea of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What rustyline asks while a line is typed.
pub(crate) struct Typing(pub(crate) Arc<Link>);

impl Completer for Typing {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> Result<(usize, Vec<Pair>), ReadlineError> {
        let before = line.get(..cursor).unwrap_or(line);
        let begin = before.rfind(' ').map_or(0, |blank| blank + 1);
        let words = match before.strip_prefix('/') {
            Some(_) if begin > 0 => Vec::new(),
            Some(typed) => {
                let all = slash::TABLE.iter().filter(|slash| slash.name.starts_with(typed));
                all.map(|slash| format!("/{}", slash.name)).collect()
            }
            None => self.ask(before),
        };
        let pairs =
            words.into_iter().map(|word| Pair { replacement: format!("{word} "), display: word });
        Ok((begin, pairs.collect()))
    }
}

impl Typing {
    /// Nothing when there is no server, or it is busy with something else.
    fn ask(&self, before: &str) -> Vec<String> {
        let answer = self.0.client().and_then(|client| {
            // Blanks at the end of a command get lost; where the cursor is tells of them.
            let command = format!("console_complete c={};{before}", before.len());
            client.api(&command, Some(PATIENCE)).ok().flatten()
        });
        answer.map(|answer| matches(answer.text())).unwrap_or_default()
    }
}

/// The words of an answer: `[ one]<TAB>[ two]<TAB>`.
fn matches(text: &str) -> Vec<String> {
    let cells = text.lines().flat_map(|line| line.split('\t'));
    let words = cells.filter_map(|cell| cell.trim().strip_prefix('[')?.strip_suffix(']'));
    words.map(|word| word.trim().to_owned()).collect()
}

impl Hinter for Typing {
    type Hint = String;
}

impl Highlighter for Typing {}

impl Validator for Typing {}

impl Helper for Typing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_an_answer() {
        let text = "\n\n[                echo]\t[              escape]\t\n\nwrite=1:e";
        assert_eq!(matches(text), ["echo", "escape"]);
        assert_eq!(matches("-ERR console_complete Command not found!\n"), [""; 0]);
    }
}
