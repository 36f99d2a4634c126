//! (tour to be written)
