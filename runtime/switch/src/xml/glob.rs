//! File patterns: `dialplan/*.xml`.

use std::io;
use std::path::{Component, Path, PathBuf};

/// The files that a pattern names, sorted; relative patterns start in `folder`.
///
/// # Errors
///
/// A folder cannot be listed, or a pattern without wildcards names no file.
pub(super) fn files(folder: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let path = Path::new(pattern);
    let mut found = vec![if path.is_absolute() { PathBuf::new() } else { folder.to_path_buf() }];
    for component in path.components() {
        let name = component.as_os_str().to_string_lossy();
        if matches!(component, Component::Normal(_)) && name.contains(['*', '?', '[']) {
            let mut next = Vec::new();
            for folder in &found {
                next.extend(list(folder, &name)?);
            }
            found = next;
        } else {
            for path in &mut found {
                path.push(component);
            }
        }
    }
    if !pattern.contains(['*', '?', '[']) {
        return match found.pop() {
            Some(path) if path.is_file() => Ok(vec![path]),
            _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
        };
    }
    found.retain(|path| path.is_file());
    found.sort();
    Ok(found)
}

fn list(folder: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        // A pattern over a folder that is not there names no file; that is common and harmless.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // As a shell does: a wildcard does not find hidden files.
        if (!name.starts_with('.') || pattern.starts_with('.')) && matches(pattern, &name) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// `*` is any text, `?` one character, `[a-z]` one of these, `[!a-z]` none of these.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut here) = (0, 0);
    // Where to go on when a guess for the last `*` was too short.
    let mut retry: Option<(usize, usize)> = None;
    while here < name.len() {
        match step(&pattern, at, name.get(here).copied()) {
            Some(Step::Star) => {
                retry = Some((at + 1, here));
                at += 1;
            }
            Some(Step::Match(next)) => {
                at = next;
                here += 1;
            }
            None => match retry {
                Some((star, from)) => {
                    at = star;
                    here = from + 1;
                    retry = Some((star, here));
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == '*')
}

enum Step {
    Star,
    Match(usize),
}

fn step(pattern: &[char], at: usize, character: Option<char>) -> Option<Step> {
    let character = character?;
    match pattern.get(at)? {
        '*' => Some(Step::Star),
        '?' => Some(Step::Match(at + 1)),
        '[' => {
            let close = at + 2 + pattern.get(at + 2..)?.iter().position(|c| *c == ']')?;
            let set = pattern.get(at + 1..close)?;
            let (negated, set) = match set.split_first() {
                Some(('!' | '^', set)) => (true, set),
                _ => (false, set),
            };
            let mut inside = false;
            let mut index = 0;
            while let Some(low) = set.get(index) {
                let (high, used) = match (set.get(index + 1), set.get(index + 2)) {
                    (Some('-'), Some(high)) => (high, 3),
                    _ => (low, 1),
                };
                inside |= (low..=high).contains(&&character);
                index += used;
            }
            (inside != negated).then_some(Step::Match(close + 1))
        }
        literal => (*literal == character).then_some(Step::Match(at + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names() {
        for (pattern, name, expected) in [
            ("*.xml", "a.xml", true),
            ("*.xml", "a.xml~", false),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[0-9]*", "5001_ivr.xml", true),
            ("[!0-9]*", "5001_ivr.xml", false),
            ("*a*b", "xxaxxabxab", true),
            ("*a*b", "xxaxxabxac", false),
            ("[", "[", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn files_come_sorted_and_relative() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.xml", "a.xml", ".hidden.xml", "c.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/d.xml"), "").unwrap();
        let names = |pattern: &str| {
            let files = files(folder.path(), pattern).unwrap();
            files
                .iter()
                .map(|file| file.strip_prefix(folder.path()).unwrap().display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("*.xml"), ["a.xml", "b.xml"]);
        assert_eq!(names("*/*.xml"), ["sub/d.xml"]);
        assert_eq!(names("nosuch/*.xml"), [""; 0]);
        assert_eq!(names("c.txt"), ["c.txt"]);
        assert!(files(folder.path(), "nosuch.xml").is_err());
    }
}
