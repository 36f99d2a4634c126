//! Making a version: the script, the modules that it requires by name, those that runs of the last
//! version required, and theirs.

use std::{
    collections::{HashSet, VecDeque},
    path::{Path, PathBuf},
};

use super::{
    file::Stamp,
    library::{File, Library, LoadError, digest},
    settings::Settings,
    version::{Lookup, Modules, Version},
};

/// Modules that are compiled before a script runs. A script that requires more learns the rest when it
/// requires them.
const MAX_MODULES: usize = 1_000;

/// What a version was made from: the files that were read, and the ones that were not there.
pub(super) type Seen = Vec<(PathBuf, Option<Stamp>)>;

/// What making a version came to.
pub(super) struct Built {
    pub(super) version: Version,
    pub(super) seen: Seen,
}

/// Makes a version of a script; `previous` is the one that it would replace.
pub(super) async fn build(
    path: &Path,
    settings: Settings,
    library: &Library,
    previous: Option<&Version>,
) -> Result<Built, LoadError> {
    let name = ringfence_text::decode(path.as_os_str().as_encoded_bytes()).into_owned();
    let script = library.load(settings.lua, &name, path, None).await?;
    let mut seen = vec![(path.to_owned(), Some(script.stamp()))];

    let mut modules = Modules::default();
    let mut named = HashSet::new();
    let mut lookups: VecDeque<Lookup> = VecDeque::new();
    let required = |file: &File, named: &mut HashSet<String>| -> Vec<Lookup> {
        let news = file.requires.iter().filter(|module| named.insert((*module).clone()));
        news.map(|module| Lookup::new(&settings, module, settings.candidates(module))).collect()
    };
    lookups.extend(required(&script, &mut named));
    let mut learned = previous.map(|previous| {
        let same = previous.script.as_ref().is_some_and(|known| known.hash == script.hash);
        (same, previous.modules().lookups)
    });
    let mut looked = 0;
    loop {
        let Some(lookup) = lookups.pop_front() else {
            // What runs required by another way, unless the script may not do that any more.
            let Some((same, known)) = learned.take() else { break };
            lookups.extend(known.into_iter().filter(|lookup| {
                (same || named.contains(&lookup.module)) && !modules.lookups.contains(lookup)
            }));
            continue;
        };
        looked += 1;
        if looked > MAX_MODULES {
            break;
        }
        let found = match lookup.look(0, &settings, library).await {
            None => None,
            Some((index, file)) => Some((index, file?)),
        };
        let missing = found.as_ref().map_or(lookup.candidates.len(), |(index, _)| *index);
        let missing = lookup.candidates.iter().take(missing);
        seen.extend(missing.map(|(_, path)| (path.clone(), None)));
        if let Some((_, file)) = &found {
            seen.push((file.path.clone(), Some(file.stamp())));
            lookups.extend(required(file, &mut named));
        }
        modules.pin(&lookup, found.as_ref().map(|(index, file)| (*index, file)));
    }
    seen.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    seen.dedup_by(|(a, _), (b, _)| a == b);
    let id = digest(std::iter::once(&*script).chain(modules.files()));
    let version = Version::new(Some(id), Some(script), settings, library.clone(), modules);
    Ok(Built { version, seen })
}
