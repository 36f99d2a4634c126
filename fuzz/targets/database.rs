//! Names of databases, and placeholders of statements: whatever a script writes.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use ringfence_database::{Dsn, numbered};

fuzz_target!(|texts: (&str, &str, u8)| {
    let (name, sql, values) = texts;
    let folder = Path::new("/var/db");
    if let Ok(dsn) = Dsn::parse(name, Some("me"), Some("53cr3t"), folder) {
        // Unless the name says it itself.
        assert!(name.contains("53cr3t") || !dsn.name().contains("53cr3t"));
        // A name without a path does not lead out of the folder.
        if let Dsn::Sqlite(path) = &dsn
            && !name.contains("//")
            && !name.strip_prefix("core:").unwrap_or(name).starts_with('/')
            && name != ":memory:"
        {
            assert!(path.starts_with(folder), "{name}: {path:?}");
        }
    }
    let numbered = numbered(sql, usize::from(values));
    // Each `?` became a number, or nothing did.
    assert!(numbered == sql || numbered.matches('$').count() >= usize::from(values));
});
