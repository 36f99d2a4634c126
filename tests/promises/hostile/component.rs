//! Components from the text format.
//!
//! A case is the core module of a component: it imports and exports under the names that the
//! contract's functions have in a core module, and the component around it is made as language
//! toolchains make it. What the world wants and the case does not export is added.

use std::path::Path;

use ringfence_tests::binary::repository;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::case::Case;

/// What a module has when it does not export it itself. The allocator hands out memory once.
const OTHERWISE: &[(&str, &str)] = &[
    ("memory", r#"(memory (export "memory") 4)"#),
    (
        "cabi_realloc",
        r#"(global $free (mut i32) (i32.const 8192))
           (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
             global.get $free
             (global.set $free (i32.and
               (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 15))
               (i32.const -16))))"#,
    ),
    ("prepare", r#"(func (export "prepare"))"#),
    (
        "run",
        // A result without a fault: its first word is 0.
        r#"(func (export "run") (param i32) (result i32) (i32.store (i32.const 64) (i32.const 0)) i32.const 64)"#,
    ),
    (
        "check",
        r#"(func (export "check") (param i32 i32 i32 i32) (result i32) (i32.store (i32.const 64) (i32.const 0)) i32.const 64)"#,
    ),
];

/// A function that takes long to compile: everything in it depends on everything before.
const LARGE: &str = r"
(func (param i64 i64) (result i64) (local $x i64)
  (loop $again
    (local.set $x (i64.xor (i64.mul (local.get $x) (local.get 0)) (i64.rotl (local.get 1) (local.get $x))))
    (block (br_if 0 (i64.lt_u (local.get $x) (local.get 0))) (local.set 0 (i64.div_u (local.get 1) (local.get $x))))
    (block (br_if 0 (i64.gt_s (local.get 0) (local.get 1))) (local.set 1 (i64.rem_u (local.get 0) (local.get $x))))
    (block (br_if 0 (i64.eqz (local.get $x))) (local.set $x (i64.popcnt (i64.add (local.get 0) (local.get 1)))))
    (br_if $again (i64.ne (local.get $x) (local.get 1))))
  local.get $x)";

/// The bytes that are put where a script's component should be.
pub(crate) fn assemble(case: &Case) -> Vec<u8> {
    if case.is("raw") {
        return case.text.clone().into_bytes();
    }
    let mut bytes = if case.is("whole") {
        wat::parse_str(&case.text).unwrap_or_else(|error| panic!("{}: {error}", case.name))
    } else {
        wrapped(case)
    };
    if let Some(length) = case.one("keep") {
        bytes.truncate(length.parse().unwrap());
    }
    bytes
}

fn wrapped(case: &Case) -> Vec<u8> {
    let body = case.text.trim_end().strip_suffix(')').expect("a module");
    let added = OTHERWISE
        .iter()
        .filter(|(name, _)| !case.text.contains(&format!("(export \"{name}\")")))
        .map(|(_, text)| *text);
    let count = case.one("functions").map_or(0, |count| count.parse().unwrap());
    let text = format!("{body}\n{}{})", added.collect::<Vec<_>>().join("\n"), LARGE.repeat(count));
    let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(contract()).expect("the contract");
    let world = resolve.select_world(&[package], Some("call-script")).expect("its world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .unwrap_or_else(|error| panic!("{}: {error:#}", case.name))
}

fn contract() -> impl AsRef<Path> {
    repository().join("wit")
}
