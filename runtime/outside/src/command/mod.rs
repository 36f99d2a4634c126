//! Commands: a line in words, and the child process that it becomes.

mod child;
mod words;

pub use child::{AT_ONCE, Child, Command, Ended, Fault, MAX_OUTPUT, Output};
pub use words::{NotPlain, Plain, Program};
