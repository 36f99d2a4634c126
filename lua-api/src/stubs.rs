//! The table for editors: definitions that the Lua language servers (LuaLS, EmmyLua) read.

use std::fmt::Write as _;

use crate::{CLASSES, CONSTANTS, Class, FUNCTIONS, Function};

/// The definitions: `library/freeswitch.lua`.
#[must_use]
pub fn definitions() -> String {
    let mut out = String::from(
        "---@meta\n\n-- FreeSWITCH's Lua surface as Ringfence has it. Made by `ringfence stubs`; the manual is \
         docs/lua-api.md.\n\n---@class freeswitch\nfreeswitch = {}\n\n",
    );
    for (name, value) in CONSTANTS {
        line(&mut out, format_args!("freeswitch.{name} = {value}"));
    }
    for class in CLASSES {
        define(&mut out, class);
    }
    for row in FUNCTIONS {
        for name in row.names {
            function(&mut out, row, &format!("freeswitch.{name}"));
        }
    }
    out.push_str(GLOBALS);
    out
}

/// The settings of the language server: `.luarc.json`.
#[must_use]
pub fn settings(version: &str) -> String {
    format!(
        "{{\n  \"$schema\": \"https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json\",\n  \
         \"runtime.version\": \"Lua {version}\",\n  \"workspace.library\": [\"library\"]\n}}\n"
    )
}

/// Globals of scripts. Which there are depends on what started the script (docs/lua.md).
const GLOBALS: &str = "\n---The call that the script was started for.\n---@type freeswitch.Session\nsession = nil\n\n\
    ---The arguments; `argv[0]` is the script.\n---@type table<integer, string>\nargv = nil\n\n\
    ---What the API command answers.\n---@type freeswitch.Stream\nstream = nil\n\n\
    ---What the script was started with.\n---@type freeswitch.Event\nenv = nil\n";

/// Words that Lua does not take as names.
const KEYWORDS: [&str; 22] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

fn define(out: &mut String, class: &Class) {
    line(out, format_args!("\n---{}\n---@class freeswitch.{}", class.summary, class.name));
    for field in class.fields {
        line(out, format_args!("---@field {} {} {}", field.name, field.lua_type, field.summary));
    }
    line(out, format_args!("local {} = {{}}", class.name));
    for row in class.methods {
        for name in row.names {
            function(out, row, &format!("{}:{name}", class.name));
        }
    }
    if let Some(row) = &class.constructor {
        function(out, row, &format!("freeswitch.{}", class.name));
    }
}

/// A parameter's name, as Lua takes it.
fn named(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

fn function(out: &mut String, row: &Function, name: &str) {
    line(out, format_args!("\n---{}", row.summary));
    if !row.differs.is_empty() {
        line(out, format_args!("---\n---Differs from FreeSWITCH: {}", row.differs));
    }
    for parameter in row.parameters {
        // One that may be left out says so by its name; one that must be given may still be nil.
        let (optional, nil) = match (parameter.default.is_some(), parameter.kind.takes_nil()) {
            (true, _) => ("?", ""),
            (false, true) => ("", "|nil"),
            (false, false) => ("", ""),
        };
        let name = named(parameter.name);
        let default = match parameter.default {
            Some(default) if default != "nil" => format!(" {default} unless given"),
            _ => String::new(),
        };
        let kind = parameter.kind.lua_type();
        line(out, format_args!("---@param {name}{optional} {kind}{nil}{default}"));
    }
    if !row.returns.is_empty() {
        line(out, format_args!("---@return {}", row.returns));
    }
    let names: Vec<String> = row.parameters.iter().map(|parameter| named(parameter.name)).collect();
    line(out, format_args!("function {name}({}) end", names.join(", ")));
}
