//! What Ringfence promises, one file a promise.

/// A hangup reaches a script whatever it does, and its resources come back.
mod hangup;
/// A script that goes wrong harms nobody else.
mod isolation;
/// A script is ended from outside in any state.
mod kill;
