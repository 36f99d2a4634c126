//! What dialplans and operators type: the modules `mod_lua` and `mod_sandbox`.

mod lua;
mod sandbox;

pub(crate) use lua::module as lua;
pub(crate) use sandbox::module as sandbox;
