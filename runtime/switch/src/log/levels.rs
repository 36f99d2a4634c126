//! What is logged: a level for all, levels for parts of the server, and for single calls.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI8, Ordering};
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter, Layer};

use super::Level;

/// The crates of the server, which may be named without their `ringfence_`.
const PARTS: [&str; 9] =
    ["text", "rim", "sandbox", "sip", "media", "switch", "host", "control", "sim"];
/// Parts that may have a level of their own: more than there are modules.
const MAX_PARTS: usize = 256;

/// The levels of this process's log.
pub fn levels() -> &'static Levels {
    static LEVELS: LazyLock<Levels> = LazyLock::new(Levels::default);
    &LEVELS
}

/// What is logged; changed while the server runs.
#[derive(Debug)]
pub struct Levels {
    table: ArcSwap<Table>,
    /// One changes it at a time.
    changing: Mutex<()>,
    /// What the terminal shows of it.
    console: AtomicI8,
}

impl Default for Levels {
    fn default() -> Self {
        Self {
            table: ArcSwap::default(),
            changing: Mutex::new(()),
            console: AtomicI8::new(Level::Trace.number()),
        }
    }
}

/// A text that names no levels.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{0:?} is neither a level (off, console, alert, crit, err, warning, notice, info, debug, trace) nor \
     a list of levels for parts, as info,sip=debug"
)]
pub struct BadLevels(pub String);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Table {
    all: Level,
    /// The beginnings of targets, the longest first.
    parts: Vec<(String, Level)>,
    /// Calls of which more is logged.
    calls: HashMap<String, Level>,
    /// The highest of `calls`.
    highest: Level,
}

impl Default for Table {
    fn default() -> Self {
        Self { all: Level::Info, parts: Vec::new(), calls: HashMap::new(), highest: Level::Disable }
    }
}

impl Table {
    /// Reads a level, or a list as `info,sip=debug`; what it does not name stays.
    fn read(&mut self, text: &str) -> Result<(), BadLevels> {
        let bad = || BadLevels(text.to_owned());
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let Some((part, level)) = word.split_once('=') else {
                self.all = Level::parse(word).ok_or_else(bad)?;
                continue;
            };
            let (part, level) = (part.trim(), Level::parse(level.trim()).ok_or_else(bad)?);
            let name = part.split("::").next().unwrap_or_default();
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            if name.is_empty() || !part.chars().all(plain) {
                return Err(bad());
            }
            let part = match PARTS.contains(&name) {
                true => format!("ringfence_{part}"),
                false => part.to_owned(),
            };
            self.parts.retain(|(known, _)| *known != part);
            if self.parts.len() == MAX_PARTS {
                return Err(bad());
            }
            self.parts.push((part, level));
        }
        self.parts.sort_by_key(|(part, _)| std::cmp::Reverse(part.len()));
        Ok(())
    }

    fn of(&self, target: &str) -> Level {
        let part = self.parts.iter().find(|(part, _)| target.starts_with(part.as_str()));
        part.map_or(self.all, |(_, level)| *level)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.all.name().to_ascii_lowercase())?;
        let mut parts: Vec<_> = self.parts.iter().collect();
        parts.sort();
        parts.iter().try_for_each(|(part, level)| {
            write!(f, ",{part}={}", level.name().to_ascii_lowercase())
        })
    }
}

impl Levels {
    /// The level of what has none of its own.
    #[must_use]
    pub fn all(&self) -> Level {
        self.table.load().all
    }

    /// Sets the level of what has none of its own.
    pub fn set_all(&self, level: Level) {
        self.change(|table| table.all = level);
    }

    /// Sets levels as `info,sip=debug`; what is not named stays. `replace` forgets the levels of all
    /// parts before.
    ///
    /// # Errors
    ///
    /// The text cannot be read; nothing was changed.
    pub fn set(&self, text: &str, replace: bool) -> Result<(), BadLevels> {
        let mut result = Ok(());
        self.change(|table| {
            let mut new = table.clone();
            if replace {
                new.parts.clear();
            }
            result = new.read(text);
            if result.is_ok() {
                *table = new;
            }
        });
        result
    }

    /// Whether a text can be read, for the command line.
    ///
    /// # Errors
    ///
    /// It cannot.
    pub fn check(text: &str) -> Result<(), BadLevels> {
        Table::default().read(text)
    }

    /// Logs more of a call: its lines up to that level, whatever the others have. Those of a level
    /// that is logged anyway stay. Lasts until [`Levels::forget`].
    ///
    /// Each line of DEBUG in the process is looked at while there is such a call.
    pub fn set_call(&self, uuid: &str, level: Level) {
        self.change(|table| {
            table.calls.insert(uuid.to_owned(), level);
        });
    }

    /// The call has ended. Costs a look while no call has a level of its own.
    pub fn forget(&self, uuid: &str) {
        if self.table.load().calls.contains_key(uuid) {
            self.change(|table| {
                table.calls.remove(uuid);
            });
        }
    }

    /// What the terminal shows of what is logged.
    #[must_use]
    pub fn console(&self) -> Level {
        let number = self.console.load(Ordering::Relaxed);
        Level::from_number(number.into()).unwrap_or(Level::Trace)
    }

    /// Sets what the terminal shows.
    pub fn set_console(&self, level: Level) {
        self.console.store(level.number(), Ordering::Relaxed);
        tracing::callsite::rebuild_interest_cache();
    }

    fn change(&self, change: impl FnOnce(&mut Table)) {
        {
            let _one = self.changing.lock();
            let mut table = Table::clone(&self.table.load());
            change(&mut table);
            table.highest = table.calls.values().copied().max().unwrap_or(Level::Disable);
            self.table.store(Arc::new(table));
        }
        // Each place that logs remembers whether it does.
        tracing::callsite::rebuild_interest_cache();
    }

    /// What lets a line through for whoever writes lines; belongs into the process's subscriber once.
    #[must_use]
    pub const fn layer(&'static self) -> Logged {
        Logged(self)
    }

    /// What lets a line through to the terminal, of those that are logged.
    #[must_use]
    pub const fn shown(&'static self) -> Shown {
        Shown(self)
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.load().fmt(f)
    }
}

/// See [`Levels::layer`].
#[derive(Debug)]
pub struct Logged(&'static Levels);

impl<S: Subscriber> Layer<S> for Logged {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let table = self.0.table.load();
        let level = Level::of(metadata);
        if level <= table.of(metadata.target()) {
            Interest::always()
        } else if level <= table.highest {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let table = self.0.table.load();
        let level = Level::of(metadata);
        level <= table.of(metadata.target()) || level <= table.highest
    }

    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        let table = self.0.table.load();
        let level = Level::of(metadata);
        if level <= table.of(metadata.target()) {
            return true;
        }
        let mut call = Call::default();
        event.record(&mut call);
        table.calls.get(&call.0).is_some_and(|highest| level <= *highest)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let table = self.0.table.load();
        let parts = table.parts.iter().map(|(_, level)| *level);
        let most = parts.chain([table.all, table.highest]).max().unwrap_or(table.all);
        Some(match most {
            Level::Disable => LevelFilter::OFF,
            // Lines of `write` that are CONSOLE have tracing's INFO.
            level if level < Level::Debug => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        })
    }
}

/// See [`Levels::shown`].
#[derive(Debug)]
pub struct Shown(&'static Levels);

impl<S> Filter<S> for Shown {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        Level::of(metadata) <= self.0.console()
    }
}

/// The field `call` of a line.
#[derive(Default)]
struct Call(String);

impl Visit for Call {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "call" {
            self.0 = format!("{value:?}");
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "call" {
            value.clone_into(&mut self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::super::{Source, write};
    use super::*;

    /// Collects what is let through.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Lines {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            struct Message<'l>(&'l Lines);
            impl Visit for Message<'_> {
                fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                    if field.name() == "message" {
                        self.0.0.lock().push(format!("{value:?}"));
                    }
                }
            }
            event.record(&mut Message(self));
        }
    }

    /// What a process with levels of its own logs of these lines.
    fn logged(change: impl FnOnce(&Levels)) -> Vec<String> {
        let levels: &'static Levels = Box::leak(Box::default());
        let lines = Lines::default();
        let subscriber = tracing_subscriber::registry().with(levels.layer()).with(lines.clone());
        tracing::subscriber::with_default(subscriber, || {
            change(levels);
            let call = Source { call: Some("uuid-1"), ..Source::default() };
            write(Level::Notice, Source::default(), "notice");
            write(Level::Info, Source::default(), "info");
            write(Level::Debug, call, "debug of call");
            tracing::debug!(call = %"uuid-1", "debug of server");
            tracing::debug!(call = %"uuid-2", "debug of another");
            tracing::debug!(target: "ringfence_sip::core", "debug of sip");
            tracing::warn!("warning");
        });
        let lines = lines.0.lock();
        lines.clone()
    }

    #[test]
    fn what_is_logged_can_be_changed() {
        assert_eq!(logged(|_| {}), ["notice", "info", "warning"]);
        assert_eq!(logged(|levels| levels.set_all(Level::Notice)), ["notice", "warning"]);
        assert_eq!(logged(|levels| levels.set_all(Level::Crit)), [""; 0]);
        assert_eq!(
            logged(|levels| levels.set("warning,sip::core=debug", false).unwrap()),
            ["debug of sip", "warning"]
        );
        assert_eq!(logged(|levels| levels.set("off", false).unwrap()), [""; 0]);
    }

    #[test]
    fn more_can_be_logged_of_a_call() {
        let more = |levels: &Levels| {
            levels.set_call("uuid-1", Level::Debug);
        };
        assert_eq!(logged(more), ["notice", "info", "debug of call", "debug of server", "warning"]);
        let forgotten = |levels: &Levels| {
            more(levels);
            levels.forget("uuid-1");
            levels.forget("uuid-2");
        };
        assert_eq!(logged(forgotten), ["notice", "info", "warning"]);
        // It is no way to hide anything.
        assert_eq!(
            logged(|levels| levels.set_call("uuid-1", Level::Err)),
            ["notice", "info", "warning"]
        );
    }

    #[test]
    fn levels_are_written_as_they_are_read() {
        let levels = Levels::default();
        levels.set("notice, sip=debug,ringfence_host::log=trace", false).unwrap();
        assert_eq!(levels.to_string(), "notice,ringfence_host::log=trace,ringfence_sip=debug");
        levels.set("sip=info", false).unwrap();
        assert_eq!(levels.to_string(), "notice,ringfence_host::log=trace,ringfence_sip=info");
        levels.set("info", true).unwrap();
        assert_eq!(levels.to_string(), "info");
        for bad in ["ringfence=zz", "a=b=c", "=info", "nosuch", "a b=info", "debug,="] {
            assert!(levels.set(bad, false).is_err(), "{bad}");
        }
        assert_eq!(levels.to_string(), "info", "nothing was changed");
        let many: Vec<_> = (0..=MAX_PARTS).map(|n| format!("p{n}=info")).collect();
        assert!(levels.set(&many.join(","), false).is_err());
    }
}
