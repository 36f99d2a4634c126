//! `freeswitch.JSON`.

use mlua::Table;

use crate::{class, native::Natives};

/// Adds the class.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::absent(natives, freeswitch, "JSON")
}
