//! (tour to be written)

pub mod ear;
pub mod press;
pub mod timeline;
pub mod transcript;
