//! What a JSON text says. Also built for the machine itself, by the fuzz target of the reader.

/// How deep values may be within each other, read and written: each level is a call of ours.
pub(crate) const MAX_DEPTH: usize = 200;

/// A JSON value. Strings are bytes, as Lua's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Flag(bool),
    Integer(i64),
    Real(f64),
    String(Vec<u8>),
    Array(Vec<Self>),
    /// In the order of the text; a name may come several times.
    Object(Vec<(Vec<u8>, Self)>),
}
