//! `freeswitch.IVRMenu`.

use mlua::{AnyUserData, Table, Value};

use crate::{class, native::Natives};

/// A menu that the script builds.
#[derive(Debug)]
struct Menu;

/// Adds the class.
pub(crate) fn add(natives: &Natives<'_>, freeswitch: &Table) -> mlua::Result<()> {
    class::absent(natives, freeswitch, "IVRMenu")
}

/// Whether a value is a menu.
pub(crate) fn is_menu(value: &Value) -> bool {
    value.as_userdata().is_some_and(AnyUserData::is::<Menu>)
}
