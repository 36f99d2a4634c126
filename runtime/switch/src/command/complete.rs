//! `console_complete`, `console_complete_xml`: what a line that is being typed may go on with.
//!
//! It comes from the tables of commands: their names, and what their syntax offers. `fs_cli` and
//! `ringfence console` ask for it when TAB is pressed.

use std::borrow::Cow;

use quick_xml::escape::escape;

use super::{Command, CommandContext};
use crate::switch::Switch;

/// What is offered at most; a terminal that is full helps nobody.
const MAX_MATCHES: usize = 500;

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "console_complete",
            "<line>",
            "Complete a line of the console",
            "Prints what the last word of the line may be, and `write=<n>:<text>` when the last n \
             characters can be replaced by more. `c=<n>;` before the line says where the cursor is.",
            async |context: CommandContext, line: String| text(&complete(&context.switch, &line)),
        ),
        Command::new(
            "console_complete_xml",
            "<line>",
            "Complete a line of the console, as XML",
            "As `console_complete`: `<complete>` with a `<match>` for each, and `<write length=\"n\">`.",
            async |context: CommandContext, line: String| as_xml(&complete(&context.switch, &line)),
        ),
    ]
}

/// What a word may become.
#[derive(Debug, Default, Eq, PartialEq)]
struct Completion {
    matches: Vec<String>,
    /// Characters of the word that is being typed.
    typed: usize,
    /// What to replace it by.
    write: Option<String>,
}

fn complete(switch: &Switch, line: &str) -> Completion {
    let line = &*before_cursor(line);
    let (before, typed) = match line.rsplit_once(' ') {
        Some((before, typed)) => (Some(before), typed),
        None => (None, line),
    };
    let mut matches: Vec<String> = match before {
        None => switch.commands().iter().map(|(command, _)| command.name.to_owned()).collect(),
        Some(before) => {
            let words: Vec<&str> = before.split_whitespace().collect();
            match words
                .split_first()
                .and_then(|(name, rest)| Some((switch.find_command(name)?, rest)))
            {
                Some((command, rest)) => {
                    let offered = offered(command.syntax, rest);
                    offered.into_iter().flat_map(|offer| expand(switch, offer)).collect()
                }
                None => Vec::new(),
            }
        }
    };
    matches.retain(|found| found.starts_with(typed));
    matches.sort_unstable();
    matches.dedup();
    let write = match matches.as_slice() {
        [] => None,
        [one] => Some(format!("{one} ")),
        [first, rest @ ..] => {
            let common = rest.iter().fold(first.as_str(), |common, next| shared(common, next));
            (common.len() > typed.len()).then(|| common.to_owned())
        }
    };
    matches.truncate(MAX_MATCHES);
    Completion { matches, typed: typed.chars().count(), write }
}

/// The line up to the cursor. Blanks at its end are lost on the way here; a cursor behind the end tells
/// of them.
fn before_cursor(line: &str) -> Cow<'_, str> {
    let cursor = line.strip_prefix("c=").and_then(|rest| rest.split_once(';'));
    let Some((at, line)) = cursor else { return line.into() };
    match at.parse::<usize>() {
        Ok(at) if at > line.len() => format!("{line} ").into(),
        Ok(at) => line.get(..at).unwrap_or(line).into(),
        Err(_) => line.into(),
    }
}

fn shared<'t>(one: &'t str, other: &str) -> &'t str {
    let same = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    let end = same.map_or(one.len().min(other.len()), |((at, _), _)| at);
    one.get(..end).unwrap_or(one)
}

/// A word of a syntax: itself, or what stands for one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Offer<'s> {
    Word(&'s str),
    Placeholder(&'s str),
}

/// What a syntax has behind these words. Alternatives are separated by `|`, at the top or in brackets.
fn offered<'s>(syntax: &'s str, words: &[&str]) -> Vec<Offer<'s>> {
    let mut offers = Vec::new();
    for alternative in split(syntax, '|') {
        let parts: Vec<&str> =
            split(alternative, ' ').into_iter().filter(|part| !part.is_empty()).collect();
        let fits = words.iter().zip(&parts).all(|(word, part)| {
            choices(part).iter().any(|choice| match choice {
                Offer::Word(known) => known == word,
                Offer::Placeholder(_) => true,
            })
        });
        if let Some(next) = parts.get(words.len()).filter(|_| fits) {
            offers.extend(choices(next));
        }
    }
    offers
}

/// What one part of a syntax may be: `[count|like <text>]` is `count` or `like`.
fn choices(part: &str) -> Vec<Offer<'_>> {
    if let Some(name) = part.strip_prefix('<').and_then(|part| part.strip_suffix('>')) {
        return vec![Offer::Placeholder(name)];
    }
    if let Some(inner) = part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
        let firsts = split(inner, '|').into_iter();
        let firsts = firsts.filter_map(|one| split(one.trim(), ' ').first().copied());
        return firsts.flat_map(choices).collect();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !part.is_empty() && part.chars().all(plain) { vec![Offer::Word(part)] } else { Vec::new() }
}

/// Splits outside of brackets.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut begin, mut depth) = (Vec::new(), 0, 0_u32);
    for (place, c) in text.char_indices() {
        match c {
            '[' | '<' | '(' | '{' => depth += 1,
            ']' | '>' | ')' | '}' => depth = depth.saturating_sub(1),
            c if c == at && depth == 0 => {
                parts.extend(text.get(begin..place));
                begin = place + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.extend(text.get(begin..));
    parts
}

/// The words that an offer stands for.
fn expand(switch: &Switch, offer: Offer<'_>) -> Vec<String> {
    match offer {
        Offer::Word(word) => vec![word.to_owned()],
        Offer::Placeholder(name) if name.contains("uuid") || name == "call" => {
            switch.sessions().iter().map(|session| session.uuid().to_string()).collect()
        }
        Offer::Placeholder("level") => {
            crate::log::Level::ALL.iter().map(|level| level.name().to_ascii_lowercase()).collect()
        }
        Offer::Placeholder("command" | "api" | "cmd") => {
            switch.commands().iter().map(|(command, _)| command.name.to_owned()).collect()
        }
        Offer::Placeholder("application" | "app") => {
            switch.applications().iter().map(|(entry, _)| entry.name.to_owned()).collect()
        }
        Offer::Placeholder(_) => Vec::new(),
    }
}

/// Four in a row, as FreeSWITCH prints them.
fn text(completion: &Completion) -> String {
    let mut text = String::from("\n\n");
    for (place, found) in completion.matches.iter().enumerate() {
        text.push_str(&format!("[{found:>20}]\t"));
        if place % 4 == 3 {
            text.push('\n');
        }
    }
    text.push_str("\n\n");
    if let Some(write) = &completion.write {
        text.push_str(&format!("write={}:{write}", completion.typed));
    }
    text
}

fn as_xml(completion: &Completion) -> String {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<complete>\n");
    for found in &completion.matches {
        text.push_str(&format!("  <match>{}</match>\n", escape(found.as_str())));
    }
    let write = completion.write.as_deref().unwrap_or_default();
    let typed = if write.is_empty() { 0 } else { completion.typed };
    text.push_str(&format!("  <write length=\"{typed}\">{}</write>\n</complete>\n", escape(write)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(syntax: &str, before: &[&str]) -> Vec<String> {
        let name = |offer: &Offer<'_>| match offer {
            Offer::Word(word) => (*word).to_owned(),
            Offer::Placeholder(name) => format!("<{name}>"),
        };
        offered(syntax, before).iter().map(name).collect()
    }

    #[test]
    fn a_syntax_tells_what_comes_next() {
        let syntax = "codec|channels [count|like <match string>]|calls|limits";
        assert_eq!(words(syntax, &[]), ["codec", "channels", "calls", "limits"]);
        assert_eq!(words(syntax, &["channels"]), ["count", "like"]);
        assert_eq!(words(syntax, &["codec"]), [""; 0]);
        assert_eq!(words(syntax, &["nosuch"]), [""; 0]);
        assert_eq!(words("<uuid> [plain|json]", &[]), ["<uuid>"]);
        assert_eq!(words("<uuid> [plain|json]", &["x"]), ["plain", "json"]);
        assert_eq!(words("[[broken", &["x"]), [""; 0]);
        assert_eq!(words("", &[]), [""; 0]);
    }

    #[test]
    fn the_cursor_ends_the_line() {
        for (line, before) in
            [("c=2;echo", "ec"), ("c=5;echo", "echo "), ("c=x;echo", "echo"), ("c=2", "c=2")]
        {
            assert_eq!(before_cursor(line), before, "{line}");
        }
        assert_eq!(before_cursor("c=1;é"), "é", "not inside of a character");
    }

    #[test]
    fn matches_are_printed_as_by_freeswitch() {
        let one = Completion {
            matches: vec!["echo".to_owned()],
            typed: 2,
            write: Some("echo ".to_owned()),
        };
        assert_eq!(text(&one), "\n\n[                echo]\t\n\nwrite=2:echo ");
        let none = Completion::default();
        assert!(
            as_xml(&none).ends_with("<complete>\n  <write length=\"0\"></write>\n</complete>\n")
        );
        assert_eq!(shared("uuid_kill", "uuid_getvar"), "uuid_");
    }
}
