//! Opening sources by name.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::cache::{Cache, Key, Stamp};
use super::tone::Tones;
use super::{Clip, Part, Source, SourceError, file};
use crate::codec::{Codec, RATE};
use crate::config::Config;
use crate::folders::{Folders, Links};

/// Sounds that one `file_string://` may put together: what is said letter by letter takes one a letter.
const MAX_PARTS: usize = 256;
/// Folders beside a sound that hold it at a sample rate, as FreeSWITCH's sounds are laid out:
/// `digits/1.wav` may be `digits/8000/1.wav`. The wire's own rate first.
const RATES: [&str; 4] = ["8000", "16000", "32000", "48000"];
/// A file is looked at again when it was looked at so long ago. A prompt that is replaced is heard
/// by then; a thousand callers in a second cost one look.
const FRESH: Duration = Duration::from_secs(1);

/// Opens sources by name and keeps their sound for the next caller. Clones share it.
///
/// Names:
///
/// * a path, absolute or below one of [`Config::sounds`]: `.wav` (PCM of 8 to 32 bits, float or
///   G.711; any rate; stereo is mixed), `.ul`, `.ulaw`, `.PCMU`, `.al`, `.alaw`, `.PCMA`;
///   `file://` before it is allowed;
/// * `tone_stream://%(2000,4000,440,480);loops=-1`: TGML, see the FreeSWITCH page of that name;
///   known are tones, keys, `v=` `l=` `L=` `loops=` `d=` `w=`;
/// * `silence_stream://2000` (ms; -1 for ever), `silence_stream://2000,1400` with comfort noise of
///   amplitude 32767/1400;
/// * `file_string://a.wav!b.wav`: one after the other; files that are missing are left out, unless all
///   are.
///
/// A file that is not there is looked for in the folders `8000`, `16000`, `32000` and `48000` beside
/// where it should be, where FreeSWITCH's sounds are.
///
/// A prefix `{name=value,…}` is allowed before all of them; of its names only `loops` is known.
#[derive(Clone)]
pub struct Library(Arc<Inner>);

struct Inner {
    folders: Vec<PathBuf>,
    cache: Cache,
}

/// Where [`Library::open_in`] looks for files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search<'s> {
    /// A folder for relative names, before those of the library: FreeSWITCH's `sound_prefix`.
    pub prefix: Option<&'s Path>,
    /// Folders that files must lie in; none is every folder. Tones and silence are no files.
    pub folders: Option<&'s Folders>,
}

impl Library {
    pub(crate) fn new(config: &Config) -> Self {
        Self(Arc::new(Inner { folders: config.sounds.clone(), cache: Cache::new(config.cache) }))
    }

    /// Opens a source for PCMU: [`open_for`](Self::open_for) for who has no stream yet.
    ///
    /// # Errors
    ///
    /// As `open_for`.
    pub async fn open(&self, name: &str) -> Result<Source, SourceError> {
        self.open_for(name, Codec::Pcmu).await
    }

    /// Opens a source, encoded for a stream's [`codec`](crate::Stream::codec). (A stream of another
    /// codec plays it as well, but recodes every packet.) Files are read on tokio's blocking pool;
    /// many callers that open the same one wait for one reading.
    ///
    /// # Errors
    ///
    /// A [`SourceError`] that names the file or script and says what is wrong with it.
    pub async fn open_for(&self, name: &str, codec: Codec) -> Result<Source, SourceError> {
        self.open_in(name, codec, Search::default()).await
    }

    /// The same, with more or fewer folders to look in.
    ///
    /// # Errors
    ///
    /// As `open_for`, and [`SourceError::Outside`].
    pub async fn open_in(
        &self,
        name: &str,
        codec: Codec,
        search: Search<'_>,
    ) -> Result<Source, SourceError> {
        let (loops, plain) = prefix(name)?;
        let mut parts = Vec::new();
        match plain.strip_prefix("file_string://") {
            None => parts.push(self.part(plain, codec, search).await?),
            Some(list) => {
                let mut missing = None;
                for one in list.split('!').map(str::trim).filter(|one| !one.is_empty()) {
                    if parts.len() == MAX_PARTS {
                        return Err(invalid(name, format!("more than {MAX_PARTS} parts")));
                    }
                    match self.part(one, codec, search).await {
                        Ok(part) => parts.push(part),
                        Err(error @ SourceError::NotFound { .. }) => {
                            tracing::warn!("{error}; left out of what plays");
                            missing = Some(error);
                        }
                        Err(error) => return Err(error),
                    }
                }
                if parts.is_empty() {
                    let nothing = || invalid(name, "no file between the !".into());
                    return Err(missing.unwrap_or_else(nothing));
                }
            }
        }
        if let ([Part::Clip { times, .. }], Some(loops)) = (parts.as_mut_slice(), loops) {
            *times = loops;
        }
        Ok(Source { parts: parts.into() })
    }

    /// Bytes of sound that are kept at this moment.
    #[must_use]
    pub fn cached(&self) -> usize {
        self.0.cache.bytes()
    }

    /// Forgets a file that was just written, so that the next caller hears what is in it now, not what
    /// was a second ago.
    pub fn forget(&self, path: &Path) {
        for codec in [Codec::Pcmu, Codec::Pcma] {
            self.0.cache.discard(&Key { name: path.to_owned(), codec });
        }
    }

    async fn part(
        &self,
        name: &str,
        codec: Codec,
        search: Search<'_>,
    ) -> Result<Part, SourceError> {
        if let Some(script) = name.strip_prefix("tone_stream://") {
            return self.tones(name, script, codec).await;
        }
        if let Some(arguments) = name.strip_prefix("silence_stream://") {
            return silence(name, arguments, codec);
        }
        let path = name.strip_prefix("file://").unwrap_or(name);
        if let Some((scheme, _)) = path.split_once("://") {
            let known = "tone_stream, silence_stream, file_string, file";
            return Err(invalid(name, format!("unknown scheme {scheme}; known: {known}")));
        }
        let clip = self.file(path, codec, search).await?;
        Ok(Part::Clip { clip, times: Some(1) })
    }

    async fn tones(&self, name: &str, script: &str, codec: Codec) -> Result<Part, SourceError> {
        let tones = Tones::parse(script).map_err(|reason| invalid(name, reason))?;
        let times = tones.times;
        let key = Key { name: PathBuf::from(name), codec };
        let clip = self
            .0
            .cache
            .clip(key, Stamp::default(), async move {
                let render = move || {
                    let bytes = tones.render().into_iter().map(|sample| codec.encode(sample));
                    Clip { codec, bytes: bytes.collect() }
                };
                tokio::task::spawn_blocking(render).await.map_err(|error| interrupted(name, &error))
            })
            .await?;
        Ok(Part::Clip { clip, times })
    }

    async fn file(
        &self,
        path: &str,
        codec: Codec,
        search: Search<'_>,
    ) -> Result<Arc<Clip>, SourceError> {
        let Search { prefix, folders } = search;
        let given = Path::new(path);
        let mut tried: Vec<PathBuf> = match given.is_absolute() {
            true => vec![given.to_owned()],
            false => {
                let own = self.0.folders.iter().map(PathBuf::as_path);
                prefix.into_iter().chain(own).map(|folder| folder.join(given)).collect()
            }
        };
        if tried.is_empty() {
            return Err(invalid(
                path,
                "a relative path, and no folder of sounds is configured".into(),
            ));
        }
        let links = if folders.is_some() { Links::Refuse } else { Links::Follow };
        if let Some(folders) = folders {
            tried = within(tried, folders).await?;
        }
        let candidates: Vec<PathBuf> = tried.iter().flat_map(|path| with_rates(path)).collect();
        for candidate in &candidates {
            let key = Key { name: candidate.clone(), codec };
            if let Some(clip) = self.0.cache.fresh(&key, FRESH) {
                return Ok(clip);
            }
        }
        let look = move || candidates.into_iter().find_map(|path| Some((Stamp::of(&path)?, path)));
        let found = tokio::task::spawn_blocking(look).await;
        let Some((stamp, found)) = found.map_err(|error| interrupted(path, &error))? else {
            return Err(SourceError::NotFound { tried });
        };
        let key = Key { name: found.clone(), codec };
        let read = async move {
            let clip = tokio::task::spawn_blocking(move || file::read(&found, links, codec)).await;
            clip.map_err(|error| interrupted(path, &error))?
        };
        self.0.cache.clip(key, stamp, read).await
    }
}

/// The file, and where it is when there is one for each sample rate.
fn with_rates(path: &Path) -> impl Iterator<Item = PathBuf> {
    let beside = path.parent().zip(path.file_name());
    let of_rates = beside
        .into_iter()
        .flat_map(|(folder, name)| RATES.map(|rate| folder.join(rate).join(name)));
    std::iter::once(path.to_owned()).chain(of_rates)
}

/// Where those of the paths really are that lie in the folders.
async fn within(tried: Vec<PathBuf>, folders: &Folders) -> Result<Vec<PathBuf>, SourceError> {
    let mut inside = Vec::new();
    for path in &tried {
        inside.extend(folders.place(path).await);
    }
    match tried.into_iter().next() {
        Some(path) if inside.is_empty() => Err(SourceError::Outside { path }),
        _ => Ok(inside),
    }
}

/// `{loops=3}` before a name: how often, when it says so, and the rest.
fn prefix(name: &str) -> Result<(Option<Option<u32>>, &str), SourceError> {
    let Some(after) = name.strip_prefix('{') else { return Ok((None, name)) };
    let (inner, rest) = after.split_once('}').ok_or_else(|| invalid(name, "{ without }".into()))?;
    let mut loops = None;
    for (key, value) in inner.split(',').filter_map(|pair| pair.split_once('=')) {
        if key.trim() == "loops" {
            loops = Some(match value.trim().parse::<i64>() {
                Ok(-1) => None,
                Ok(times) if (1..=i64::from(u32::MAX)).contains(&times) => Some(times as u32),
                _ => return Err(invalid(name, format!("loops={value}: a number of times or -1"))),
            });
        } else {
            tracing::debug!(name, key, "media: parameter of a sound ignored");
        }
    }
    Ok((loops, rest))
}

fn silence(name: &str, arguments: &str, codec: Codec) -> Result<Part, SourceError> {
    let (milliseconds, divisor) = match arguments.split_once(',') {
        Some((milliseconds, divisor)) => (milliseconds.trim(), Some(divisor.trim())),
        None => (arguments.trim(), None),
    };
    let wrong = || invalid(name, "wants milliseconds (-1 for ever) and perhaps ,divisor".into());
    let samples = match milliseconds.parse::<i64>().map_err(|_| wrong())? {
        -1 => None,
        ms => Some(u64::try_from(ms).map_err(|_| wrong())?.saturating_mul(8)),
    };
    let divisor = divisor.map_or(Ok(0), str::parse::<u32>).map_err(|_| wrong())?;
    if divisor == 0 {
        return Ok(Part::Silence { samples });
    }
    // A second of noise, again and again; as long as was asked for to the second.
    let amplitude = (32_767 / divisor.max(1)) as i32;
    let mut state = 0x2545_f491_u32;
    let bytes = (0..RATE).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 16) as i32 % (2 * amplitude + 1) - amplitude;
        codec.encode(noise as i16)
    });
    let clip = Arc::new(Clip { codec, bytes: bytes.collect() });
    let times =
        samples.map(|samples| u32::try_from(samples.div_ceil(RATE.into())).unwrap_or(u32::MAX));
    Ok(Part::Clip { clip, times })
}

fn invalid(name: &str, reason: String) -> SourceError {
    SourceError::Invalid { name: name.to_owned(), reason }
}

/// A task of the blocking pool that did not end: the runtime shuts down, or a bug of ours.
fn interrupted(name: &str, error: &tokio::task::JoinError) -> SourceError {
    invalid(name, format!("reading was interrupted: {error}"))
}

#[cfg(test)]
mod tests;
