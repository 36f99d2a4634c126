//! Which entries of which folders decide what a path leads to.

use std::{
    collections::VecDeque,
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

/// Links that are followed, as by the system.
const MAX_LINKS: usize = 40;

/// The places on the way of a path where a change makes it lead elsewhere: each link, and the file; or
/// the first thing that is not there. Free of links themselves, so that each has one name.
///
/// Blocks.
pub(super) fn trail(path: &Path) -> Vec<PathBuf> {
    let mut places = Vec::new();
    let mut real = PathBuf::from("/");
    let mut rest: VecDeque<OsString> = names(path).collect();
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        if name == ".." {
            real.pop();
            continue;
        }
        let place = real.join(name);
        let target = match place.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => std::fs::read_link(&place).ok(),
            Ok(_) if rest.is_empty() => None,
            Ok(_) => {
                real = place;
                continue;
            }
            Err(_) => None,
        };
        places.push(place);
        links += 1;
        let Some(target) = target.filter(|_| links <= MAX_LINKS) else { break };
        if target.is_absolute() {
            real = PathBuf::from("/");
        }
        rest = names(&target).chain(rest).collect();
    }
    places
}

fn names(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, io, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn links_and_the_file_are_on_the_way() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let real = folder.path().canonicalize()?;
        fs::create_dir_all(real.join("releases/41"))?;
        fs::write(real.join("releases/41/a.lua"), "")?;
        symlink("releases/41", real.join("current"))?;
        symlink(real.join("current/a.lua"), real.join("b.lua"))?;
        assert_eq!(trail(&real.join("releases/41/a.lua")), [real.join("releases/41/a.lua")]);
        assert_eq!(
            trail(&real.join("b.lua")),
            [real.join("b.lua"), real.join("current"), real.join("releases/41/a.lua")]
        );
        Ok(())
    }

    #[test]
    fn what_is_missing_ends_it() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let real = folder.path().canonicalize()?;
        assert_eq!(trail(&real.join("lib/deep/a.lua")), [real.join("lib")]);
        symlink("loop", real.join("loop"))?;
        assert_eq!(trail(&real.join("loop")).len(), MAX_LINKS + 1);
        Ok(())
    }
}
