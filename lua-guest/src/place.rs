//! Tells the server where the script is, before each host call that acts or waits.

use std::cell::RefCell;

use mlua::Lua;

use crate::bindings::ringfence::call::job;

/// The chunk name of our own Lua code, which is not a place in the script.
pub(crate) const OWN: &str = "[ringfence]";

/// Frames looked at; a native is called by its wrapper, and that by the script or by `pcall`.
const DEPTH: usize = 12;

/// Sources that were registered, and what was told last.
#[derive(Default)]
struct Told {
    sources: Vec<(String, u32)>,
    last: Option<(u32, u32)>,
}

thread_local! {
    static TOLD: RefCell<Told> = RefCell::default();
}

/// Tells the line of the innermost function of the script.
pub(crate) fn tell(lua: &Lua) {
    for level in 1..DEPTH {
        let found = lua.inspect_stack(level, |frame| {
            let line = u32::try_from(frame.current_line()?).ok()?;
            let source = frame.source();
            let short = source.short_src?;
            if short == OWN {
                return None;
            }
            // `@` marks a file, whose short name Lua cuts to 60 characters.
            let name = source.source.as_deref().and_then(|name| name.strip_prefix('@'));
            TOLD.with_borrow_mut(|told| told.tell(name.unwrap_or(&short), line));
            Some(())
        });
        match found {
            None => return, // no such frame: the stack ends here
            Some(None) => {}
            Some(Some(())) => return,
        }
    }
}

impl Told {
    fn tell(&mut self, name: &str, line: u32) {
        // A script has a handful of sources: looking through them is cheaper than hashing.
        let source = match self.sources.iter().find(|(known, _)| known == name) {
            Some((_, source)) => *source,
            None => {
                let source = job::register_source(&ringfence_text::decode(name.as_bytes()));
                self.sources.push((name.to_owned(), source));
                source
            }
        };
        if self.last != Some((source, line)) {
            self.last = Some((source, line));
            job::at(source, line);
        }
    }
}
