//! FreeSWITCH's preprocessor: before anything is XML, files are put into each other and global
//! variables into the text.
//!
//! | directive | effect |
//! |---|---|
//! | `<X-PRE-PROCESS cmd="set" data="name=value"/>` | sets a global variable |
//! | `cmd="include" data="pattern"` | puts files in its place, sorted by name |
//! | `cmd="env-set" data="name=$VARIABLE"` | sets a global variable from the environment |
//! | `<!--#set "name=value"-->`, `<!--#include "pattern"-->`, `<!--#env-set …-->` | the same, as before 2009 |
//! | `$${name}` | the global variable |
//!
//! Unlike FreeSWITCH's, directives in comments do nothing, may span lines, and the rest of their line
//! counts (docs/compatibility.md).

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ringfence_text::decode;

use super::{Fault, Place};
use crate::variable::Variables;

/// How deep files may include each other; a deeper include is a fault. FreeSWITCH's limit.
pub const MAX_INCLUDE_DEPTH: usize = 100;

/// How many files one configuration may have; further includes are faults.
pub const MAX_FILES: usize = 20_000;

/// How large a configuration may be once put together, in bytes; what comes after is left out, with
/// a fault. FusionPBX's largest are some tens of megabytes.
pub const MAX_BYTES: usize = 256 << 20;

/// A configuration put together from its files.
#[derive(Debug, Default)]
pub struct Assembled {
    /// The text, still to be parsed.
    pub text: String,
    files: Vec<Arc<str>>,
    /// For each line of the text, the file and line it came from.
    lines: Vec<(u32, u32)>,
}

impl Assembled {
    /// A text that is used as it is, and what to call it; for XML that no file holds.
    #[must_use]
    pub fn of_text(name: &str, text: String) -> Self {
        let lines = (1..).zip(text.split('\n')).map(|(line, _)| (0, line)).collect();
        Self { text, files: vec![name.into()], lines }
    }

    /// Where a line of the text (counted from 0) came from.
    #[must_use]
    pub fn place(&self, line: usize) -> Place {
        let (file, line) = self.lines.get(line).or(self.lines.last()).copied().unwrap_or((0, 0));
        let file = usize::try_from(file).ok().and_then(|file| self.files.get(file));
        Place { file: file.map_or_else(|| "configuration".into(), Arc::clone), line }
    }

    /// Makes sure that what is written next is told as that line of that file.
    fn at(&mut self, file: u32, line: u32) {
        if self.lines.last() != Some(&(file, line)) {
            if !self.lines.is_empty() {
                self.text.push('\n');
            }
            self.lines.push((file, line));
        }
    }

    /// Writes text of one file; its line breaks are the file's.
    fn source(&mut self, text: &str, file: u32, line: &mut u32) {
        for (index, part) in text.split('\n').enumerate() {
            if index > 0 {
                *line += 1;
            }
            if !part.is_empty() {
                self.at(file, *line);
                self.text.push_str(part);
            }
        }
    }

    /// Writes a value that stands on one line of a file, whatever it holds.
    fn value(&mut self, text: &str, file: u32, line: u32) {
        self.at(file, line);
        self.text.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
    }
}

/// Puts a file and all that it includes together. Blocks on the file system.
///
/// # Errors
///
/// The file itself cannot be read. All other faults are appended to `faults`.
pub fn preprocess(
    path: &Path,
    globals: &mut Variables,
    faults: &mut Vec<Fault>,
) -> Result<Assembled, Fault> {
    let mut run = Run { out: Assembled::default(), globals, faults, open: Vec::new() };
    run.file(path, None)?;
    Ok(run.out)
}

struct Run<'r> {
    out: Assembled,
    globals: &'r mut Variables,
    faults: &'r mut Vec<Fault>,
    /// The files that are being read, outermost first; to find cycles.
    open: Vec<PathBuf>,
}

/// The file that is being read.
struct Source<'s> {
    number: u32,
    name: Arc<str>,
    folder: &'s Path,
    line: u32,
}

impl Source<'_> {
    fn place(&self) -> Place {
        Place { file: Arc::clone(&self.name), line: self.line }
    }
}

impl Run<'_> {
    fn file(&mut self, path: &Path, from: Option<&Place>) -> Result<(), Fault> {
        let name: Arc<str> = tidy(path).to_string_lossy().into();
        let place = from.cloned().unwrap_or_else(|| Place::new(Arc::clone(&name), 0));
        let bytes = std::fs::read(path)
            .map_err(|error| Fault::error(place.clone(), format!("cannot read {name}: {error}")))?;
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if self.open.contains(&identity) {
            return Err(Fault::error(place, format!("{name} includes itself")));
        }
        if self.open.len() >= MAX_INCLUDE_DEPTH {
            let message = format!("{name}: includes are nested deeper than {MAX_INCLUDE_DEPTH}");
            return Err(Fault::error(place, message));
        }
        if self.out.files.len() >= MAX_FILES {
            let message = format!("{name}: a configuration has at most {MAX_FILES} files");
            return Err(Fault::error(place, message));
        }
        // The count is bounded by MAX_FILES.
        let number = u32::try_from(self.out.files.len()).unwrap_or(u32::MAX);
        self.out.files.push(Arc::clone(&name));
        self.open.push(identity);
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let mut source = Source { number, name, folder, line: 1 };
        self.scan(&decode(&bytes), &mut source);
        self.open.pop();
        Ok(())
    }

    /// Copies text up to the next thing that means something, and does that.
    fn scan(&mut self, text: &str, source: &mut Source<'_>) {
        let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
        loop {
            if self.out.text.len() + rest.len() > MAX_BYTES {
                let message = format!("the configuration is larger than {MAX_BYTES} bytes");
                self.faults.push(Fault::error(source.place(), message));
                return;
            }
            let Some(at) = rest.find(['<', '$']) else { break };
            let (plain, special) = rest.split_at(at);
            self.copy(plain, source);
            rest = self.special(special, source);
        }
        self.copy(rest, source);
    }

    fn copy(&mut self, text: &str, source: &mut Source<'_>) {
        self.out.source(text, source.number, &mut source.line);
    }

    /// Handles the text at a `<` or `$` and answers what is left.
    fn special<'t>(&mut self, text: &'t str, source: &mut Source<'_>) -> &'t str {
        if text.starts_with("$${") {
            return self.variable(text, source);
        }
        if text.starts_with("<!--") {
            let end = text.find("-->").map_or(text.len(), |end| end + 3);
            let (comment, rest) = text.split_at(end);
            if comment.starts_with("<!--#") {
                self.old_directive(comment, source);
            }
            self.skip(comment, source);
            return rest;
        }
        if starts_with_tag(text, "<X-PRE-PROCESS") {
            let end = tag_end(text);
            let (tag, rest) = text.split_at(end);
            self.directive(tag, source);
            self.skip(tag, source);
            let closing = "</X-PRE-PROCESS>";
            return match rest.get(..closing.len()) {
                Some(start) if start.eq_ignore_ascii_case(closing) => {
                    rest.get(closing.len()..).unwrap_or_default()
                }
                _ => rest,
            };
        }
        for tag in ["<include>", "</include>", "<include/>"] {
            if let Some(rest) = text.strip_prefix(tag) {
                return rest;
            }
        }
        if text.starts_with("<?xml") {
            let end = text.find("?>").map_or(text.len(), |end| end + 2);
            let (declaration, rest) = text.split_at(end);
            self.skip(declaration, source);
            return rest;
        }
        let (first, rest) = text.split_at(1);
        self.copy(first, source);
        rest
    }

    fn skip(&mut self, text: &str, source: &mut Source<'_>) {
        let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
        source.line = source.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
    }

    fn variable<'t>(&mut self, text: &'t str, source: &mut Source<'_>) -> &'t str {
        let body = text.get(3..).unwrap_or_default();
        // A name does not span lines; without an end it is text.
        let end = body.find(['}', '\n']).filter(|end| body.as_bytes().get(*end) == Some(&b'}'));
        let Some(end) = end else {
            self.copy("$${", source);
            return body;
        };
        let name = body.get(..end).unwrap_or_default();
        let value = self.global(name, &source.place());
        self.out.value(&value, source.number, source.line);
        body.get(end + 1..).unwrap_or_default()
    }

    fn global(&mut self, name: &str, place: &Place) -> String {
        match self.globals.text(name) {
            Some(value) => value.into_owned(),
            None => {
                let message = format!(
                    "the global variable {name} is not set; it becomes nothing \
                     (set it with X-PRE-PROCESS cmd=\"set\" before this line)"
                );
                self.faults.push(Fault::warning(place.clone(), message));
                String::new()
            }
        }
    }

    /// `<!--#set "name=value"-->`
    fn old_directive(&mut self, comment: &str, source: &Source<'_>) {
        let body = comment.trim_start_matches("<!--#").trim_end_matches("-->").trim();
        let (command, data) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        self.execute(command, data.trim().trim_matches('"'), source);
    }

    fn directive(&mut self, tag: &str, source: &Source<'_>) {
        match (attribute(tag, "cmd"), attribute(tag, "data")) {
            (Some(command), Some(data)) => self.execute(command, data, source),
            _ => self.faults.push(Fault::error(
                source.place(),
                "X-PRE-PROCESS needs the attributes cmd and data: \
                 <X-PRE-PROCESS cmd=\"set\" data=\"name=value\"/>",
            )),
        }
    }

    fn execute(&mut self, command: &str, data: &str, source: &Source<'_>) {
        let data = self.replace_globals(data, source);
        match command.to_ascii_lowercase().as_str() {
            "set" => self.set(&data, source),
            "include" => self.include(&data, source),
            "env-set" => self.set_from_environment(&data, source),
            "exec" | "exec-set" | "stun-set" => self.faults.push(Fault::error(
                source.place(),
                format!("X-PRE-PROCESS cmd=\"{command}\" is not supported: a configuration runs no commands and asks no servers; use set or env-set"),
            )),
            _ => self.faults.push(Fault::error(
                source.place(),
                format!("X-PRE-PROCESS cmd=\"{command}\" is unknown; there are set, include and env-set"),
            )),
        }
    }

    fn replace_globals(&mut self, data: &str, source: &Source<'_>) -> String {
        let mut out = String::with_capacity(data.len());
        let mut rest = data;
        while let Some((before, after)) = rest.split_once("$${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                out.push_str("$${");
                rest = after;
                continue;
            };
            out.push_str(&self.global(name, &source.place()));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn pair<'d>(&mut self, data: &'d str, source: &Source<'_>) -> Option<(&'d str, &'d str)> {
        match data.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => Some((name.trim(), value.trim())),
            _ => {
                let message = format!("data=\"{data}\" is not of the form name=value");
                self.faults.push(Fault::error(source.place(), message));
                None
            }
        }
    }

    fn set(&mut self, data: &str, source: &Source<'_>) {
        if let Some((name, value)) = self.pair(data, source)
            && let Err(refused) = self.globals.set(name, value)
        {
            self.faults.push(Fault::error(source.place(), format!("{name}: {refused}")));
        }
    }

    fn set_from_environment(&mut self, data: &str, source: &Source<'_>) {
        let Some((name, value)) = self.pair(data, source) else { return };
        let variable = value.trim_start_matches('$');
        match std::env::var_os(variable) {
            Some(value) => {
                let value = value.to_string_lossy().into_owned();
                self.set(&format!("{name}={value}"), source);
            }
            None => self.faults.push(Fault::warning(
                source.place(),
                format!("{name} is not set: the environment has no variable {variable}"),
            )),
        }
    }

    fn include(&mut self, pattern: &str, source: &Source<'_>) {
        let place = source.place();
        let files = match super::glob::files(source.folder, pattern) {
            Ok(files) => files,
            Err(error) => {
                self.faults.push(Fault::error(place, format!("cannot include {pattern}: {error}")));
                return;
            }
        };
        for file in files {
            if let Err(fault) = self.file(&file, Some(&place)) {
                self.faults.push(fault);
            }
        }
    }
}

/// The path without `folder/..`, where that means the same (a symbolic link may lead elsewhere).
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        let folder = matches!(tidy.components().next_back(), Some(Component::Normal(_)));
        if part == Component::ParentDir && folder {
            tidy.pop();
        } else {
            tidy.push(part);
        }
    }
    let same = || Some(tidy.canonicalize().ok()? == path.canonicalize().ok()?);
    if tidy != path && same() == Some(true) { tidy } else { path.to_path_buf() }
}

/// True when the text begins with that tag, in any case, and its name ends there.
fn starts_with_tag(text: &str, tag: &str) -> bool {
    text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag))
        && text
            .as_bytes()
            .get(tag.len())
            .is_none_or(|next| next.is_ascii_whitespace() || matches!(next, b'/' | b'>'))
}

/// Where a tag ends: behind the first `>` that is not within quotes.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The raw value of an attribute.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let before = rest.get(..at)?;
        rest = rest.get(at + name.len()..)?;
        if !before.ends_with(char::is_whitespace) {
            continue;
        }
        let Some(value) = rest.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        return value.get(1..)?.split(quote).next();
    }
}
