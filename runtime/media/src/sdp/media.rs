//! Media lines.
