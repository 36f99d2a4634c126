//! What counts as silence.

/// When the far end counts as silent, as `wait_for_silence` counts: in frames of 20 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilenceOptions {
    /// Mean amplitude (0 to 32767) from which a frame is sound.
    pub threshold: u32,
    /// Silent frames in a row that are silence.
    pub hits: u32,
    /// Frames of sound that have to come before silence counts; 0 counts at once.
    pub listen_hits: u32,
}
